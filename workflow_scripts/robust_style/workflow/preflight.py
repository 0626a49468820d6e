"""Checks before any job starts: results folder, disk space, clocks, device, Slurm. Standard library only.

Configuration and catalogues are checked when Snakemake reads them; images, imported networks and raters by the rule
`check_inputs`, which training depends on.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from robust_style.errors import ConfigError, RobustStyleError, StorageError
from robust_style.files.atomic import writing
from robust_style.workflow.resources import needed_bytes, refuse_days_on_cpu

# Above the resolution of any file system's clock, below what makes Snakemake misjudge which file is newer.
_CLOCK_TOLERANCE_S = 60.0


def check_before_start(config: dict[str, Any], results: Path, inputs: Iterable[Path]) -> None:
    """Raise one RobustStyleError with everything that prevents the run on this machine.

    `results` is the folder of all products, `inputs` are the user's own files that the run reads. Not for jobs on a
    cluster, which run elsewhere.
    """
    errors = [*_errors_of_folder(config, results), *_errors_of_inputs(inputs)]
    try:
        refuse_days_on_cpu(config)
    except ConfigError as error:
        errors.append(str(error))
    if errors:
        raise RobustStyleError("\n  ".join(["before the start:", *errors]) if len(errors) > 1 else errors[0])


def refuse_slurm_without_accounting(status_command: str | None) -> None:
    """Raise ConfigError if `sacct` answers that Slurm has no accounting.

    Snakemake's plugin for Slurm would take this answer for a running job, and wait without end. `status_command` is the
    command that the plugin uses: `sacct` or `squeue`.
    """
    if status_command != "sacct" or shutil.which("sacct") is None:
        return
    try:
        answer = subprocess.run(["sacct", "--noheader"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return  # says nothing about accounting; the plugin tries again and reports it
    if answer.returncode and "accounting storage is disabled" in answer.stderr.lower():
        raise ConfigError(
            "this Slurm has no accounting (sacct: accounting storage is disabled), so Snakemake would wait for its "
            "first job without end. Add two lines to the profile (config/profiles/slurm/profile.yaml has them "
            "behind a #):\n  slurm-status-command: squeue\n  slurm-no-account: true"
        )


def bytes_below(folder: Path) -> int:
    """Bytes of the files below `folder` (0 if it is missing); files that are deleted meanwhile are ignored."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


def _errors_of_folder(config: dict[str, Any], results: Path) -> Iterator[str]:
    try:
        ahead_s = _seconds_ahead(results)
    except StorageError as error:
        yield f"pathvars.results: {error}"
        return
    if abs(ahead_s) > _CLOCK_TOLERANCE_S:
        yield (
            f"{results}: a file written now is dated {abs(ahead_s):.0f} s in the {'future' if ahead_s > 0 else 'past'}."
            " Set the clocks of this machine and of its file server"
        )
    missing, free = needed_bytes(config) - bytes_below(results), float(shutil.disk_usage(results).free)
    if missing > free:
        yield (
            f"{results}: the run needs {_size(missing)} more of disk space, but {_size(free)} are free. Free some, "
            "write somewhere else (`pathvars.results`), or lower transfer.size_px, recipes, pairs or seeds"
        )


def _errors_of_inputs(inputs: Iterable[Path]) -> Iterator[str]:
    """Inputs dated in the future: Snakemake would make everything that depends on them again and again."""
    now = time.time()
    for path in inputs:
        try:
            ahead_s = path.stat().st_mtime - now
        except OSError:
            continue  # the rule that reads it reports it
        if ahead_s > _CLOCK_TOLERANCE_S:
            ahead = f"{ahead_s / 3600:.0f} hours" if ahead_s > 7200 else f"{ahead_s:.0f} s"
            yield f"{path}: dated {ahead} in the future. `touch` it, or set the clock"


def _seconds_ahead(folder: Path) -> float:
    """By how much the date of a file written now is ahead of the clock. Raises StorageError if writing fails."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".preflight.", dir=folder) as file:
            file.write(b"a byte, so that a full disk is noticed")
            file.flush()
            return os.fstat(file.fileno()).st_mtime - time.time()


def _size(size_bytes: float) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e8 else f"{size_bytes / 1e6:.0f} MB"
