"""SHA-256 of files and of settings."""

import hashlib
import json
from pathlib import Path


def sha256_of_file(path: Path) -> str:
    """Hexadecimal SHA-256 of the bytes of `path`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_bytes(content: bytes) -> str:
    """Hexadecimal SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_settings(settings: object) -> str:
    """Hexadecimal SHA-256 of plain data (dict, list, str, number, None); the order of keys does not matter."""
    return sha256_of_bytes(json.dumps(settings, sort_keys=True, allow_nan=False).encode())
