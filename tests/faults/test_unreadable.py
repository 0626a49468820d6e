"""Files that may not be read, by the scripts that are given them: named, with what to do, and not taken for damage."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

import cifar_archive
from crafted_images import PIXELS, encoded, written
from fetched_archive import fetch
from nobody import as_nobody, open_folder
from prepared_archive import prepare as prepare_archive
from prepared_image import catalogue, prepare_named
from refusal import contents, refusal
from rule_script import SCRIPTS, Outcome
from tiny_scripts import Tiny

PICTURE = encoded(Image.fromarray(PIXELS), "PNG")
ROW = {"name": "a", "role": "both", "source": "", "sha256": ""}


@pytest.fixture(scope="module")
def tiny() -> Iterator[Tiny]:
    with as_nobody():
        can_run = os.access(SCRIPTS / "stylize.py", os.R_OK, effective_ids=True)
    if not can_run:
        pytest.skip("the project itself lies where only root may read")
    with open_folder() as folder:
        made = Tiny.made_in(folder)
        for path in folder.iterdir():
            path.chmod(0o777 if path.is_dir() else 0o666)
        yield made


def of_image(folder: Path, tiny: Tiny) -> tuple[Path, Callable[[], Outcome], str]:
    path = written(folder / "in.png", PICTURE)
    table = catalogue(folder / "images.tsv", ROW | {"source": str(path)})
    return path, lambda: prepare_named(folder, "a", table), f"(a): expected a readable picture in {path}"


def of_catalogue(folder: Path, tiny: Tiny) -> tuple[Path, Callable[[], Outcome], str]:
    table = catalogue(folder / "images.tsv", ROW | {"source": "photograph:rocket"})
    return table, lambda: prepare_named(folder, "a", table), f"{table}: cannot read the table"


def of_local_archive(folder: Path, tiny: Tiny) -> tuple[Path, Callable[[], Outcome], str]:
    path = written(folder / "mine.tar.gz", b"an archive")
    return path, lambda: fetch(folder, path, "0" * 64), f"dataset.archive: cannot read {path}"


def of_archive(folder: Path, tiny: Tiny) -> tuple[Path, Callable[[], Outcome], str]:
    members = cifar_archive.binary_members(cifar_archive.random_batches())
    path = cifar_archive.write_archive(folder / "a.tar.gz", members)
    return path, lambda: prepare_archive(folder, path), f"{path}: permission denied"


def of_checkpoint(script: str) -> Callable[[Path, Tiny], tuple[Path, Callable[[], Outcome], str]]:
    def of(folder: Path, tiny: Tiny) -> tuple[Path, Callable[[], Outcome], str]:
        path = Path(shutil.copy(tiny.checkpoint, folder / "epoch_000.pt"))
        return path, lambda: getattr(tiny, script)(folder, path), f"{path}: expected a checkpoint"

    return of


UNREADABLE = {
    "picture": of_image,
    "catalogue": of_catalogue,
    "local archive": of_local_archive,
    "archive": of_archive,
    "checkpoint": of_checkpoint("stylize"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_may_not_be_read(tiny: Tiny, kind: str) -> None:
    with open_folder() as folder:
        path, run, said = UNREADABLE[kind](folder, tiny)
        run()  # to load what the script needs: nobody may not read all of Python
        before = contents(folder / "results")
        for made in [folder / "results", *folder.glob("*.log"), *(folder / "results").rglob("*")]:
            made.chmod(0o777)
        path.chmod(0)
        with as_nobody():
            end = run()
        assert "permission denied" in refusal(end, said).lower()
        assert contents(folder / "results") == before
        assert path.exists()
