"""The progress of `--logger robust-style`, and what scripts print meanwhile."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from robust_style.workflow.entry import LOG_ONLY, success_message
from robust_style.workflow.terminal import LogHandler, Schedule

ROOT = Path(__file__).resolve().parents[2]
STAGES = {"train_segment": "training", "stylize": "transfer"}


def schedule(**estimates: float) -> Schedule:
    return Schedule({"train_segment": 2, "stylize": 4, "all": 1}, STAGES, estimates)


def test_the_time_left_is_unknown_before_an_estimated_job_has_finished() -> None:
    plan = schedule(stylize=10.0)
    assert plan.seconds_left(0.0) is None
    plan.start(1, "train_segment", 0.0)
    plan.finish(1, 5.0)
    assert plan.seconds_left(5.0) is None


def test_finished_jobs_replace_and_scale_the_estimates() -> None:
    plan = schedule(train_segment=10.0, stylize=30.0)
    plan.start(1, "train_segment", 0.0)
    assert plan.finish(1, 20.0) == "training"
    # Twice as slow as estimated: another segment of 20 s, four pictures of 60 s, and `all`.
    assert plan.seconds_left(20.0) == pytest.approx(20 + 4 * 60, abs=10)
    plan.start(2, "stylize", 20.0)
    assert plan.seconds_left(50.0) == pytest.approx(20 + 3 * 60 + 30, abs=10)
    assert plan.counts("training") == (1, 2)
    assert plan.counts() == (1, 7)


def test_a_rule_without_an_estimate_takes_as_long_as_others_without() -> None:
    plan = schedule(stylize=1.0)
    plan.start(1, "stylize", 0.0)
    plan.finish(1, 1.0)
    assert plan.seconds_left(1.0) == pytest.approx(3 * 1 + 2 * 4 + 4, abs=1)
    plan.start(2, "train_segment", 1.0)
    plan.finish(2, 41.0)
    assert plan.seconds_left(41.0) == pytest.approx(3 * 1 + 40 + 40, abs=5)


def test_jobs_at_once_shorten_the_time_left() -> None:
    plan = schedule(train_segment=10.0, stylize=10.0)
    for job in (1, 2):
        plan.start(job, "train_segment", 0.0)
    for job in (1, 2):
        plan.finish(job, 10.0)
    assert plan.seconds_left(10.0) == pytest.approx(4 * 10 / 2, abs=5)


def test_a_failed_job_may_start_again() -> None:
    plan = schedule()
    plan.start(1, "stylize", 0.0)
    plan.fail(1)
    plan.start(1, "stylize", 10.0)
    assert plan.finish(1, 20.0) == "transfer"
    assert plan.counts("transfer") == (1, 4)


def handler(*, dryrun: bool = False) -> LogHandler:
    settings: Any = SimpleNamespace(
        stdout=False, nocolor=False, quiet=set(), show_failed_logs=True, dryrun=dryrun, printshellcmds=False
    )
    return LogHandler(settings, None)


def send(to: LogHandler, message: str | None, level: int = logging.INFO, **extra: object) -> None:
    to.emit(logging.makeLogRecord({"msg": message, "levelno": level, "levelname": "", **extra}))


def run_of_two_stages(to: LogHandler, log: Path) -> None:
    send(to, "Building DAG of jobs...")
    send(to, "Job stats: …", event=LogEvent.RUN_INFO, stats={"train_segment": 1, "stylize": 2, "all": 1, "total": 4})
    send(to, "On two CPU cores the whole takes roughly a minute.", shown=True)
    send(to, None, stages=STAGES, estimates={"stylize": 3.0}, log="run.log", logs="results/logs")
    for job, rule in enumerate(("train_segment", "stylize", "stylize", "all")):
        send(to, "Rule", event=LogEvent.JOB_INFO, jobid=job, rule_name=rule, rule_msg=f"Now {rule} [{job}].")
        send(to, "Shell command: None", event=LogEvent.SHELLCMD, shellcmd=None)
        if job == 2:
            send(to, "warning: the picture is blank", logging.WARNING)
            send(
                to, "Error", logging.ERROR, event=LogEvent.JOB_ERROR, jobid=job, rule_name=rule, rule_msg=None, aux={},
                input=[], output=[], log=[str(log)], conda_env=None, shellcmd=None, indent=False,
            )  # fmt: skip
            send(to, "Rule", event=LogEvent.JOB_INFO, jobid=job, rule_name=rule, rule_msg="Again.")
        send(to, "Finished", event=LogEvent.JOB_FINISHED, job_id=job)
    send(to, "Done.", shown=True)
    to.close()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(LOG_ONLY, "")  # the handler sets it; put back after the test
    path = tmp_path / "one.log"
    path.write_text("error: cat.png is a web page\n", encoding="utf-8")
    return path


def test_elsewhere_than_on_a_terminal_there_are_plain_lines(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_of_two_stages(handler(), log)
    printed = capsys.readouterr().err
    assert "\x1b" not in printed
    words = printed.splitlines()
    assert words[0].startswith("On two CPU cores")
    assert words[1:3] == ["4 steps. Complete log: run.log", "Logs of the steps: results/logs"]
    (training,) = (line for line in words if "training" in line)
    (transfer,) = (line for line in words if "transfer" in line)
    assert "1 step, finished after 0 s" in " ".join(training.split())
    assert "estimating the time left" in training
    assert "(3 of 4 steps, a few seconds left)" in transfer
    assert "warning: the picture is blank" in words
    assert "error: cat.png is a web page" in words, "the log of a failed job"
    assert words[-1] == "Done."
    for absent in ("Building DAG", "Job stats", "Shell command", "Now stylize"):
        assert absent not in printed


def test_on_a_terminal_bars_are_redrawn_and_removed(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    to = handler()
    run_of_two_stages(to, log)
    printed = capsys.readouterr().err
    assert "━" in printed
    assert printed.count("\x1b[?25l") == printed.count("\x1b[?25h") == 1, "the cursor is hidden and shown again"
    assert to.bars is None
    assert "✓" in printed


def test_a_dry_run_prints_what_snakemake_prints(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = handler(dryrun=True)
    send(to, "Job stats: seven", event=LogEvent.RUN_INFO, stats={"stylize": 7, "total": 7})
    send(to, "This was a dry-run (flag -n).")
    assert capsys.readouterr().err == "Job stats: seven\nThis was a dry-run (flag -n).\n"


def test_snakemake_finds_the_plugin() -> None:
    assert LoggerPluginRegistry().is_installed("robust-style")


SCRIPT = """
import subprocess, sys
from types import SimpleNamespace
from robust_style.workflow.entry import step
with step(SimpleNamespace(log=["one.log"], rule="one", input=[], output=[], params={}, wildcards={}, config={})):
    print("epoch 1")
    subprocess.run(["echo", "a child process"], check=True)
    print("on a terminal:", sys.__stderr__.isatty())
    raise ZeroDivisionError("a defect")
"""


def test_scripts_print_to_their_log_only_while_the_progress_is_shown(tmp_path: Path) -> None:
    environment = {**os.environ, LOG_ONLY: "1", "PYTHONPATH": str(ROOT / "workflow_scripts")}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "")
    log = (tmp_path / "one.log").read_text(encoding="utf-8")
    for expected in ("epoch 1", "a child process", "on a terminal: False", "ZeroDivisionError: a defect"):
        assert expected in log


def test_the_closing_words_are_the_answer_and_links(tmp_path: Path) -> None:
    results = tmp_path / "my résults"
    assert "Done with what was requested" in success_message(str(results))
    (results / "comparison").mkdir(parents=True)
    for name in ("check.json", "comparison/index.html", "scores.tsv"):
        (results / name).touch()
    (results / "answer.html").write_text(
        '<p class="lead">Of 2 claims:\n<b>1 supported</b> &amp; 1 not. Nothing more.</p>', encoding="utf-8"
    )
    done, answer, *links = success_message(str(results)).strip().splitlines()
    assert (done, answer) == ("Done.", "Of 2 claims: 1 supported & 1 not.")
    assert f"  page    {(results / 'comparison' / 'index.html').as_uri()}" in links
    assert "my%20r%C3%A9sults/scores.tsv" in "\n".join(links)
    assert "not made yet" in links[-1]
    assert "--report" in links[-1]
