#!/bin/sh
# Cancels jobs, by their ids.
set -u
for id in "$@"; do
  kill -s TERM -- "-$id" || true # it may have ended
done
