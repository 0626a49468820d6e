"""One of several processes that train a segment together, as torch's launcher starts it.

    python -m torch.distributed.run --standalone --nproc-per-node 2 -m robust_style.training.rank segment.json

`segment.json` holds the arguments of `train_segment` under their names. The first process tells how it gets on.
"""

import argparse
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from robust_style.artefact.json_file import read_json, write_json
from robust_style.errors import ConfigError, RobustStyleError
from robust_style.training.interruption import Interrupted
from robust_style.training.processes import Processes
from robust_style.training.segment import train_segment

# The name under which the launcher runs this file.
MODULE = "robust_style.training.rank"
PATHS = ("dataset", "previous", "checkpoint", "resume")
# A process that died is noticed by the launcher; those that live may wait for the first one to measure accuracies.
_PATIENCE = timedelta(days=1)
_LOOK_EVERY_S = 0.2


def told_file(answers: Path) -> Path:
    """Where in the folder `answers` the first process tells how it gets on."""
    return answers / "told.txt"


def answer_file(answers: Path, rank: int) -> Path:
    """Where in the folder `answers` process `rank` says why it ended: `kind` (a class of errors.py) and `message`."""
    return answers / f"rank_{rank}.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains; the exit status is that of the rule's script (0, 1, 128 + signal).

    With `--answers FOLDER`, as `training.launch` asks, nothing is printed: lines and errors go to files there.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, prog=f"python -m {MODULE}", description=__doc__)
    parser.add_argument("segment", type=Path, help="arguments of train_segment, in JSON")
    parser.add_argument("--answers", type=Path, help="folder for what is told")
    given = parser.parse_args(arguments)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    if given.answers is None:
        return _trained(given.segment, None)
    with told_file(given.answers).open("a", encoding="utf-8", buffering=1) as told, redirect_stderr(told):
        return _trained(given.segment, given.answers)


def _trained(segment: Path, answers: Path | None) -> int:
    try:
        _train(segment)
    except Interrupted as request:
        return int(request.code or 0)
    except RobustStyleError as error:
        _answer(answers, type(error).__name__, str(error))
    except Exception:
        # Often only that another process is gone: the launcher looks for the one that ended first of itself.
        _answer(answers, "", traceback.format_exc())
    else:
        return 0
    return 1


def _train(segment: Path) -> None:
    if "RANK" not in os.environ:
        raise ConfigError(
            f"{MODULE}: expected to be started by torch's launcher, found no RANK; start it by "
            f"python -m torch.distributed.run --standalone --nproc-per-node 2 -m {MODULE} {segment}"
        )
    arguments = read_json(segment)
    # Small things are agreed upon on the CPU, gradients on the device that trains.
    backend = "gloo" if arguments["device"] == "cpu" or not torch.cuda.is_available() else "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, timeout=_PATIENCE)
    paths = {name: Path(arguments[name]) for name in PATHS}
    train_segment(**(arguments | paths), among=Processes.of_default_group())
    dist.destroy_process_group()


def _answer(answers: Path | None, kind: str, message: str) -> None:
    if answers is not None:
        write_json(answer_file(answers, int(os.environ.get("RANK", "0"))), {"kind": kind, "message": message})
    else:
        print(f"error: {message}" if kind else message, file=sys.stderr)


def _end_with(parent: int) -> None:
    """Ends this process at once when its launcher is gone, also in the middle of waiting for others.

    It has a session of its own, so that a signal to all that Snakemake started does not reach it. Whatever it writes
    is written whole or not at all.
    """
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if status:
        # Not through the destructors of a group whose other members may be gone: they can wait for ever.
        os._exit(status)
