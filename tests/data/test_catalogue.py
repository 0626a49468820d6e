import subprocess
import sys
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

ROOT = Path(__file__).resolve().parents[2]
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


def test_the_published_catalogue_holds_what_the_experiments_name():
    import yaml

    from robust_style.data.paintings import paint
    from robust_style.data.photographs import PHOTOGRAPHS

    records = read_catalogue([ROOT / "config" / "images.tsv"])
    named: dict[str, set[str]] = {"content": set(), "style": set()}
    for config in ("config.yaml", "demo.yaml", "miniature.yaml"):
        for pair in yaml.safe_load((ROOT / "config" / config).read_text())["transfer"]["pairs"]:
            for role in named:
                named[role] |= {pair[role]} if isinstance(pair[role], str) else set(pair[role])
    for role, names in named.items():
        assert {name: records[name].role for name in names if records[name].role not in (role, "both")} == {}
    urls = [found for found in records.values() if found.kind == "url"]
    assert sum(found.role == "content" for found in urls) >= 5
    assert sum("public domain" in found.licence for found in urls if found.role == "style") >= 5
    assert all(found.title and found.author and found.year and found.licence for found in records.values())
    for found in records.values():
        if found.kind == "photograph":
            assert found.source.removeprefix("photograph:") in PHOTOGRAPHS
        if found.kind == "generator":
            wanted = painting(found)
            assert paint(wanted.generator, wanted.seed, 32).shape == (32, 32, 3)


@pytest.mark.shared_data
def test_the_published_hashes_are_those_of_the_kept_copies():
    provenance = ROOT.parent / "shared" / "data" / "images" / "PROVENANCE.md"
    if not provenance.is_file():
        pytest.skip("the kept copies are not beside the repository")
    known = {}
    for line in provenance.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.split("|")]
        if len(cells) > 10 and cells[10].startswith("https://"):
            known[cells[10]] = cells[5]
    records = read_catalogue([ROOT / "config" / "images.tsv"]).values()
    urls = [found for found in records if found.kind == "url"]
    assert len(urls) >= 10
    assert all(known[found.source] == found.sha256 for found in urls)


def test_reading_needs_only_the_standard_library():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules);"
        "import robust_style.data.catalogue;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "assert new <= set(sys.stdlib_module_names) | {'robust_style'}, new"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program, str(ROOT / "workflow_scripts")], check=True)


def test_a_row_becomes_a_record(tmp_path):
    path = catalogue(tmp_path / "c.tsv", {}, {"name": "b_2", "title": "Träumerei", "year": "c. 1831", "sha256": SHA})
    found = find_image([path], "b_2")
    assert (found.title, found.year, found.sha256, found.licence) == ("Träumerei", "c. 1831", SHA, "")
    assert found.row == f"{path} line 3 (b_2)"


def test_a_file_from_a_spreadsheet_is_read(tmp_path):
    path = catalogue(tmp_path / "c.tsv", {}, {"name": "b"})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert list(read_catalogue([path])) == ["a", "b"]


def test_an_unknown_name_is_answered_with_a_like_one(tmp_path):
    path = catalogue(tmp_path / "c.tsv", {"name": "lighthouse"}, {"name": "barn"})
    with pytest.raises(ConfigError, match="did you mean lighthouse"):
        find_image([path], "lighthose")
    with pytest.raises(ConfigError, match=r"transfer\.pairs"):
        find_image([path], "zzz")


def test_a_name_is_used_once_across_all_files(tmp_path):
    first, second = catalogue(tmp_path / "1.tsv", {}), catalogue(tmp_path / "2.tsv", {"name": "b"}, {"name": "a"})
    with pytest.raises(ConfigError, match=r"2\.tsv line 3 \(a\).*1\.tsv line 2"):
        read_catalogue([first, second])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        *[
            ({"name": name}, "lower-case letters")
            for name in ("Big", "a b", "ä", "..", "a/b", "$(x)", "-a", "a\\b", "a--b")
        ],
        ({"role": "Content"}, "a role of"),
        ({"role": ""}, "a role of"),
        ({"sha256": "abc"}, "64 hexadecimal"),
        ({"sha256": SHA.upper()}, "64 hexadecimal"),
        ({"source": ""}, "a source of"),
        ({"source": "http://example.org/a.png", "sha256": SHA}, "a source of"),
        ({"source": "file:///etc/passwd"}, "a source of"),
        ({"source": "https://", "sha256": SHA}, "a source of"),
        ({"source": "https://example.org/a b.png", "sha256": SHA}, "a source of"),
        ({"source": "https://example.org/a.png"}, "a sha256 beside a URL"),
        ({"source": "photograph:"}, "photograph:<name>"),
        ({"source": "photograph:../x"}, "photograph:<name>"),
        ({"source": "photograph:rocket", "sha256": SHA}, "no sha256"),
        ({"source": "generator:"}, "generator:<name>"),
        ({"source": "generator:op_art?sed=1"}, "generator:<name>"),
        ({"source": "generator:op_art?seed=x"}, "generator:<name>"),
        ({"source": "generator:op_art?seed=1&seed=2"}, "generator:<name>"),
        ({"source": "generator:op_art?seed"}, "generator:<name>"),
        ({"source": "generator:op_art?seed=-1"}, "a seed of at least 0"),
        ({"source": "generator:op_art?size_px=5"}, "size_px from 32"),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, message):
    with pytest.raises(ConfigError, match=message) as error:
        read_catalogue([catalogue(tmp_path / "c.tsv", row)])
    assert f"{tmp_path / 'c.tsv'} line 2" in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"name\trole\n", "found name, role"),
        ("\t".join(COLUMNS).encode() + b"\na\tboth\n", "expected 8 tab-separated cells, found 2"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_another_kind_of_file_is_refused(tmp_path, content, message):
    (tmp_path / "c.tsv").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_catalogue([tmp_path / "c.tsv"])


def test_a_missing_or_unreadable_catalogue_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_catalogue([tmp_path / "none.tsv"])
    with pytest.raises(ConfigError, match="directory"):
        read_catalogue([tmp_path])


def test_only_a_local_path_is_an_input_to_watch():
    assert local_input(record("pictures/my cat: one.png")) == Path("pictures/my cat: one.png")
    assert local_input(record("/abs/x.png")) == Path("/abs/x.png")
    for source in ("https://example.org/x.png", "photograph:rocket", "generator:op_art?seed=1"):
        assert local_input(record(source)) is None


def test_a_generator_row_says_what_to_paint():
    assert painting(record("generator:op_art")) == Painting("op_art", 1, 512)
    assert painting(record("generator:op_art?seed=7")) == Painting("op_art", 7, 512)
    assert painting(record("generator:op_art?size_px=64&seed=7")) == Painting("op_art", 7, 64)
