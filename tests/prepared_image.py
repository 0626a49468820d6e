"""The script that prepares an image, with a catalogue of one row."""

from pathlib import Path

from robust_style.data.catalogue import COLUMNS
from rule_script import Outcome, run_script


def catalogue(path: Path, *rows: dict[str, str]) -> Path:
    """A catalogue of these rows; a cell that a row does not name is empty."""
    lines = ["\t".join(COLUMNS), *("\t".join(row.get(column, "") for column in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def prepare(folder: Path, source: str, sha: str = "", *, is_mask: bool = False) -> Outcome:
    """Prepares image `a`, whose row names this source, as `results/images/a.png` in the folder."""
    row = {"name": "a", "role": "both", "source": source, "sha256": sha}
    return prepare_named(folder, "a", catalogue(folder / "images.tsv", row), is_mask=is_mask)


def prepare_named(folder: Path, name: str, *tables: Path, is_mask: bool = False) -> Outcome:
    """Prepares the image of that name in these catalogues."""
    return run_script(
        "prepare_image",
        folder / "prepare.log",
        output={"image": folder / "results" / "images" / f"{name}.png"},
        params={"is_mask": is_mask},
        wildcards={"image": name},
        config={"images": [str(table) for table in tables]},
    )
