"""The manifest: path and SHA-256 of every product, so that one flipped byte anywhere is noticed."""

import csv
from pathlib import Path

from robust_style.artefact.atomic import write_text
from robust_style.artefact.digest import sha256_of_file
from robust_style.errors import ResultError

HEADER = ("path", "bytes", "sha256")
# Snakemake's own mark in a folder that a rule makes; it is no product.
TIMESTAMP = ".snakemake_timestamp"


def write_manifest(*, products: list[Path], manifest: Path) -> None:
    """Writes one line per product (path relative to the manifest's folder, size in bytes, SHA-256), sorted.

    A product that is a folder has a line per file in it.
    """
    lines = ["\t".join(HEADER)]
    for product in sorted({file for listed in products for file in _files(listed)}):
        name = product.relative_to(manifest.parent).as_posix()
        lines.append(f"{name}\t{product.stat().st_size}\t{sha256_of_file(product)}")
    write_text(manifest, "\n".join(lines) + "\n")
    print(f"{len(lines) - 1} products listed in {manifest}")


def verify_manifest(manifest: Path) -> int:
    """The number of products listed, all of them found unchanged. Raises ResultError naming each that is not."""
    rows = _rows(manifest)
    faults = [fault for row in rows if (fault := _fault(manifest.parent / row["path"], row))]
    if faults:
        raise ResultError(
            f"{manifest}: {len(faults)} of {len(rows)} products are not what was made: {'; '.join(faults[:10])}; "
            "delete them and run the workflow again"
        )
    return len(rows)


def _files(product: Path) -> list[Path]:
    if not product.is_dir():
        return [product]
    return [path for path in product.rglob("*") if path.is_file() and path.name != TIMESTAMP]


def _fault(product: Path, row: dict[str, str]) -> str | None:
    if not product.is_file():
        return f"{product} is missing"
    found = sha256_of_file(product)
    return None if found == row["sha256"] else f"{product} has sha256 {found[:12]}…, expected {row['sha256'][:12]}…"


def _rows(manifest: Path) -> list[dict[str, str]]:
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
