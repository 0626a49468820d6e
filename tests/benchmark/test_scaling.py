"""The projection for GPUs: jobs wait for what they need, and a page that shows what the command prints."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import scaling  # noqa: E402
from scaling import Job, chain_behind, makespan  # noqa: E402


def test_the_page_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert scaling.main([]) == 0
    printed = capsys.readouterr().out
    assert printed in (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")


def test_a_chain_takes_as_long_on_any_number_of_gpus() -> None:
    chain = [Job("a", 3.0), Job("b", 4.0, "a"), Job("c", 5.0, "b")]
    assert [makespan(chain, gpus) for gpus in (1, 8)] == [12.0, 12.0]
    assert chain_behind(chain) == {"a": 12.0, "b": 9.0, "c": 5.0}


def test_independent_jobs_share_the_gpus() -> None:
    jobs = [Job(str(number), 2.0) for number in range(8)]
    assert [makespan(jobs, gpus) for gpus in (1, 2, 8, 64)] == [16.0, 8.0, 2.0, 2.0]


def test_the_longest_chain_goes_first() -> None:
    """Pictures fill the gaps of a training, not the other way round."""
    jobs = [*(Job(f"picture {number}", 1.0) for number in range(4)), Job("first", 4.0), Job("second", 4.0, "first")]
    assert makespan(jobs, 2) == 8.0


def test_one_gpu_does_everything_one_after_the_other() -> None:
    config = scaling._config()
    jobs = scaling.gpu_jobs(config, 1e14)
    assert makespan(jobs, 1) == pytest.approx(sum(job.seconds for job in jobs))
    # Segments, evaluations, reconstructions; two recipes at all checkpoints, four at three, three at the last.
    assert len(jobs) == 18 * (4 + 5 + 5 + 2 * 5 + 4 * 3 + 3 * 1)


def test_a_run_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("seeds: [0, 1]\n", encoding="utf-8")
    assert scaling.main(["--configfile", str(mine), "--tflops", "100"]) == 0
    assert "| this run | 234 |" in capsys.readouterr().out
    mine.write_text("sseeds: [0, 1]\n", encoding="utf-8")
    assert scaling.main(["--configfile", str(mine)]) == 1
    assert "did you mean" in capsys.readouterr().err
