"""Which records belong to a run, and that none says of its products what is not true."""

import json
from pathlib import Path

import pytest

from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.manifest import manifest_rows, write_manifest
from robust_style.errors import ResultError
from robust_style.provenance.records import records_of, verify_records


def leave_record(results: Path, name: str, inputs: list[str], outputs: list[str]) -> Path:
    for path in outputs:
        (results / path).parent.mkdir(parents=True, exist_ok=True)
        (results / path).write_text(path, encoding="utf-8")
    record = results / "provenance" / f"{name}.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    hashes = {part: sha256_of_file(results / part) for part in (*inputs, *outputs)}
    content = {"inputs": {path: hashes[path] for path in inputs}, "outputs": {path: hashes[path] for path in outputs}}
    record.write_text(json.dumps(content), encoding="utf-8")
    return record


@pytest.fixture
def results(tmp_path: Path) -> Path:
    leave_record(tmp_path, "fetch/a", [], ["archive"])
    leave_record(tmp_path, "prepare/a", ["archive"], ["set"])
    leave_record(tmp_path, "paint/a", ["set"], ["a.png", "a.jpg"])
    leave_record(tmp_path, "paint/gone", ["set"], ["gone.png"])
    (tmp_path / "provenance" / "run.json").write_text("{}")
    return tmp_path


def listed(results: Path) -> dict[str, str]:
    return {row["path"]: row["sha256"] for row in manifest_rows(results / "manifest.tsv")}


def test_records_of_what_is_asked_for_and_of_what_that_was_made_of(results: Path) -> None:
    found = records_of(["a.png"], results)
    assert [path.relative_to(results / "provenance").as_posix() for path in found] == [
        "fetch/a.json", "paint/a.json", "prepare/a.json",
    ]  # fmt: skip


def test_they_stand_in_the_manifest_and_speak_for_its_products(results: Path) -> None:
    (results / "by_hand.png").write_text("no job made it")
    write_manifest(products=[results / "a.png", results / "by_hand.png"], manifest=results / "manifest.tsv")
    assert len(listed(results)) == 5
    assert verify_records(listed(results), results) == (3, 1)


def test_a_product_that_was_changed_before_the_manifest_was_written_is_noticed(results: Path) -> None:
    (results / "a.png").write_text("another picture")
    write_manifest(products=[results / "a.png", results / "a.jpg"], manifest=results / "manifest.tsv")
    with pytest.raises(ResultError, match=r"paint/a\.json: expected the record of what its job made"):
        verify_records(listed(results), results)


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{}", '{"inputs": {}}', '{"inputs": [], "outputs": []}', "[" * 99999]
)
def test_a_damaged_record_is_named(results: Path, content: str) -> None:
    (results / "provenance" / "paint" / "a.json").write_text(content)
    with pytest.raises(ResultError, match=r"paint/a\.json: expected the record of a job, found"):
        records_of(["a.png"], results)
