"""The record of a job: complete, deterministic, deleted before a new attempt, without personal data."""

import hashlib
import json
import platform
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from robust_style.errors import DatasetError, ResultError
from robust_style.provenance.job import JobRecord
from robust_style.provenance.run import PACKAGES
from robust_style.workflow.entry import step
from robust_style.workflow.fingerprint import _reached
from rule_script import SCRIPTS, _Files


@pytest.fixture
def job(tmp_path: Path) -> Any:
    results = tmp_path / "results"
    (results / "data").mkdir(parents=True)
    (results / "data" / "set.npz").write_bytes(b"a set")
    (tmp_path / "mine.tsv").write_bytes(b"a table")
    return SimpleNamespace(
        log=[str(results / "logs" / "train" / "small" / "seed_3.log")],
        rule="train",
        input=_Files({"dataset": str(results / "data" / "set.npz"), "table": str(tmp_path / "mine.tsv")}),
        output=_Files({"checkpoint": str(results / "small.pt")}),
        params=SimpleNamespace(epochs=2, source=str(tmp_path / "theirs.pt"), code="0123456789abcdef"),
        wildcards=SimpleNamespace(network="small", seed="3"),
        config={"pathvars": {"results": str(results), "logs": "<results>/logs"}},
    )


def record(job: Any) -> Path:
    return Path(job.config["pathvars"]["results"]) / "provenance" / "train" / "small" / "seed_3.json"


def run(job: Any) -> bytes:
    with step(job):
        Path(job.output[0]).write_bytes(b"a network")
    return record(job).read_bytes()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_record_is_complete(job: Any) -> None:
    run(job)
    content = JobRecord.load(record(job))
    assert content.inputs == {"data/set.npz": digest(b"a set"), "mine.tsv": digest(b"a table")}
    assert content.outputs == {"small.pt": digest(b"a network")}
    assert (content.rule, content.seed, content.code) == ("train", 3, "0123456789abcdef")
    assert content.wildcards == {"network": "small", "seed": "3"}
    assert content.machine == f"{platform.system()} {platform.machine()}"
    assert set(content.packages) == set(PACKAGES)


def test_it_depends_on_settings_and_not_on_folders(job: Any, tmp_path: Path) -> None:
    before = run(job)
    assert run(job) == before
    assert str(tmp_path).encode() not in before
    job.params.source = "/elsewhere/theirs.pt"
    assert run(job) == before, "not even in a hash"
    job.params.epochs = 3
    assert run(job) != before
    # JSON text is a configuration without folders: all of it counts.
    job.params.config = '{"first": "a/b", "last": "c/d"}'
    before = run(job)
    job.params.config = '{"first": "A/b", "last": "c/d"}'
    assert run(job) != before


def test_a_failed_job_leaves_no_record_of_an_earlier_one(job: Any) -> None:
    run(job)
    with pytest.raises(SystemExit), step(job):
        raise DatasetError("set.npz: expected images, found none; fetch it again")
    assert not record(job).exists()


def test_a_record_that_cannot_be_written_is_one_sentence(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(job.config["pathvars"]["results"]) / "provenance").write_text("a file in the way")
    with pytest.raises(SystemExit):
        run(job)
    assert "provenance/train/small" in capsys.readouterr().err


def test_a_script_run_by_hand_writes_none(job: Any) -> None:
    path, job.config = record(job), {}
    with step(job):
        Path(job.output[0]).write_bytes(b"a network")
    assert not path.exists()


def test_inputs_of_one_name_are_all_recorded_and_products_are_only_counted(job: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.tsv").write_bytes(b"another")
    job.input.append(str(tmp_path / "other" / "mine.tsv"))
    inputs = json.loads(run(job))["inputs"]
    assert set(inputs.values()) == {digest(b"a set"), digest(b"a table"), digest(b"another")}
    job.input.products = [job.input[0]]
    content = json.loads(run(job))
    assert content["products"] == 1
    assert set(content["inputs"].values()) == {digest(b"a table"), digest(b"another")}


def test_a_folder_is_recorded_file_by_file(job: Any) -> None:
    folder = Path(job.output[0])
    with step(job):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "a.html").write_bytes(b"a page")
        (folder / ".snakemake_timestamp").write_bytes(b"")
    assert json.loads(record(job).read_bytes())["outputs"] == {"small.pt/sub/a.html": digest(b"a page")}


@pytest.mark.parametrize("content", ["", "null", '{"inputs": [], "outputs": []}', "[" * 99999])
def test_a_damaged_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ResultError, match=r"a\.json: not the record of a job .*; delete it"):
        JobRecord.load(tmp_path / "a.json")


def test_a_change_of_the_record_retrains_nothing() -> None:
    names = {path.name for path in _reached(SCRIPTS / "train_segment.py", SCRIPTS)}
    assert {"entry.py", "segment.py"} <= names
    assert not {"job.py", "run.py"} & names
