"""What is looked at before hours are spent: the place, its room, its clock, the device. Standard library only.

Configuration and catalogues are checked when Snakemake reads them; images, imported networks and raters by the rule
`check_inputs`, for which training waits.
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
from robust_style.files.atomic import storage_error
from robust_style.workflow.cost import refuse_days_on_cpu
from robust_style.workflow.disk import bytes_below, needed_bytes

# Coarser than any file system's clock, finer than what would lead Snakemake astray.
CLOCK_TOLERANCE_S = 60.0


def look_before_start(config: dict[str, Any], results: Path, inputs: Iterable[Path]) -> None:
    """Raises one RobustStyleError that lists everything on this machine in the way of the configured run.

    `results` is where everything is made, `inputs` are files of the user's own that it depends on. For a run on this
    machine; jobs of a cluster run elsewhere.
    """
    faults = [*_faults_of_place(config, results), *_faults_of_clock(inputs)]
    try:
        refuse_days_on_cpu(config)
    except ConfigError as error:
        faults.append(str(error))
    if len(faults) == 1:
        raise RobustStyleError(faults[0])
    if faults:
        raise RobustStyleError("\n".join(["before the start:", *(f"  {fault}" for fault in faults)]))


def refuse_slurm_without_accounting(status_command: str | None) -> None:
    """Raises ConfigError if `sacct`, asked for the state of jobs, answers that Slurm keeps no accounts.

    Snakemake's plugin for Slurm would ask it, take the answer for a job that still runs, and wait without end.
    `status_command` is what the plugin asks: `sacct` or `squeue`.
    """
    if status_command != "sacct" or shutil.which("sacct") is None:
        return
    try:
        answer = subprocess.run(["sacct", "--noheader"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return  # not an answer about accounting; the plugin tries again and reports it
    if answer.returncode and "accounting storage is disabled" in answer.stderr.lower():
        raise ConfigError(
            "this Slurm keeps no accounts (sacct: accounting storage is disabled), so that Snakemake would wait for "
            "its first job without end. Add two lines to the profile (config/profiles/slurm/profile.yaml has them "
            "behind a #):\n  slurm-status-command: squeue\n  slurm-no-account: true"
        )


def _faults_of_place(config: dict[str, Any], results: Path) -> Iterator[str]:
    try:
        skew = _written_ahead_of_clock(results)
    except StorageError as error:
        yield f"pathvars.results: {error}"
        return
    if abs(skew) > CLOCK_TOLERANCE_S:
        yield (
            f"{results}: expected a file written now to be dated now, found it dated {abs(skew):.0f} s in the "
            f"{'future' if skew > 0 else 'past'}; set the clocks of this machine and of its file server"
        )
    needed, there = needed_bytes(config), bytes_below(results)
    free = float(shutil.disk_usage(_nearest_folder(results)).free)
    if needed - there > free:
        yield (
            f"{results}: expected {_in_words(needed - there)} of free space, found {_in_words(free)}; free some, write "
            "somewhere else (`pathvars.results`), or lower transfer.size_px, recipes, pairs or seeds"
        )


def _faults_of_clock(inputs: Iterable[Path]) -> Iterator[str]:
    """Inputs dated in the future would be newer than all that is made of them, which would be made again and again."""
    now = time.time()
    for path in inputs:
        try:
            ahead = path.stat().st_mtime - now
        except OSError:
            continue  # absent: the step that reads it says so, in its own words
        if ahead > CLOCK_TOLERANCE_S:
            yield f"{path}: expected a date in the past, found one {_ahead(ahead)} ahead; `touch` it, or set the clock"


def _written_ahead_of_clock(results: Path) -> float:
    """Seconds that a file written now is dated ahead; raises StorageError where none can be written."""
    try:
        results.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".preflight.", dir=results)
        try:
            os.write(handle, b"a byte, so that a full disk is noticed")
            return os.fstat(handle).st_mtime - time.time()
        finally:
            os.close(handle)
            Path(name).unlink()
    except OSError as error:
        if (said := storage_error(results, error)) is None:
            raise
        raise said from None


def _nearest_folder(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())


def _in_words(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"


def _ahead(seconds: float) -> str:
    return f"{seconds / 3600:.0f} hours" if seconds > 7200 else f"{seconds:.0f} s"
