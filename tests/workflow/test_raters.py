"""Raters: which network rates which pictures, and what a run with two seeds and an ImageNet network makes of it."""

import csv
import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch
import yaml

from checkout import MINIATURE, copy_project, jobs, snakemake
from merged_config import CONFIG, merged
from robust_style.model.compat import import_torchvision_squeezenet
from robust_style.workflow.raters import has_raters, held_out_raters
from robust_style.workflow.settings import checked


def configuration(**changes):
    return checked(merged("config") | changes, CONFIG / "schema.yaml")


def test_networks_of_the_next_seed_rate_and_those_of_the_first_rate_the_last() -> None:
    config = configuration(seeds=[4, 1, 7])
    assert held_out_raters(config, 4) == {"standard": ("standard", 1, 100), "adversarial": ("adversarial", 1, 100)}
    assert held_out_raters(config, 7) == {"standard": ("standard", 4, 100), "adversarial": ("adversarial", 4, 100)}


def test_there_are_no_raters_with_one_seed_or_when_switched_off() -> None:
    assert not has_raters(configuration(seeds=[3]))
    assert not has_raters(configuration(seeds=[3, 4], raters={"held_out": False}))
    assert has_raters(configuration(seeds=[3, 4]))
    eye = {"source": "a.pth", "sha256": "0" * 64}
    assert has_raters(configuration(seeds=[3], raters={"squeezenet": eye}))


def test_imported_networks_do_not_rate() -> None:
    config = merged("config") | {"seeds": [0, 1]}
    stranger = {"architecture": "vgg19", "regime": "standard", "source": "a.pt", "sha256": "0" * 64, "epoch": 101}
    config["networks"] = {"theirs": stranger, "adversarial": config["networks"]["adversarial"]}
    config["expected"] = {}
    assert set(held_out_raters(checked(config, CONFIG / "schema.yaml"), 0)) == {"adversarial"}


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
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert len(rows) == 8
    for row in rows:
        for measure in ("content_perceptual_distance", "style_gram_distance"):
            assert float(row[measure]) > 0
        for regime in ("standard", "adversarial"):
            assert float(row[f"rater_{regime}_style_distance"]) > 0
    with (results / "claims.tsv").open(encoding="utf-8", newline="") as stream:
        claims = {row["claim"]: row["verdict"] for row in csv.DictReader(stream, delimiter="\t")}
    assert claims["better_to_imagenet_eyes"] == claims["better_to_standard_eyes"] == "undecided (n = 2 seeds)"
    # One seed more paints nothing anew; pictures rated by the first seed have another rater now.
    (project / "more.yaml").write_text("seeds: [0, 1, 2]\n", encoding="utf-8")
    planned = jobs(snakemake(project, "-n", *MINIATURE, "rated.yaml", "more.yaml", "--until", "judge_claims").stdout)
    assert planned["stylize"] == 4
    assert planned["rate_pictures"] == 4
