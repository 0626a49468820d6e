"""Which form of report Snakemake was asked for, and whether there is anything to report."""

from collections.abc import Sequence
from pathlib import Path

from robust_style.errors import ResultError

_OPTION = "--report"


def holds_folders(arguments: Sequence[str]) -> bool:
    """Whether a report that these command-line arguments ask for can hold folders: one in a .zip can.

    In a report of a single file Snakemake refuses them (9.27: "unsupported when requesting a pure HTML report").
    """
    following = zip(arguments, [*arguments[1:], ""], strict=True)
    paths = [value for argument, value in following if argument == _OPTION]
    paths += [argument.removeprefix(f"{_OPTION}=") for argument in arguments if argument.startswith(f"{_OPTION}=")]
    return any(Path(path).suffix == ".zip" for path in paths)


def require_results(arguments: Sequence[str], results: Path) -> None:
    """Raise ResultError if these command-line arguments ask for a report of a workflow that has not run.

    Without this check, Snakemake 9.27 writes a line about missing metadata for every file before it stops.
    """
    asks = any(argument == _OPTION or argument.startswith(f"{_OPTION}=") for argument in arguments)
    # Every job leaves a record in that folder. A report of a part of the results is possible.
    if asks and "--report-after-run" not in arguments and not (results / "provenance").exists():
        raise ResultError(
            f"{results}/ has no results to report: run the workflow first (the same command without {_OPTION})"
        )
