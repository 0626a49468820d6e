from pathlib import Path

import pytest

from robust_style.data.catalogue import (
    COLUMNS,
    ImageRecord,
    Painting,
    find_image,
    local_input,
    painting,
    read_catalogue,
)
from robust_style.errors import ConfigError

SHA = "a" * 64


def catalogue(path: Path, *rows: dict[str, str]) -> Path:
    lines = ["\t".join(COLUMNS)]
    lines += [
        "\t".join(({"name": "a", "role": "both", "source": "a.png"} | row).get(c, "") for c in COLUMNS) for row in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def record(source: str, **more: str) -> ImageRecord:
    empty = dict.fromkeys(COLUMNS, "")
    return ImageRecord(**(empty | {"name": "a", "source": source, "row": "c.tsv line 2 (a)"} | more))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"\xef\xbb\xbf" + content,  # a byte order mark, as spreadsheets write it
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.replace(b"\n", b"\n\n"),
        lambda content: content.rstrip(b"\n"),
        lambda content: content.replace(b"b_2\tboth", b" b_2 \tboth "),
    ],
)
def test_a_row_becomes_a_record(tmp_path, change):
    row = {"name": "b_2", "title": "Träumerei", "year": "c. 1831", "sha256": SHA}
    path = catalogue(tmp_path / "c.tsv", {}, row)
    line = 5 if b"\n\n" in change(b"\n") else 3
    path.write_bytes(change(path.read_bytes()))
    found = find_image([path], "b_2")
    assert (found.title, found.year, found.sha256, found.source) == ("Träumerei", "c. 1831", SHA, "a.png")
    assert found.row == f"{path} line {line} (b_2)"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("https://example.org/a.png", "url"),
        ("generator:op_art", "generator"),
        ("photograph:rocket", "photograph"),
        ("pictures/my cat: one.png", "local"),
        ("/abs/x.png", "local"),
        ("generator", "local"),
    ],
)
def test_the_kind_of_a_source(source, kind):
    assert record(source).kind == kind
    assert local_input(record(source)) == (Path(source) if kind == "local" else None)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("generator:op_art", Painting("op_art", 1, 512)),
        ("generator:op_art?size_px=64&seed=7", Painting("op_art", 7, 64)),
    ],
)
def test_the_arguments_of_a_painting(source, expected):
    assert painting(record(source)) == expected


def test_several_catalogues_are_one(tmp_path):
    first, second = catalogue(tmp_path / "1.tsv", {}), catalogue(tmp_path / "2.tsv", {"name": "b"})
    assert list(read_catalogue([first, second])) == ["a", "b"]
    catalogue(second, {"name": "b"}, {"name": "a"})
    with pytest.raises(ConfigError, match=r"2\.tsv line 3 \(a\).*1\.tsv line 2"):
        read_catalogue([first, second])


def test_an_unknown_name_is_refused_with_the_most_similar(tmp_path):
    path = catalogue(tmp_path / "c.tsv", {"name": "lighthouse"}, {"name": "barn"})
    with pytest.raises(ConfigError, match=r"image lighthose: not in .*barn, lighthouse.* Did you mean lighthouse\?"):
        find_image([path], "lighthose")
    with pytest.raises(ConfigError, match=r"image zebra: .* Add a row for it, or correct transfer\.pairs"):
        find_image([path], "zebra")
    with pytest.raises(ConfigError, match="which list no image"):
        find_image([catalogue(tmp_path / "empty.tsv")], "a")


URL = "https://example.org/a.png"
SOURCE = "It must be https://…, photograph:<name>, generator:<name>"
ARGUMENTS = "It must be generator:<name>"
BAD_CELLS = [
    *(({"name": name}, "lower-case letters, digits and _") for name in ("Big", "a b", "ä", "..", "a/b", "$(x)", "-a")),
    ({"role": "Content"}, "role is 'Content'. It must be one of content, style, both"),
    ({"role": ""}, "role is ''"),
    ({"sha256": "abc"}, "sha256 is 'abc'. It must be 64 hexadecimal digits"),
    ({"sha256": SHA.upper()}, "64 hexadecimal digits"),
    ({"source": ""}, SOURCE),
    ({"source": "http://example.org/a.png", "sha256": SHA}, SOURCE),
    ({"source": "file:///etc/passwd"}, SOURCE),
    ({"source": "https://", "sha256": SHA}, SOURCE),
    ({"source": "https://[::1/a.png", "sha256": SHA}, SOURCE),
    ({"source": "https://example.org/a b.png", "sha256": SHA}, SOURCE),
    ({"source": "a\0b.png"}, SOURCE),
    ({"source": URL}, "A URL needs one"),
    ({"source": "photograph:../x"}, SOURCE),
    ({"source": "photograph:rocket", "sha256": SHA}, "Leave it empty for a photograph"),
    ({"source": "generator:"}, ARGUMENTS),
    ({"source": "generator:op_art?sed=1"}, ARGUMENTS),
    ({"source": "generator:op_art?seed=x"}, ARGUMENTS),
    ({"source": "generator:op_art?seed=1&seed=2"}, ARGUMENTS),
    ({"source": "generator:op_art?seed"}, ARGUMENTS),
    ({"source": "generator:op_art?seed=" + "9" * 5000}, ARGUMENTS),
    ({"source": "generator:op_art?seed=-1"}, "The seed must be 0 or more"),
    ({"source": "generator:op_art?size_px=5"}, "size_px from 32 to 4096"),
]


@pytest.mark.parametrize(("row", "message"), BAD_CELLS)
def test_a_bad_cell_is_refused(tmp_path, row, message):
    with pytest.raises(ConfigError) as error:
        read_catalogue([catalogue(tmp_path / "c.tsv", row)])
    assert f"{tmp_path / 'c.tsv'} line 2" in str(error.value)
    assert message in str(error.value)
    assert len(str(error.value)) < 500


HEAD = "\t".join(COLUMNS).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1 must list the tab-separated columns name, role, .* not nothing"),
        (b"name\trole\n", "not name, role. Add that line"),
        (HEAD.replace(b"\t", b","), "not name,role,"),
        (HEAD + b"a\tboth\n", r"line 2 \(a\): 2 tab-separated cells instead of 8. Write one tab"),
        (b"\xff\xfe", "not text in UTF-8"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path, content, message):
    (tmp_path / "c.tsv").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_catalogue([tmp_path / "c.tsv"])
