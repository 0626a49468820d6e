"""The manifest: path and SHA-256 of every product and of the record of its job: one flipped byte is noticed."""

import csv
from pathlib import Path

from robust_style.artefact.atomic import write_text
from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.folder import files_of
from robust_style.errors import ResultError
from robust_style.provenance.records import records_of

HEADER = ("path", "bytes", "sha256")


def write_manifest(*, products: list[Path], manifest: Path) -> None:
    """Writes one line per product (path relative to the manifest's folder, size in bytes, SHA-256), sorted.

    A product that is a folder has a line per file in it. The records of the jobs that made them are listed, too.
    Raises ResultError for a record that is damaged.
    """
    results = manifest.parent
    files = {file for listed in products for file in files_of(listed)}
    records = records_of([file.relative_to(results).as_posix() for file in files], results)
    lines = ["\t".join(HEADER)]
    for file in sorted(files.union(records)):
        lines.append(f"{file.relative_to(results).as_posix()}\t{file.stat().st_size}\t{sha256_of_file(file)}")
    write_text(manifest, "\n".join(lines) + "\n")
    print(f"{len(files)} products and the records of {len(records)} jobs listed in {manifest}")


def verify_manifest(manifest: Path) -> int:
    """The number of files listed, all of them found unchanged. Raises ResultError naming each that is not."""
    rows = manifest_rows(manifest)
    faults = [fault for row in rows if (fault := _fault(manifest.parent / row["path"], row))]
    if faults:
        raise ResultError(
            f"{manifest}: {len(faults)} of {len(rows)} products are not what was made: {'; '.join(faults[:10])}; "
            "delete them and the manifest, and run the workflow again"
        )
    return len(rows)


def manifest_rows(manifest: Path) -> list[dict[str, str]]:
    """The lines of the manifest by its header. Raises ResultError if it is not one."""
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream, delimiter="\t")
    except (OSError, ValueError, csv.Error) as damage:
        raise ResultError(
            f"{manifest}: expected the manifest, found damage ({damage}); delete it and run again"
        ) from None
    if tuple(header) != HEADER:
        raise ResultError(
            f"{manifest}: expected the columns {', '.join(HEADER)}, found {header}; delete it and run again"
        )
    for line, row in enumerate(rows, start=2):
        if len(row) != len(HEADER):
            raise ResultError(f"{manifest} line {line}: expected {len(HEADER)} cells, found {len(row)}; delete it")
    return [dict(zip(HEADER, row, strict=True)) for row in rows]


def _fault(product: Path, row: dict[str, str]) -> str | None:
    if not product.is_file():
        return f"{product} is missing"
    found = sha256_of_file(product)
    return None if found == row["sha256"] else f"{product} has sha256 {found[:12]}…, expected {row['sha256'][:12]}…"
