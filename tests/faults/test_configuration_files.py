"""Configuration files that are no configuration: the file and the line are named, and nothing in them is run."""

from pathlib import Path

import pytest

from robust_style.errors import ConfigError
from robust_style.workflow.config_files import refuse_duplicate_keys

NINE = ", ".join("x" * 9)
# Nine times nine times … nine: ten lines that stand for 387 million values.
BOMB = f"a0: &a0 [{NINE}]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(8)
)  # fmt: skip

FILES: dict[str, tuple[bytes, str]] = {
    "a key twice": (b"training:\n  epochs: 4\n  epochs: 8\n", "line 3: key 'epochs' is given twice; keep one of them"),
    "a block twice": (b"training: {epochs: 4}\ndevice: cpu\ntraining: {}\n", "line 3: key 'training' is given twice"),
    "a key twice in a list": (b"pairs:\n- {content: a, content: b}\n", "line 2: key 'content' is given twice"),
    "a number twice for a key": (b"1: a\n1.0: b\n", "line 2: key 1.0 is given twice"),
    "a tab": (b"training:\n\tepochs: 4\n", "expected YAML in UTF-8, found: while scanning"),
    "a bracket left open": (b"seeds: [1, 2\n", "expected YAML in UTF-8, found: while parsing a flow sequence"),
    "a quote left open": (b'device: "cpu\n', "expected YAML in UTF-8, found: while scanning a quoted scalar"),
    "two values": (b"device: a: b\n", "mapping values are not allowed here"),
    "two documents": (b"device: cpu\n---\ndevice: cpu\n", "expected a single document"),
    "an alias of nothing": (b"seeds: *seeds\n", "found undefined alias"),
    "an alias of itself": (b"seeds: &a [1, *a]\n", "line 1: expected values, found an alias (*name) within what it"),
    "an alias of what it is in": (b"a: &a\n  b: &b\n    c: *a\n", "found an alias (*name) within what it stands for"),
    "an alias that is its own key": (b"&a {? *a : 1}\n", "found an alias (*name) within what it stands for"),
    "aliases beyond measure": (BOMB.encode(), "line 5: expected at most 20000 values, found more behind aliases"),
    "a thousand lists in one another": (b"seeds: " + b"[" * 2000 + b"]" * 2000 + b"\n", "expected YAML in UTF-8"),
    "a list for a key": (b"? [a, b]\n: 1\n", "found unhashable key"),
    "a block for a key": (b"? {a: b}\n: 1\n", "found unhashable key"),
    "merged with a number": (b"<<: 5\n", "expected a mapping or list of mappings for merging"),
    "a thirteenth month": (b"device: 2026-13-01\n", "month must be in 1..12"),
    "a number of 5000 digits": (b"seeds: [" + b"1" * 5000 + b"]\n", "Exceeds the limit (4300 digits)"),
    "Latin-1": ("device: Gerät\n".encode("latin-1"), "expected YAML in UTF-8, found: 'utf-8' codec can't decode byte"),
    "UTF-16": ("device: cpu\n".encode("utf-16"), "expected YAML in UTF-8"),
    "a zero byte": (b"device: c\0pu\n", "special characters are not allowed"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "expected YAML in UTF-8"),
    "a web page": (b"<!DOCTYPE html>\n<html><a href='x: y'>: </a></html>\n\t<p>\n", "expected YAML in UTF-8"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_refused(tmp_path: Path, kind: str) -> None:
    content, message = FILES[kind]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        refuse_duplicate_keys([path])
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "tag",
    [
        "python/object/apply:os.system ['touch CANARY']",
        "python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [CANARY]]",
        "python/object/new:os.system ['touch CANARY']",
        "python/object:os.system {}",
        "python/module:canary ''",
        "python/name:os.system ''",
        "python/tuple [1]",
    ],
    ids=lambda tag: tag.split()[0],
)
def test_an_object_of_python_is_refused_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    canary, path = tmp_path / "canary", tmp_path / "mine.yaml"
    (tmp_path / "canary.py").write_text(f"open({str(canary)!r}, 'w').close()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    path.write_text(f"device: !!{tag.replace('CANARY', str(canary))}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml: .*could not determine a constructor for the tag"):
        refuse_duplicate_keys([path])
    assert not canary.exists()


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for path, found in ((tmp_path / "none.yaml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError) as caught:
            refuse_duplicate_keys([path])
        assert str(caught.value) == f"{path}: expected a configuration file, found {found}; correct its name"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbftraining: {epochs: 4}\n",
        b"training:\r\n  epochs: 4\r\n",
        b"a: &a {b: 1, c: 2}\nd: {<<: *a, b: 3}\ne: [*a, *a]\n",
        b"a: {b: 1}\nc: {b: 1}\n",
        b"",
        b"# nothing but a remark\n",
    ],
    ids=["byte order mark", "line ends of Windows", "aliases and a merge", "one name in two blocks", "empty", "remark"],
)
def test_a_file_that_may_be(tmp_path: Path, content: bytes) -> None:
    """Whether an empty one is of any use Snakemake says."""
    (tmp_path / "mine.yaml").write_bytes(content)
    refuse_duplicate_keys([tmp_path / "mine.yaml"])
