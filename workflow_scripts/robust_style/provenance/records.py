"""The records of all jobs of a run: which belong to it, and whether they say of its products what is true."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.provenance.job import FOLDER

RUN = "run.json"


def records_of(products: Iterable[str], results: Path) -> list[Path]:
    """The records of the jobs that made `products` (paths below `results`), and of those that made their inputs.

    Records of what is not asked for any more are left out, as their products are. Raises ResultError for a damaged one.
    """
    makers: dict[str, Path] = {}
    inputs: dict[Path, list[str]] = {}
    for path in sorted((results / FOLDER).rglob("*.json")):
        if path == results / FOLDER / RUN:
            continue
        record = read_record(path)
        makers |= dict.fromkeys(record["outputs"], path)
        inputs[path] = list(record["inputs"])
    found: set[Path] = set()
    waiting = list(products)
    while waiting:
        maker = makers.get(waiting.pop())
        if maker is not None and maker not in found:
            found.add(maker)
            waiting += inputs[maker]
    return sorted(found)


def verify_records(hashes: Mapping[str, str], results: Path) -> tuple[int, int]:
    """How many of the listed files are records, and how many of the others those records describe.

    `hashes` are the SHA-256 of the manifest by path. Raises ResultError naming the records that say something else.
    """
    paths = [path for path in hashes if path.startswith(f"{FOLDER}/")]
    outputs = {path: read_record(results / path)["outputs"] for path in paths}
    said = {name: digest for named in outputs.values() for name, digest in named.items()}
    wrong = [
        path
        for path, named in outputs.items()
        if any(hashes.get(name, digest) != digest for name, digest in named.items())
    ]
    if wrong:
        raise ResultError(
            f"{results / wrong[0]}: expected the record of what its job made, found products that are not that (so in "
            f"{len(wrong)} records); delete those products and run the workflow again"
        )
    return len(paths), len(said.keys() & hashes.keys() - set(paths))


def read_record(path: Path) -> dict[str, Any]:
    """The record of a job. Raises ResultError if it is none."""
    found = None
    try:
        record = json.loads(path.read_bytes().decode())
        if all(isinstance(record[part], dict) for part in ("inputs", "outputs")):
            return dict(record)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as damage:
        found = f"damage ({damage})"
    raise ResultError(
        f"{path}: expected the record of a job, found {found or 'something else'}; delete it and run again"
    )
