"""The catalogue of content and style images. Standard library only: the Snakefile imports it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from robust_style.errors import ConfigError
from robust_style.messages import nearest_name, quoted

COLUMNS = ("name", "role", "source", "sha256", "title", "author", "year", "licence")
ROLES = ("content", "style", "both")

# px; size of the pictures in the published experiment (`transfer.size_px` in config.yaml).
DEFAULT_PAINTING_PX = 512

Kind = Literal["url", "generator", "photograph", "local"]


@dataclass(frozen=True)
class ImageRecord:
    """One row of a catalogue. `sha256` is empty for images made by pinned code and for unchecked local files."""

    name: str
    role: str
    source: str
    sha256: str
    title: str
    author: str
    year: str
    licence: str
    row: str
    """Position for messages: `config/images.tsv line 3 (bigben)`."""

    @property
    def kind(self) -> Kind:
        """Type of the source: `url`, `generator`, `photograph` or `local`."""
        scheme, colon, _ = self.source.partition(":")
        if scheme == "https":
            return "url"
        if colon and scheme == "generator":
            return "generator"
        return "photograph" if colon and scheme == "photograph" else "local"


@dataclass(frozen=True)
class Painting:
    """Arguments of `generator:<name>?seed=…&size_px=…`; the defaults are seed 1 and 512 px."""

    generator: str
    seed: int
    size_px: int


def find_image(catalogue_paths: Sequence[Path], name: str) -> ImageRecord:
    """Return the record of image `name`. Raises ConfigError for an unknown name or a malformed catalogue."""
    records = read_catalogue(catalogue_paths)
    if name in records:
        return records[name]
    similar = nearest_name(name, records)
    hint = f"Did you mean {similar}?" if similar else "Add a row for it, or correct transfer.pairs in the config."
    raise ConfigError(
        f"image {name}: not in {', '.join(map(str, catalogue_paths))} "
        f"(which list {', '.join(sorted(records)) or 'no image'}). {hint}"
    )


def read_catalogue(catalogue_paths: Sequence[Path]) -> dict[str, ImageRecord]:
    """All images by name, in file order. Raises ConfigError with file and line of the first malformed row."""
    records: dict[str, ImageRecord] = {}
    for path in catalogue_paths:
        for line, cells in read_rows(path, COLUMNS, "images"):
            record = ImageRecord(**dict(zip(COLUMNS, cells, strict=True)), row=f"{path} line {line} ({cells[0]})")
            _check(record)
            if record.name in records:
                raise ConfigError(
                    f"{record.row}: the name is also used in {records[record.name].row}. Rename one of them."
                )
            records[record.name] = record
    return records


def local_input(record: ImageRecord) -> Path | None:
    """The local file that the image is made from (an input for Snakemake), or None."""
    return Path(record.source) if record.kind == "local" else None


def painting(record: ImageRecord) -> Painting:
    """Parse a `generator:` source. Raises ConfigError for parameters other than seed and size_px."""
    name, _, query = record.source.removeprefix("generator:").partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        numbers = {key: int(value) for key, value in pairs}
    except ValueError:
        pairs, numbers = [("", "")], {}
    if len(numbers) != len(pairs) or not set(numbers) <= {"seed", "size_px"} or not _is_slug(name):
        raise _row_error(record, "source", "It must be generator:<name>?seed=<integer>&size_px=<integer>.")
    parsed = Painting(name, numbers.get("seed", 1), numbers.get("size_px", DEFAULT_PAINTING_PX))
    # Limits as in schema.yaml: a seed, and `transfer.size_px`.
    if parsed.seed < 0 or not 32 <= parsed.size_px <= 4096:
        raise _row_error(record, "source", "The seed must be 0 or more, and size_px from 32 to 4096.")
    return parsed


def read_rows(path: Path, columns: Sequence[str], key: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each row of a tab-separated file in UTF-8 (blank lines are skipped).

    `key` is the configuration key that names the file. Raises ConfigError if the first line does not list `columns`, or
    a row has another number of cells.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets write a byte order mark
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the table ({error.strerror}). Correct `{key}` in the config.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not text in UTF-8 ({error}). Save it as tab-separated text in UTF-8.") from None
    lines = [(number, line.split("\t")) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines or tuple(cell.strip() for cell in lines[0][1]) != tuple(columns):
        header = ", ".join(cell.strip() for cell in lines[0][1])[:100] if lines else "nothing"
        raise ConfigError(
            f"{path}: line 1 must list the tab-separated columns {', '.join(columns)}, not {header}. Add that line."
        )
    for number, cells in lines[1:]:
        if len(cells) != len(columns):
            raise ConfigError(
                f"{path} line {number} ({cells[0][:100]}): {len(cells)} tab-separated cells instead of {len(columns)}. "
                "Write one tab between cells, also around empty ones."
            )
        yield number, [cell.strip() for cell in cells]


def has_host(url: str) -> bool:
    """True if the URL names a host and contains no white space."""
    try:
        return bool(urlsplit(url).hostname) and not re.search(r"\s", url)
    except ValueError:  # a malformed IPv6 address
        return False


def _check(record: ImageRecord) -> None:
    if not _is_slug(record.name):
        raise _row_error(record, "name", "Use lower-case letters, digits and _ only.")
    if record.role not in ROLES:
        raise _row_error(record, "role", f"It must be one of {', '.join(ROLES)}.")
    if record.sha256 and not re.fullmatch(r"[0-9a-f]{64}", record.sha256):
        raise _row_error(record, "sha256", "It must be 64 hexadecimal digits in lower case, or empty.")
    is_unknown_scheme = record.kind == "local" and re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", record.source)
    is_bad_url = record.kind == "url" and not has_host(record.source)
    is_bad_name = record.kind == "photograph" and not _is_slug(record.source.removeprefix("photograph:"))
    if not record.source or "\0" in record.source or is_unknown_scheme or is_bad_url or is_bad_name:
        raise _row_error(
            record, "source", "It must be https://…, photograph:<name>, generator:<name>?seed=1, or a local path."
        )
    if record.sha256 and record.kind in ("generator", "photograph"):
        raise _row_error(record, "sha256", f"Leave it empty for a {record.kind}, which is made by pinned code.")
    if record.kind == "url" and not record.sha256:
        raise _row_error(record, "sha256", "A URL needs one, because its content can change.")
    if record.kind == "generator":
        painting(record)


def _is_slug(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9_]+", text) is not None


def _row_error(record: ImageRecord, column: str, remedy: str) -> ConfigError:
    return ConfigError(f"{record.row}: {column} is {quoted(getattr(record, column))}. {remedy}")
