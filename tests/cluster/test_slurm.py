"""The workflow on a real Slurm with two pretended GPUs: GPUs kept apart, accidents survived, not a bit different."""

import re
import subprocess
from datetime import datetime
from itertools import combinations
from pathlib import Path

import pytest

from accidents import EPOCHS, MINIATURE, NETWORKS, ClusterRun, project
from checkout import SNAKEMAKE, Finished, environment, jobs
from slurm_node import SlurmNode
from submissions import submissions

pytestmark = pytest.mark.workflow

ON_A_GPU = ("train_segment", "evaluate_checkpoint", "stylize", "reconstruct")


def test_without_accounting_it_stops_before_the_first_job(node: SlurmNode, tmp_path: Path) -> None:
    """This Slurm has none, and the profile as it is asks `sacct`."""
    folder = project(tmp_path / "robust-style")
    run = subprocess.run(
        [*SNAKEMAKE, "--workflow-profile", "config/profiles/slurm", *MINIATURE], cwd=folder, check=False, timeout=300,
        env={**environment(), "PATH": node.path}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert run.returncode == 1
    assert "this Slurm has no accounting" in run.stdout
    assert "slurm-status-command: squeue" in run.stdout
    assert "slurm-no-account: true" in run.stdout
    assert not list(folder.glob(".snakemake/slurm_logs/*/*.log"))
    assert not (folder / "results").exists()


def test_it_ends_well_without_help(on_cluster: ClusterRun) -> None:
    assert on_cluster.returncode == 0, on_cluster.output[-6000:]
    assert "results/miniature/figures/standard_vs_adversarial.png" in on_cluster.output.split("Done.")[1]


def test_not_a_bit_differs_from_a_run_without_a_cluster(on_cluster: ClusterRun, on_this_machine: Finished) -> None:
    there, here = (hashes(folder) for folder in (on_cluster.folder, on_this_machine.folder))
    assert len(here) > 80
    # Methods and run record name the device that was asked for, and a record has the methods' hash; all else is equal.
    differing = {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}
    assert differing == {"methods.html", "provenance/write_methods.json", "provenance/run.json"}
    words = [
        re.findall(r"\w+", (folder / "results/miniature/methods.html").read_text(encoding="utf-8"))
        for folder in (on_cluster.folder, on_this_machine.folder)
    ]
    assert {pair for pair in zip(*words, strict=True) if len(set(pair)) > 1} == {("auto", "cpu")}


def test_a_job_that_trains_or_paints_has_one_gpu_and_the_others_none(on_cluster: ClusterRun) -> None:
    for job in on_cluster.jobs:
        if rule(job) in ON_A_GPU:
            assert job["TresPerJob"] == "gres:gpu:1", job
            assert len(on_cluster.seen[job["JobId"]]) >= 1
            assert on_cluster.seen[job["JobId"]] <= {"0", "1"}, "one device, in every task"
        else:
            assert "TresPerJob" not in job, job
            assert on_cluster.seen[job["JobId"]] == {"none"}
    assert set(ON_A_GPU) - {"reconstruct"} <= {rule(job) for job in on_cluster.jobs}


def test_two_jobs_are_never_on_one_gpu_at_a_time(on_cluster: ClusterRun) -> None:
    again = set(on_cluster.requeued.values())  # of these the controller knows the last start only
    on_gpu = [job for job in on_cluster.jobs if rule(job) in ON_A_GPU and job["JobId"] not in again]
    together = 0
    for one, other in combinations(on_gpu, 2):
        if overlap(one, other):
            together += 1
            assert not on_cluster.seen[one["JobId"]] & on_cluster.seen[other["JobId"]], (one, other)
    assert together, "both GPUs were used"


def test_networks_are_trained_side_by_side(on_cluster: ClusterRun) -> None:
    first = [job for job in on_cluster.jobs if job["JobId"] in (on_cluster.cancelled, on_cluster.out_of_time)]
    assert overlap(*first)
    assert on_cluster.seen[on_cluster.cancelled] != on_cluster.seen[on_cluster.out_of_time]


@pytest.mark.parametrize(("network", "state"), [("standard", "CANCELLED"), ("adversarial", "TIMEOUT")])
def test_a_segment_goes_on_after_scancel_and_after_its_time_limit(
    on_cluster: ClusterRun, network: str, state: str
) -> None:
    victim = on_cluster.cancelled if network == "standard" else on_cluster.out_of_time
    assert {job["JobId"]: job["JobState"] for job in on_cluster.jobs}[victim] == state
    assert f"SLURM-job '{victim}' failed, SLURM status is: '{state}'" in on_cluster.output
    first, second, *_ = on_cluster.epochs(network)
    assert first[0] == 1
    assert second[0] > first[-1], "what was finished is not done again"


@pytest.mark.parametrize("network", NETWORKS)
def test_a_segment_goes_on_after_its_node_failed(on_cluster: ClusterRun, network: str) -> None:
    job = next(job for job in on_cluster.jobs if job["JobId"] == on_cluster.requeued[network])
    assert (job["JobState"], job["Restarts"]) == ("COMPLETED", "1")
    tries = on_cluster.epochs(network)
    assert len(tries) == 3
    assert tries[2][0] > tries[1][-1], "what was finished is not done again"
    # A job may be killed between keeping an epoch and saying so; nothing is said twice.
    said = [epoch for one in tries for epoch in one]
    assert said == sorted(set(said))
    assert said[-1] == EPOCHS
    assert len(said) >= EPOCHS - 2


def test_it_submits_what_the_plan_says(on_cluster: ClusterRun) -> None:
    """Repeated ones apart: so the count for an experiment that nobody can run here is believable."""
    found = {comment(job) for job in on_cluster.jobs}
    assert len(found) == len(on_cluster.jobs) - 2, "only the two accidents were submitted again"
    planned = submissions(jobs(on_cluster.output))
    assert sum(planned.values()) == len(found), (planned, sorted(found))


def rule(job: dict[str, str]) -> str:
    return comment(job).removeprefix("rule_").split("_wildcards")[0]


def comment(job: dict[str, str]) -> str:
    """The rule and its wildcards, or the group and its rules."""
    return job["Comment"]


def overlap(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether both ran at one time; ends and starts within the same second are no overlap."""
    starts = [datetime.fromisoformat(job["StartTime"]) for job in (one, other)]
    ends = [datetime.fromisoformat(job["EndTime"]) for job in (one, other)]
    return max(starts) < min(ends)


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each product, by its name."""
    rows = (folder / "results/miniature/manifest.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {name: digest for name, _, digest, _ in (row.split("\t") for row in rows)}
