"""The catalogue of content and style images. Standard library only: the Snakefile reads it too."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl

from robust_style.data.urls import has_host
from robust_style.errors import ConfigError

COLUMNS = ("name", "role", "source", "sha256", "title", "author", "year", "licence")
ROLES = ("content", "style", "both")

# px; the size at which the published experiment paints (`transfer.size_px` in config.yaml).
DEFAULT_PAINTING_PX = 512

Kind = Literal["url", "generator", "photograph", "local"]


@dataclass(frozen=True)
class ImageRecord:
    """One row of a catalogue. `sha256` is empty where the image is made by pinned code or not checked."""

    name: str
    role: str
    source: str
    sha256: str
    title: str
    author: str
    year: str
    licence: str
    row: str
    """Where it stands, for messages: `config/images.tsv line 3 (bigben)`."""

    @property
    def kind(self) -> Kind:
        """How the image is had: `url`, `generator`, `photograph` or `local`."""
        scheme, colon, _ = self.source.partition(":")
        if scheme == "https":
            return "url"
        if colon and scheme == "generator":
            return "generator"
        return "photograph" if colon and scheme == "photograph" else "local"


@dataclass(frozen=True)
class Painting:
    """What `generator:<name>?seed=…&size_px=…` asks for; seed 1 and 512 px where nothing is said."""

    generator: str
    seed: int
    size_px: int


def find_image(catalogue_paths: Sequence[Path], name: str) -> ImageRecord:
    """The record of image `name`. Raises ConfigError for a name in none of the catalogues, or a bad catalogue."""
    records = read_catalogue(catalogue_paths)
    if name in records:
        return records[name]
    similar = difflib.get_close_matches(name, records, n=1)
    hint = f"did you mean {similar[0]}?" if similar else "add a row for it, or correct transfer.pairs in the config"
    raise ConfigError(
        f"image {name}: expected a row of that name in {', '.join(map(str, catalogue_paths))}, "
        f"found only {', '.join(sorted(records)) or 'none at all'}; {hint}"
    )


def read_catalogue(catalogue_paths: Sequence[Path]) -> dict[str, ImageRecord]:
    """All images by name, in the order of the files. Raises ConfigError naming file and line of the first bad row."""
    records: dict[str, ImageRecord] = {}
    for path in catalogue_paths:
        for line, cells in _rows(path):
            record = ImageRecord(**dict(zip(COLUMNS, cells, strict=True)), row=f"{path} line {line} ({cells[0]})")
            _check(record)
            if record.name in records:
                raise ConfigError(
                    f"{record.row}: expected a name used once, found it also in {records[record.name].row}; "
                    "rename one of them"
                )
            records[record.name] = record
    return records


def local_input(record: ImageRecord) -> Path | None:
    """The file of the user that the image is made from, for Snakemake to watch; None where there is none."""
    return Path(record.source) if record.kind == "local" else None


def painting(record: ImageRecord) -> Painting:
    """What a `generator:` row asks for. Raises ConfigError for a parameter other than seed and size_px."""
    name, _, query = record.source.removeprefix("generator:").partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        numbers = {key: int(value) for key, value in pairs}
    except ValueError:
        pairs, numbers = [("", "")], {}
    if len(numbers) != len(pairs) or not set(numbers) <= {"seed", "size_px"} or not _is_slug(name):
        raise _refused(record, "source generator:<name>?seed=<integer>&size_px=<integer>", record.source)
    wanted = Painting(name, numbers.get("seed", 1), numbers.get("size_px", DEFAULT_PAINTING_PX))
    # Limits as in schema.yaml: a seed, and `transfer.size_px`.
    if wanted.seed < 0 or not 32 <= wanted.size_px <= 4096:
        raise _refused(record, "a seed of at least 0 and size_px from 32 to 4096", record.source)
    return wanted


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # a BOM is what spreadsheets put in front
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a catalogue of images, found no such file; correct `images`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected tab-separated text in UTF-8, found {error}; save it as such") from None
    lines = [(number, line.split("\t")) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines or tuple(cell.strip() for cell in lines[0][1]) != COLUMNS:
        found = ", ".join(cell.strip() for cell in lines[0][1])[:100] if lines else "an empty file"
        raise ConfigError(
            f"{path}: expected the tab-separated columns {', '.join(COLUMNS)} in line 1, found {found}; add that line"
        )
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in lines[1:]]
    for number, cells in rows:
        if len(cells) != len(COLUMNS):
            raise ConfigError(
                f"{path} line {number} ({cells[0]}): expected {len(COLUMNS)} tab-separated cells, "
                f"found {len(cells)}; write one tab between cells, also around empty ones"
            )
    return rows


def _check(record: ImageRecord) -> None:
    if not _is_slug(record.name):
        raise _refused(record, "a name of lower-case letters, digits and _", repr(record.name))
    if record.role not in ROLES:
        raise _refused(record, f"a role of {', '.join(ROLES)}", repr(record.role))
    if record.sha256 and not re.fullmatch(r"[0-9a-f]{64}", record.sha256):
        raise _refused(record, "sha256 of 64 hexadecimal digits in lower case, or nothing", repr(record.sha256))
    _check_source(record)


def _check_source(record: ImageRecord) -> None:
    expected = "a source of https://…, photograph:<name>, generator:<name>?seed=1, or a local path"
    is_strange = record.kind == "local" and re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", record.source)
    if not record.source or "\0" in record.source or is_strange:
        raise _refused(record, expected, repr(record.source))
    if record.sha256 and record.kind in ("generator", "photograph"):
        raise _refused(record, "no sha256 beside a source that is made by pinned code", record.sha256)
    if record.kind == "url":
        if not has_host(record.source):
            raise _refused(record, expected, repr(record.source))
        if not record.sha256:
            raise _refused(record, "a sha256 beside a URL, which may change any day", "none")
    elif record.kind == "generator":
        painting(record)
    elif record.kind == "photograph" and not _is_slug(record.source.removeprefix("photograph:")):
        raise _refused(record, "photograph:<name>", repr(record.source))


def _is_slug(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9_]+", text) is not None


def _refused(record: ImageRecord, expected: str, found: str) -> ConfigError:
    return ConfigError(f"{record.row}: expected {expected}, found {found}; correct that row")
