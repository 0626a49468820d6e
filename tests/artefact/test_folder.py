"""A folder appears whole or not at all, and nothing of an older one is left."""

import pytest

from robust_style.artefact.folder import whole_folder


def test_it_takes_the_place_of_an_older_one(tmp_path):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "old.txt").write_text("old")
    with whole_folder(tmp_path / "page") as unfinished:
        (unfinished / "new.txt").write_text("new")
        assert (tmp_path / "page" / "old.txt").exists()
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["new.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert (tmp_path / "page").stat().st_mode == tmp_path.stat().st_mode


def test_a_fault_leaves_the_older_one(tmp_path):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "page") as unfinished:
        (unfinished / "new.txt").write_text("new")
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["old.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
