"""Checks before the start: results folder, disk space, clocks, inputs, device, Slurm."""

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from merged_config import CONFIG, merged
from robust_style.errors import ConfigError, RobustStyleError
from robust_style.workflow import preflight, resources
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.preflight import bytes_below, check_before_start, refuse_slurm_without_accounting
from robust_style.workflow.resources import needed_bytes


@pytest.fixture
def config():
    return check_configuration(merged("config", "miniature"), CONFIG / "schema.yaml")


def test_a_good_place_passes_and_nothing_is_left_in_it(config, tmp_path: Path) -> None:
    check_before_start(config, tmp_path / "results", [])
    assert list((tmp_path / "results").iterdir()) == []


def test_a_file_in_the_way_of_the_results(config, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("mine")
    message = r"pathvars\.results: .*here: expected to write there, found: not a directory"
    with pytest.raises(RobustStyleError, match=message):
        check_before_start(config, tmp_path / "results" / "here", [])
    assert (tmp_path / "results").read_text() == "mine"


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="no place that nobody may write to")
def test_a_place_that_cannot_be_written_to(config) -> None:
    with pytest.raises(RobustStyleError, match=r"/sys/robust_style: expected to write there, found: .*pathvars"):
        check_before_start(config, Path("/sys/robust_style"), [])


def test_too_little_room(config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=30_000_000))
    with pytest.raises(RobustStyleError, match=r"needs \d+ MB more of disk space, but 30 MB are free"):
        check_before_start(config, tmp_path, [])
    # What is already there needs no room again.
    (tmp_path / "big.bin").write_bytes(b"0" * int(needed_bytes(config) - 20e6))
    assert bytes_below(tmp_path) > 0
    check_before_start(config, tmp_path, [])


def test_an_input_dated_in_the_future(config, tmp_path: Path) -> None:
    late = tmp_path / "photo.png"
    late.write_bytes(b"")
    os.utime(late, (time.time() + 90_000,) * 2)
    with pytest.raises(RobustStyleError, match=r"photo\.png: dated 25 hours in the future"):
        check_before_start(config, tmp_path, [late, tmp_path / "absent.png"])


@pytest.mark.parametrize(("ahead_s", "words"), [(-300.0, "300 s in the future"), (300.0, "300 s in the past")])
def test_a_clock_that_differs_from_the_file_server_s(
    config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead_s: float, words: str
) -> None:
    now = time.time
    monkeypatch.setattr(preflight, "time", SimpleNamespace(time=lambda: now() + ahead_s))
    with pytest.raises(RobustStyleError, match=rf"is dated {words}\. Set the clocks"):
        check_before_start(config, tmp_path, [])


DISABLED = "echo 'Slurm accounting storage is disabled' >&2; exit 1"


@pytest.mark.parametrize(
    ("status_command", "sacct", "is_refused"),
    [
        ("sacct", DISABLED, True),
        ("squeue", DISABLED, False),  # the two lines are in the profile
        ("sacct", "echo '12 train COMPLETED'", False),
        ("sacct", "echo 'slurmdbd: Connection refused' >&2; exit 1", False),  # may pass; the plugin asks again
    ],
)
def test_slurm_without_accounting_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status_command: str, sacct: str, is_refused: bool
) -> None:
    program = tmp_path / "sacct"
    program.write_text(f"#!/bin/sh\n{sacct}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    if not is_refused:
        refuse_slurm_without_accounting(status_command)
        return
    with pytest.raises(ConfigError) as caught:
        refuse_slurm_without_accounting(status_command)
    assert str(caught.value).endswith("\n  slurm-status-command: squeue\n  slurm-no-account: true")


def test_every_fault_is_told_at_once(config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    monkeypatch.setattr(resources, "accelerator", lambda: None)
    with pytest.raises(RobustStyleError) as caught:
        check_before_start(config | {"device": "cuda"}, tmp_path, [])
    assert "0 MB are free" in str(caught.value)
    assert "device is cuda, but this machine has no CUDA device" in str(caught.value)
