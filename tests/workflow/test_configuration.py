"""Configuration files: unreadable ones and duplicate keys; values of --config; merging; paths in any folder."""

from pathlib import Path

import pytest

from merged_config import CONFIG, changed
from robust_style.errors import ConfigError
from robust_style.workflow.configuration import (
    check_configuration,
    normalise_path,
    on_top_of_published,
    refuse_duplicate_keys,
    with_nested_values,
)

ROOT = CONFIG.parent
SCHEMA = CONFIG / "schema.yaml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"training:\n  epochs: 4\n  epochs: 8\n", "line 3: key 'epochs' is given twice; keep one of them"),
        (b"pairs:\n- {content: a, content: b}\n", "line 2: key 'content' is given twice"),
        (b"training:\n\tepochs: 4\n", "not YAML in UTF-8"),
        (b"seeds: [1, 2\n", "while parsing a flow sequence"),
        (b"seeds: *seeds\n", "found undefined alias"),
        (b"? [a, b]\n: 1\n", "found unhashable key"),
        (b"device: 2026-13-01\n", "month must be in 1..12"),
        (b"seeds: [" + b"1" * 5000 + b"]\n", "Exceeds the limit (4300 digits)"),
        (b"seeds: " + b"[" * 2000 + b"]" * 2000, "not YAML in UTF-8"),
        ("device: Gerät\n".encode("latin-1"), "can't decode byte"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not YAML in UTF-8"),
        (b"device: !!python/object/apply:os.mkdir [canary]\n", "could not determine a constructor for the tag"),
    ],
)
def test_a_file_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        refuse_duplicate_keys([Path("mine.yaml")])
    assert str(caught.value).startswith("mine.yaml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.yaml"], "nothing in the file was run"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: cannot read the configuration \(No such file or directory\)"):
        refuse_duplicate_keys([tmp_path / "none.yaml"])


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbftraining: {epochs: 4}\r\n",
        b"a: &a {b: 1, c: 2}\nd: {<<: *a, b: 3}\n",
        b"a: {b: 1}\nc: {b: 1}\n",
        b"",
    ],
    ids=["byte order mark", "aliases and a merge", "one name in two blocks", "empty"],
)
def test_a_file_that_is_accepted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.yaml").write_bytes(content)
    refuse_duplicate_keys([tmp_path / "mine.yaml"])


def test_values_within_blocks_of_the_command_line_are_read_as_in_a_file() -> None:
    given = {"transfer": {"size_px": "64", "pairs": ["a"]}, "raters": {"squeezenet": "null", "held_out": "false"}}
    config = with_nested_values({"transfer": {"threads": 2}, "device": "1"}, {**given, "device": "1"})
    assert config == {
        "transfer": {"threads": 2, "size_px": 64, "pairs": ["a"]},
        "raters": {"squeezenet": None, "held_out": False},
        "device": "1",
    }


def test_another_workflow_s_configuration_lies_on_the_published_one() -> None:
    config = on_top_of_published({"training": {"epochs": 50}}, ROOT)
    assert config["training"]["epochs"] == 50
    assert config["training"]["checkpoint_every"] == 25
    assert "pathvars" not in config


def test_tables_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is not named is that of the repository; a relative one is looked for here first."""
    config = changed({"images": ["config/images.tsv", "mine.tsv"]})
    assert check_configuration(config, SCHEMA)["sources"] == "config/sources.tsv" or Path.cwd() != ROOT
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.tsv").touch()
    found = check_configuration(config, SCHEMA)
    assert found["images"] == [str(CONFIG / "images.tsv"), "mine.tsv"]
    assert found["sources"] == str(CONFIG / "sources.tsv")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    theirs = {"architecture": "vgg19", "regime": "standard", "source": "~/a.pt", "sha256": "0" * 64, "epoch": 1}
    config = check_configuration(
        changed({"networks.theirs": theirs, "images": ["~/mine.tsv"], "ratings": ["~/r1.tsv"]}), SCHEMA
    )
    assert config["networks"]["theirs"]["source"] == f"{tmp_path}/a.pt"
    assert config["images"] == [f"{tmp_path}/mine.tsv"]
    assert config["ratings"] == [f"{tmp_path}/r1.tsv"]


def test_the_networks_of_the_overview_come_first() -> None:
    config = check_configuration(changed({"figure.networks": ["adversarial"]}), SCHEMA)
    assert list(config["networks"])[:2] == ["adversarial", "standard"]


def test_path_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "file").touch()
    assert normalise_path("~/results/") == f"{tmp_path}/results"
    assert normalise_path("./a//b/") == "a/b"
    assert normalise_path("s3://bucket//results/") == "s3://bucket//results/"
    for path, message in (
        ("~nobody_of_that_name/x", "no such user"),
        (f"{tmp_path}/file/x", "is a file, not a folder"),
    ):
        with pytest.raises(ConfigError, match=message):
            normalise_path(path)
