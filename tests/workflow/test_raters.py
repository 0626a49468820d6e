"""A run with two seeds, SqueezeNet and networks of the other seed as raters."""

import csv
import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch
import yaml

from checkout import MINIATURE, copy_project, jobs, snakemake
from robust_style.model.compat import import_torchvision_squeezenet


@pytest.mark.workflow
def test_rated_from_training_to_claims(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "robust-style")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        torch.save(import_torchvision_squeezenet().squeezenet1_0(weights=None).state_dict(), project / "eye.pth")
    changes = {
        "seeds": [0, 1],
        "training": {"epochs": 1},
        "transfer": {"recipes": {"original": None}},
        "raters": {
            "squeezenet": {"source": "eye.pth", "sha256": sha256((project / "eye.pth").read_bytes()).hexdigest()}
        },
    }
    (project / "rated.yaml").write_text(yaml.safe_dump(changes), encoding="utf-8")
    command = (*MINIATURE, "rated.yaml", "--cores", "2", "--resources", "gpu=1")
    run = snakemake(project, *command, "--until", "judge_claims")
    assert run.returncode == 0, run.stdout[-4000:]
    results = project / "results" / "miniature"
    assert len(json.loads((results / "ratings/standard/seed_1.json").read_text())) == 2
    with (results / "scores.tsv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["regime"] != "control"]
    assert len(rows) == 8
    for row in rows:
        for measure in ("content_perceptual_distance", "style_gram_distance"):
            assert float(row[measure]) > 0
        for regime in ("standard", "adversarial"):
            assert float(row[f"rater_{regime}_style_distance"]) > 0
    with (results / "claims.tsv").open(encoding="utf-8", newline="") as stream:
        claims = {row["claim"]: row["verdict"] for row in csv.DictReader(stream, delimiter="\t")}
    assert claims["better_by_squeezenet"] == claims["better_by_standard_rater"] == "unclear (n = 2 seeds)"
    # One seed more paints nothing anew; pictures rated by the first seed have another rater now.
    (project / "more.yaml").write_text("seeds: [0, 1, 2]\n", encoding="utf-8")
    planned = jobs(snakemake(project, "-n", *MINIATURE, "rated.yaml", "more.yaml", "--until", "judge_claims").stdout)
    assert planned["stylize"] == 4
    assert planned["rate_pictures"] == 4
