"""Which form of report Snakemake was asked for."""

from collections.abc import Sequence
from pathlib import Path

_OPTION = "--report"


def holds_folders(arguments: Sequence[str]) -> bool:
    """Whether a report that these command-line arguments ask for can hold folders: one in a .zip can.

    In a report of a single file Snakemake refuses them (9.27: "unsupported when requesting a pure HTML report").
    """
    following = zip(arguments, [*arguments[1:], ""], strict=True)
    paths = [value for argument, value in following if argument == _OPTION]
    paths += [argument.removeprefix(f"{_OPTION}=") for argument in arguments if argument.startswith(f"{_OPTION}=")]
    return any(Path(path).suffix == ".zip" for path in paths)
