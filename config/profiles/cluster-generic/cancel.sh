#!/bin/sh
# Cancels jobs, by their ids.
set -u
for id in "$@"; do
  kill -TERM -- "-$id" 2> /dev/null || true # it may have ended
done
