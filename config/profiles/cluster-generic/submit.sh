#!/bin/sh
# Submits a job and prints its id. Given: cores, MB, minutes, GPUs, the job's script.
# For an engine of yours its own command takes the place of all that follows, for example (not tried):
#   PBS   exec qsub -l "select=1:ncpus=$1:mem=$2mb:ngpus=$4" -l "walltime=$(($3 / 60)):$(($3 % 60)):00" "$5"
#   SGE   exec qsub -terse -cwd -pe smp "$1" -l "h_vmem=$(($2 / $1))M,h_rt=$(($3 * 60)),gpu=$4" "$5"
set -eu
folder=.snakemake/background-jobs
mkdir -p "$folder"
# A process group of its own, whose number is the job's id; what it ended with is left in a file.
# shellcheck disable=SC2016  # the variables are the inner shell's
setsid sh -c 'rm -f "$2/$$.ended"; sh "$1" > "$2/$$.log" 2>&1; echo $? > "$2/$$.new"; mv "$2/$$.new" "$2/$$.ended"' \
  job "$5" "$folder" < /dev/null > /dev/null 2>&1 &
echo $!
