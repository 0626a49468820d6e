#!/bin/sh
# Says of a job, by its id, one of: running, success, failed.
set -eu
ended=.snakemake/background-jobs/$1.ended
state=$(ps -o stat= -p "$1" || true) # first, then the file: it may end between the two
if [ -e "$ended" ]; then
  if [ "$(cat "$ended")" = 0 ]; then echo success; else echo failed; fi
else
  case $state in
    "" | Z*) echo failed ;; # killed
    *) echo running ;;
  esac
fi
