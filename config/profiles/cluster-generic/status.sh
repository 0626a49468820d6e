#!/bin/sh
# Says of a job, by its id, one of: running, success, failed.
set -eu
ended=.snakemake/background-jobs/$1.ended
if kill -0 "$1" 2> /dev/null && [ ! -e "$ended" ]; then
  echo running
elif [ "$(cat "$ended" 2> /dev/null || echo killed)" = 0 ]; then
  echo success
else
  echo failed
fi
