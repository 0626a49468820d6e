"""Catalogues of images with a mistake in them, by the script that prepares an image: file, line and cell are named."""

from pathlib import Path

import pytest

from crafted_images import written
from prepared_image import catalogue, prepare_named
from refusal import contents, refusal
from robust_style.data.catalogue import COLUMNS

SHA = "0123456789abcdef" * 4
PAINTING = "generator:op_art?size_px=32"
GOOD = {"name": "a", "role": "both", "source": PAINTING}
HEAD = "\t".join(COLUMNS).encode() + b"\n"
ROW = f"a\tboth\t{PAINTING}\t\t\t\t\t\n".encode()


def assert_refused(folder: Path, name: str, *said: str, tables: tuple[Path, ...] = ()) -> None:
    """The image of that name is not made, whatever lay there before stays."""
    written(folder / "results" / "images" / f"{name}.png", b"made before")
    before = contents(folder / "results")
    refusal(prepare_named(folder, name, *(tables or [folder / "images.tsv"])), *said)
    assert contents(folder / "results") == before


TABLES = {
    "empty": (b"", "expected the tab-separated columns name, role", "found an empty file"),
    "blank": (b"\n\n  \n", "found an empty file"),
    "no line of columns": (ROW, "expected the tab-separated columns", "found a, both"),
    "other columns": (b"name\trole\n" + ROW, "expected the tab-separated columns", "found name, role; add that line"),
    "another order": ("\t".join(reversed(COLUMNS)).encode() + b"\n", "found licence, year"),
    "commas": (",".join(COLUMNS).encode() + b"\n", "expected the tab-separated columns", "found name,role,source"),
    "too few cells": (HEAD + b"a\tboth\n", "line 2 (a): expected 8 tab-separated cells, found 2; write one tab"),
    "too many cells": (HEAD + ROW[:-1] + b"\tx\n", "line 2 (a): expected 8 tab-separated cells, found 9"),
    "spaces for tabs": (HEAD + b"a  both  a.png\n", "line 2 (a  both  a.png): expected 8 tab-separated cells, found 1"),
    "a quoted line end": (HEAD + b'a\tboth\tx.png\t\t"two\nlines"\t\t\t\n', "line 2 (a): expected 8 tab-separated"),
    "Latin-1": (
        HEAD + ROW + "b\tboth\tpainting:ö".encode("latin-1"),
        "expected tab-separated text in UTF-8",
        "save it",
    ),
    "UTF-16": ((HEAD + ROW).decode().encode("utf-16"), "expected tab-separated text in UTF-8"),
    "a web page": (b"<!DOCTYPE html>\n<html></html>\n", "expected the tab-separated columns"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "expected tab-separated text in UTF-8"),
    "a mistake in another row": (HEAD + ROW + b"b\tboth\n", "line 3 (b): expected 8 tab-separated cells"),
    "a name twice": (HEAD + ROW + ROW, "images.tsv line 3 (a): expected a name used once", "images.tsv line 2 (a)"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_is_none(tmp_path: Path, kind: str) -> None:
    content, *said = TABLES[kind]
    path = written(tmp_path / "images.tsv", content)
    assert_refused(tmp_path, "a", str(path), *said)


def test_no_table(tmp_path: Path) -> None:
    assert_refused(tmp_path, "a", f"{tmp_path / 'images.tsv'}: expected a catalogue", "no such file; correct `images`")


def test_a_folder_for_a_table(tmp_path: Path) -> None:
    (tmp_path / "images.tsv").mkdir()
    assert_refused(tmp_path, "a", f"{tmp_path / 'images.tsv'}: expected tab-separated text", "Is a directory")


NAME = "expected a name of lower-case letters, digits and _"
SOURCE = "expected a source of https://…, photograph:<name>, generator:<name>?seed=1, or a local path"
CELLS = [
    *(({"name": name}, NAME) for name in ("../x", "..", "/etc/x", "a/b", "a\\b", "A", "ä", "a b", "-rf", "$(x)", "")),
    ({"role": "Content"}, "expected a role of content, style, both, found 'Content'"),
    ({"role": ""}, "expected a role of content, style, both, found ''"),
    ({"sha256": "abc"}, "expected sha256 of 64 hexadecimal digits in lower case, or nothing, found 'abc'"),
    ({"sha256": SHA.upper()}, "expected sha256 of 64 hexadecimal digits in lower case"),
    ({"sha256": SHA[:-1] + "g"}, "expected sha256 of 64 hexadecimal digits in lower case"),
    ({"sha256": SHA + "0"}, "expected sha256 of 64 hexadecimal digits in lower case"),
    ({"source": ""}, SOURCE),
    ({"source": "http://example.org/a.png", "sha256": SHA}, SOURCE),
    ({"source": "ftp://example.org/a.png", "sha256": SHA}, SOURCE),
    ({"source": "file:///etc/passwd"}, SOURCE),
    ({"source": "data:image/png;base64,AAAA"}, SOURCE),
    ({"source": "https://", "sha256": SHA}, SOURCE),
    ({"source": "https://[::1/a.png", "sha256": SHA}, SOURCE),
    ({"source": "https://example.org/a b.png", "sha256": SHA}, SOURCE),
    ({"source": "a\0b.png"}, SOURCE),
    ({"source": "https://example.org/a.png"}, "expected a sha256 beside a URL, which may change any day, found none"),
    ({"source": "photograph:"}, "expected photograph:<name>"),
    ({"source": "photograph:../../x"}, "expected photograph:<name>"),
    ({"source": "photograph:rocket", "sha256": SHA}, "expected no sha256 beside a source that is made by pinned code"),
    ({"source": "generator:op_art?sed=1"}, "expected source generator:<name>?seed=<integer>&size_px=<integer>"),
    ({"source": "generator:op_art?seed=1.5"}, "expected source generator:<name>?seed=<integer>&size_px=<integer>"),
    ({"source": "generator:op_art?seed=1&seed=2"}, "expected source generator:<name>?seed=<integer>"),
    ({"source": "generator:op_art?seed=" + "9" * 5000}, "expected source generator:<name>?seed=<integer>"),
    ({"source": "generator:../op_art"}, "expected source generator:<name>?seed=<integer>"),
    ({"source": "generator:op_art?seed=-1"}, "expected a seed of at least 0 and size_px from 32 to 4096"),
    ({"source": "generator:op_art?size_px=31"}, "expected a seed of at least 0 and size_px from 32 to 4096"),
    ({"source": "generator:op_art?size_px=99999"}, "expected a seed of at least 0 and size_px from 32 to 4096"),
    ({"source": "photograph:moon"}, "photograph:moon: expected one of astronaut, chelsea", "correct the row"),
    ({"source": "generator:finger"}, "generator:finger: expected one of flow_field, voronoi_mosaic", "correct the row"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CELLS)), ids=lambda number: str(CELLS[number][0])[:40])
def test_a_bad_cell(tmp_path: Path, number: int) -> None:
    cells, *said = CELLS[number]
    row = GOOD | cells
    catalogue(tmp_path / "images.tsv", row)
    assert_refused(tmp_path, "a", f"{tmp_path / 'images.tsv'} line 2 ({row['name']}): ", *said)
    # A name that is a path led nowhere.
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("images.tsv", "prepare.log")] == ["results"]


def test_a_name_that_is_in_no_table(tmp_path: Path) -> None:
    path = catalogue(tmp_path / "images.tsv", GOOD | {"name": "lighthouse"}, GOOD | {"name": "barn"})
    sentence = "image lighthose: expected a row of that name in "
    assert_refused(tmp_path, "lighthose", sentence + str(path), "found only barn, lighthouse; did you mean lighthouse?")


def test_a_name_like_no_other(tmp_path: Path) -> None:
    catalogue(tmp_path / "images.tsv", GOOD)
    assert_refused(tmp_path, "zebra", "image zebra: expected a row", "add a row for it, or correct transfer.pairs")


def test_a_table_without_rows(tmp_path: Path) -> None:
    assert_refused(
        tmp_path, "a", "image a: expected a row", "none at all", tables=(catalogue(tmp_path / "images.tsv"),)
    )


def test_a_name_in_two_tables(tmp_path: Path) -> None:
    tables = catalogue(tmp_path / "ours.tsv", GOOD), catalogue(tmp_path / "mine.tsv", GOOD | {"name": "b"}, GOOD)
    said = f"{tables[1]} line 3 (a): expected a name used once, found it also in {tables[0]} line 2 (a); rename"
    assert_refused(tmp_path, "a", said, tables=tables)


def test_a_mistake_in_the_second_table_though_the_first_has_the_image(tmp_path: Path) -> None:
    tables = catalogue(tmp_path / "ours.tsv", GOOD), written(tmp_path / "mine.tsv", b"")
    assert_refused(tmp_path, "a", f"{tables[1]}: expected the tab-separated columns", tables=tables)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEAD + ROW,  # a byte order mark, as spreadsheets put in front
        (HEAD + ROW).replace(b"\n", b"\r\n"),
        HEAD + b"\n\n" + ROW + b"\n",
        HEAD + ROW[:-1],
        HEAD + ROW.replace(b"a\tboth\t", b" a \tboth \t"),
    ],
    ids=["mark", "line ends of Windows", "empty lines", "no last line end", "spaces around cells"],
)
def test_a_table_from_another_program_is_read(tmp_path: Path, content: bytes) -> None:
    end = prepare_named(tmp_path, "a", written(tmp_path / "images.tsv", content))
    assert (end.code, end.log) == (0, "")
    assert list(contents(tmp_path / "results")) == ["images/a.png"]
