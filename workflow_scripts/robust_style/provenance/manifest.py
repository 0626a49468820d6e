"""The manifest: path, size, SHA-256 and job record of every product, of the run record and of all job records."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import write_json, write_text
from robust_style.files.digest import files_of, sha256_of_file
from robust_style.provenance.job import FOLDER, JobRecord
from robust_style.provenance.run import environment, write_run_record

RUN = f"{FOLDER}/run.json"
_ANEW = "delete it and run the workflow again"


@dataclass(frozen=True)
class ManifestRow:
    """One file: path below the results, size in bytes, SHA-256, path of the record of the job that made it.

    `record` is empty for the records themselves and for a product whose record is lost.
    """

    path: str
    bytes: str
    sha256: str
    record: str


_HEADER = tuple(field.name for field in fields(ManifestRow))


def write_manifest(*, products: Sequence[Path], config: dict[str, Any], run: Path, manifest: Path) -> None:
    """Write the record of the run to `run`, then one row per file of `products`, job record and `run` to `manifest`.

    A product that is a folder gives a row per file. The hash of a product is the one in the record of its job, so a
    product that was changed afterwards fails the check; without a record the file is hashed here.
    Raises ResultError if a record is damaged.
    """
    results = manifest.parent
    names = {file.relative_to(results).as_posix() for product in products for file in files_of(product)}
    records = records_of(names, results)
    jobs = [vars(record) for record in records.values()]
    write_run_record(config=config, environments=[*jobs, environment()], run=run)
    digests = {name: digest for record in records.values() for name, digest in record.outputs.items()}
    makers = {name: path for path, record in records.items() for name in record.outputs}
    lines = ["\t".join(_HEADER)]
    for name in sorted(names.union(records, [run.relative_to(results).as_posix()])):
        size, digest = (results / name).stat().st_size, digests.get(name) or sha256_of_file(results / name)
        lines.append("\t".join(astuple(ManifestRow(name, str(size), digest, makers.get(name, "")))))
    write_text(manifest, "\n".join(lines) + "\n")
    print(f"{len(names)} products and the records of {len(records)} jobs listed in {manifest}")


def load_manifest(manifest: Path) -> list[ManifestRow]:
    """Return the rows of the manifest. Raises ResultError if it is missing or damaged."""
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream, delimiter="\t")
    except (OSError, ValueError, csv.Error) as error:
        raise ResultError(f"{manifest}: not readable as a manifest ({error}); {_ANEW}") from None
    if tuple(header) != _HEADER:
        raise ResultError(f"{manifest}: expected the columns {', '.join(_HEADER)}, found {', '.join(header)}; {_ANEW}")
    for line, row in enumerate(rows, start=2):
        if len(row) != len(_HEADER):
            raise ResultError(f"{manifest} line {line}: expected {len(_HEADER)} cells, found {len(row)}; {_ANEW}")
    return [ManifestRow(*row) for row in rows]


def verify_manifest(manifest: Path, products: Iterable[Path] = ()) -> list[ManifestRow]:
    """Return the rows of the manifest after comparing every file with them.

    Raises ResultError if a file is missing or differs, or if a file of `products` or a record named in the manifest is
    not listed.
    """
    results, rows = manifest.parent, load_manifest(manifest)
    required = {file.relative_to(results).as_posix() for product in products for file in files_of(product)}
    required |= {row.record for row in rows} - {""}
    if unlisted := sorted(required - {row.path for row in rows}):
        raise ResultError(f"{manifest}: {len(unlisted)} files are not listed, the first is {unlisted[0]}; {_ANEW}")
    faults = [fault for row in rows if (fault := _fault(results / row.path, row))]
    if faults:
        raise ResultError(
            f"{manifest}: {len(faults)} of {len(rows)} products are not what was made: {'; '.join(faults[:10])}; "
            "delete them and the manifest, and run the workflow again"
        )
    return rows


def records_of(products: Iterable[str], results: Path) -> dict[str, JobRecord]:
    """Return the records, by path, of the jobs that made `products` and, recursively, their inputs.

    All paths are below `results`. Records of products that are no longer requested are left out.
    Raises ResultError if a record is damaged.
    """
    paths = (path.relative_to(results).as_posix() for path in sorted((results / FOLDER).rglob("*.json")))
    records = {path: JobRecord.load(results / path) for path in paths if path != RUN}
    makers = {output: path for path, record in records.items() for output in record.outputs}
    reached: dict[str, JobRecord] = {}
    queue = list(products)
    while queue:
        maker = makers.get(queue.pop())
        if maker is not None and maker not in reached:
            reached[maker] = records[maker]
            queue += records[maker].inputs
    return reached


def check_inputs(*, files: Sequence[Path], record: Path) -> None:
    """Write the SHA-256 of each prepared input to the JSON file `record`; training waits for it.

    The rules that prepared images, networks and archives have verified them.
    """
    # The last four parts of a path identify a checkpoint and contain no folder of this machine.
    write_json(record, {"/".join(path.parts[-4:]): sha256_of_file(path) for path in files})
    print(f"{len(files)} inputs verified")


def _fault(file: Path, row: ManifestRow) -> str | None:
    if not file.is_file():
        return f"{file} is missing"
    digest = sha256_of_file(file)
    return None if digest == row.sha256 else f"{file} has sha256 {digest[:12]}…, expected {row.sha256[:12]}…"
