"""The terminal during `snakemake --logger robust-style`: a line per finished stage, progress bars, time left.

On a terminal the bars are redrawn; elsewhere only plain lines are printed. Warnings and errors are always printed.
Everything else is in Snakemake's log and in the logs of the jobs, which do not print to the terminal meanwhile.
"""

import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from logging import ERROR, INFO, WARNING, LogRecord
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from robust_style.messages import format_duration, printable
from robust_style.workflow.entry import LOG_ONLY

# ASSUME: a job of a rule without an estimate, before any of these has finished.
_SECONDS_PER_JOB = 4.0
# Seconds between two lines of progress where nothing can be redrawn.
_SECONDS_PER_LINE = 60.0


@dataclass
class Schedule:
    """The jobs of a run: planned, running and finished ones, and an estimate of the time left.

    Times are in seconds, from one monotonic clock. `stages` gives the stage of a rule, `estimates` the expected seconds
    of a job of a rule. Finished jobs replace the estimate of their rule and scale those of the other rules. Rules
    without an estimate take the mean of those of them that have finished.
    """

    planned: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    estimates: Mapping[str, float] = field(default_factory=dict)
    finished: Counter[str] = field(default_factory=Counter)
    _seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    # Job number -> its rule and start.
    _running: dict[int, tuple[str, float]] = field(default_factory=dict)
    _started: float | None = None

    def start(self, job: int, rule: str, now: float) -> None:
        """A job starts."""
        self._started = now if self._started is None else self._started
        self._running[job] = (rule, now)

    def finish(self, job: int, now: float) -> str | None:
        """A job has finished: the stage it belongs to, if there is one."""
        rule, started = self._running.pop(job, (None, now))
        if rule is None:
            return None
        self.finished[rule] += 1
        self._seconds[rule] += now - started
        return self.stages.get(rule)

    def fail(self, job: int) -> None:
        """A job has failed. It may be started again."""
        self._running.pop(job, None)

    def counts(self, stage: str | None = None) -> tuple[int, int]:
        """Finished and planned jobs, of a stage or of the run."""
        rules = [rule for rule in self.planned if stage is None or self.stages.get(rule) == stage]
        return sum(self.finished[rule] for rule in rules), sum(self.planned[rule] for rule in rules)

    def seconds_since_start(self, now: float) -> float:
        """Seconds since the first job started."""
        return 0.0 if self._started is None else now - self._started

    def seconds_left(self, now: float) -> float | None:
        """The estimated time left; None before a job of a rule with an estimate has finished."""
        estimated = [rule for rule in self.planned if rule in self.estimates]
        known = [rule for rule in estimated if self.finished[rule]]
        if self._started is None or (estimated and not known):
            return None
        expected = sum(self.finished[rule] * self.estimates[rule] for rule in known)
        scale = sum(self._seconds[rule] for rule in known) / expected if expected else 1.0
        others = [rule for rule in self.planned if rule not in self.estimates and self.finished[rule]]
        number = sum(self.finished[rule] for rule in others)
        usual = sum(self._seconds[rule] for rule in others) / number if number else _SECONDS_PER_JOB
        # A copy in one step: another thread starts and finishes jobs meanwhile.
        running = list(self._running.values())
        work = 0.0
        for rule, planned in self.planned.items():
            prior = self.estimates[rule] * scale if rule in self.estimates else usual
            each = self._seconds[rule] / self.finished[rule] if self.finished[rule] else prior
            ages = [now - started for of_rule, started in running if of_rule == rule]
            work += each * max(0, planned - self.finished[rule] - len(ages)) + sum(max(0.0, each - age) for age in ages)
        busy = sum(self._seconds.values()) + sum(now - started for _, started in running)
        jobs_at_once = max(1.0, busy / max(1e-9, now - self._started))
        return work / jobs_at_once


class LogHandler(LogHandlerBase):
    """Show Snakemake's records as progress. Records come from one thread, in their order.

    `rules/common.smk` adds two kinds of records: one with `stages` and `estimates` (see `Schedule`) and the paths
    `log` and `logs` when the run starts, and texts with `shown`, which are printed as they are.
    """

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Open the console. Snakemake imports every plugin at each start, so rich is imported here."""
        from rich.console import Console
        from snakemake.logging import DefaultFormatter

        settings = self.common_settings
        # Without `--nocolor` rich decides, by NO_COLOR and TERM.
        self.console = Console(
            file=sys.stdout if settings.stdout else sys.stderr, no_color=settings.nocolor or None, highlight=False
        )
        self.setFormatter(DefaultFormatter(settings.quiet, settings.show_failed_logs))
        self.schedule = Schedule()
        self.bars: Any = None
        self.tasks: dict[str | None, Any] = {}
        self.last_line = time.monotonic()
        if not settings.dryrun:
            os.environ[LOG_ONLY] = "1"

    def emit(self, record: LogRecord) -> None:
        """Update the progress; print the record if it is a warning, an error, or a part of a dry run."""
        try:
            self._show(record, time.monotonic())
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Remove the bars and give the terminal back."""
        if self.bars is not None:
            self.bars.stop()
            self.bars = None
        super().close()

    def _show(self, record: Any, now: float) -> None:
        event = getattr(record, "event", None)
        if hasattr(record, "stages"):
            self._begin(record)
        elif event == LogEvent.RUN_INFO and not self.common_settings.dryrun:
            self.schedule.planned = {rule: count for rule, count in record.stats.items() if rule != "total"}
        elif event == LogEvent.JOB_INFO and not self.common_settings.dryrun:
            self._start(record, now)
        elif event == LogEvent.JOB_FINISHED:
            self._finish(record.job_id, now)
        elif record.levelno >= WARNING:
            if event == LogEvent.JOB_ERROR:
                self.schedule.fail(record.jobid)
            self._print(self.format(record), "red" if record.levelno >= ERROR else "yellow")
        elif self._is_printed(record, event):
            self._print(self.format(record))

    def _is_printed(self, record: LogRecord, event: LogEvent | None) -> bool:
        if self.common_settings.dryrun:
            return record.levelno >= INFO and event not in {LogEvent.SHELLCMD, LogEvent.WORKFLOW_STARTED}
        return hasattr(record, "shown") or record.getMessage().startswith("Nothing to be done")

    def _begin(self, record: Any) -> None:
        self.schedule.stages, self.schedule.estimates = record.stages, record.estimates
        _, planned = self.schedule.counts()
        self._print(f"{_steps(planned)}. Complete log: {record.log}\nLogs of the steps: {record.logs}")
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self._open_bars()

    def _open_bars(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        self.bars = Progress(
            TextColumn("  {task.description}", table_column=Column(min_width=12, no_wrap=True)),
            BarColumn(bar_width=20, complete_style="green", finished_style="green"),
            TextColumn("{task.completed:.0f} of {task.total:.0f}", table_column=Column(justify="right", no_wrap=True)),
            TextColumn(
                "{task.fields[note]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
            ),
            console=self.console, transient=True, refresh_per_second=4, expand=True,
        )  # fmt: skip
        stages = {stage: None for rule, stage in self.schedule.stages.items() if rule in self.schedule.planned}
        for name in [*stages, None]:
            note = "" if name else _TimeLeft(self.schedule)
            total = self.schedule.counts(name)[1]
            self.tasks[name] = self.bars.add_task(name or "all", total=total, visible=not name, note=note)
        self.bars.start()

    def _start(self, record: Any, now: float) -> None:
        self.schedule.start(record.jobid, record.rule_name, now)
        stage = self.schedule.stages.get(record.rule_name)
        if self.bars is not None and stage:
            note = printable(str(record.rule_msg or record.rule_name)).splitlines()[0]
            self.bars.update(self.tasks[stage], visible=True, note=note)

    def _finish(self, job: int, now: float) -> None:
        stage = self.schedule.finish(job, now)
        done, planned = self.schedule.counts()
        is_plain = self.bars is None and done < planned
        so_far = f"  ({done} of {planned} steps, {_TimeLeft(self.schedule)})" if is_plain else ""
        of_stage, in_stage = self.schedule.counts(stage) if stage else (0, 1)
        if self.bars is not None:
            self.bars.update(self.tasks[None], completed=done)
            if stage:
                self.bars.update(self.tasks[stage], completed=of_stage, visible=of_stage < in_stage)
        if stage and of_stage == in_stage:
            mark = "done" if self.console.options.ascii_only else "✓"
            seconds = format_duration(self.schedule.seconds_since_start(now))
            self._print(f"{mark} {stage:<10} {_steps(in_stage):>10}, finished after {seconds:<8}{so_far}".rstrip())
            self.last_line = now
        elif so_far and now - self.last_line > _SECONDS_PER_LINE:
            self._print(so_far.strip())
            self.last_line = now
        if done == planned and self.bars is not None:
            self.bars.stop()
            self.bars = None

    def _print(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, markup=False, emoji=False, soft_wrap=True)


def _steps(number: int) -> str:
    return f"{number} step{'' if number == 1 else 's'}"


class _TimeLeft:
    """The time left as text, computed at each redraw."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def __str__(self) -> str:
        seconds = self.schedule.seconds_left(time.monotonic())
        if seconds is None:
            return "estimating the time left"
        return f"about {format_duration(seconds)} left" if seconds >= 10 else "a few seconds left"
