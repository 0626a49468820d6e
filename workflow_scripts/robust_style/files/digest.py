"""SHA-256 of files and settings, and the files of a product."""

import hashlib
import json
from pathlib import Path

# Snakemake's marker in a folder that a rule makes.
_TIMESTAMP = ".snakemake_timestamp"


def sha256_of_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of the bytes of `path`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_bytes(content: bytes) -> str:
    """Return the hexadecimal SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_settings(settings: object) -> str:
    """Return the hexadecimal SHA-256 of plain data (dict, list, str, number, None); key order is ignored."""
    return sha256_of_bytes(json.dumps(settings, sort_keys=True, allow_nan=False).encode())


def files_of(product: Path) -> list[Path]:
    """Return the files of a product: itself, or every file in it if it is a folder."""
    if not product.is_dir():
        return [product]
    return [path for path in product.rglob("*") if path.is_file() and path.name != _TIMESTAMP]
