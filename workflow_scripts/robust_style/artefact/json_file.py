"""JSON files: strict on writing, one clear sentence on reading."""

import json
from pathlib import Path
from typing import Any

from robust_style.artefact.atomic import write_text
from robust_style.errors import ResultError


def write_json(path: Path, content: object) -> None:
    """Writes plain data as indented JSON, whole or not at all. NaN and infinity raise ValueError."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises ResultError if it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultError(f"{path}: expected a JSON file, found none; run the workflow again to make it") from None
    except ValueError as error:
        raise ResultError(f"{path}: expected JSON, found damage ({error}); delete the file and run again") from None
