"""One network trained by two processes, by Snakemake as a user would."""

import json
import re
from pathlib import Path

import pytest

from checkout import copy_project, jobs, snakemake
from robust_style.artefact.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

CONFIG = """
pathvars: {results: results/together}
training: {processes: 2, epochs: 1}
networks: {standard: null}
"""
TRAIN = ("--configfile", "config/miniature.yaml", "together.yaml", "--until", "train_segment")


def test_a_network_by_two_processes(tmp_path: Path) -> None:
    folder = copy_project(tmp_path / "project")
    (folder / "together.yaml").write_text(CONFIG, encoding="utf-8")
    run = snakemake(folder, "--cores", "2", *TRAIN)
    assert run.returncode == 0, run.stdout[-3000:]
    results = folder / "results" / "together"
    checkpoint = load_checkpoint(results / "checkpoints/adversarial/seed_0/epoch_001.pt")
    assert checkpoint.determinism["processes"] == 2
    assert not list(results.glob("checkpoints/*/*/resume"))
    log = (results / "logs/train_segment/adversarial/seed_0/epoch_001.log").read_text(encoding="utf-8")
    assert log.startswith("adversarial seed 0 · epoch 1/1 · loss ")
    assert len(log.splitlines()) == 1, "each process told it, or the launcher had something to say"
    record = json.loads((results / "provenance/train_segment/adversarial/seed_0/epoch_001.json").read_bytes())
    assert record["torch"]["threads"] == 1

    (folder / "together.yaml").write_text(CONFIG.replace("processes: 2", "processes: 1"), encoding="utf-8")
    alone = snakemake(folder, "-n", "--cores", "2", *TRAIN)
    assert alone.returncode == 0, alone.stdout[-3000:]
    assert "train_segment" not in jobs(alone.stdout), "another number of processes trains nothing anew"


def test_a_network_on_so_many_gpus_asks_for_them(tmp_path: Path) -> None:
    folder = copy_project(tmp_path / "project")
    (folder / "together.yaml").write_text(CONFIG, encoding="utf-8")
    # Snakemake shows what a job asks for only where the rule has no message of its own.
    rules = folder / "rules" / "training.smk"
    text = re.sub(r" +message:\n +\"Training .*\n", "", rules.read_text(encoding="utf-8"))
    rules.write_text(text, encoding="utf-8")
    run = snakemake(folder, "-n", "--cores", "8", "--resources", "gpu=4", *TRAIN, "--config", "device=cuda")
    assert run.returncode == 0, run.stdout[-3000:]
    words = run.stdout.split("rule train_segment:", 1)[1].split("\n\n")[0]
    assert "gpu=2" in words
    assert "mem_mb=12000" in words
    assert "threads: 2" in words
