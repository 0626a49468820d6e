"""The script that fetches the archive of a dataset."""

from pathlib import Path

from merged_config import CONFIG
from rule_script import Outcome, run_script


def fetch(
    folder: Path, archive: Path | None = None, sha256: str | None = None, sources: Path = CONFIG / "sources.tsv"
) -> Outcome:
    """Fetches `results/cifar10.tar.gz` in the folder: a copy of `archive`, or a download from the table of sources."""
    return run_script(
        "fetch_dataset",
        folder / "fetch.log",
        input={"sources": sources},
        output={"archive": folder / "results" / "cifar10.tar.gz"},
        params={"archive": None if archive is None else str(archive), "sha256": sha256},
        wildcards={"dataset": "cifar10"},
    )
