"""Folders that appear under their final name whole or not at all, and what is in them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from robust_style.artefact.storage import writing

# Snakemake's own mark in a folder that a rule makes; it is no product.
TIMESTAMP = ".snakemake_timestamp"


def files_of(product: Path) -> list[Path]:
    """Every file of a product, which is a file itself or a folder that a rule makes."""
    if not product.is_dir():
        return [product]
    return [path for path in product.rglob("*") if path.is_file() and path.name != TIMESTAMP]


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Gives a temporary folder beside `path`; it takes the place of `path` when the block ends well, or is deleted.

    Nothing of an older folder of that name is left. Raises StorageError where the place cannot be written to, or is
    full.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            yield unfinished
            # A temporary folder is its owner's alone; its mode is made that of any other folder.
            unfinished.chmod(path.parent.stat().st_mode & 0o777)
            shutil.rmtree(path, ignore_errors=True)
            unfinished.replace(path)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
