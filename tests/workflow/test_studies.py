"""Every study, whole and small: valid, planned by Snakemake, with claims about what is in it; and its command."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from checkout import copy_project, jobs, snakemake
from merged_config import merged
from robust_style.claims.claim import Claim, read_claim_blocks
from robust_style.claims.formula import PAIRED_REGIMES
from robust_style.data.catalogue import find_image
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.experiment import (
    ROLES,
    images_of_style,
    networks_by_architecture,
    networks_by_role,
    pairs,
)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config" / "studies"
WITHOUT_DOWNLOAD = ("nakano", "epsilon", "architectures", "artefacts", "schedule", "smoothing")
# Judged by config/claims.yaml.
PAINTING_ONLY = ("nakano_imagenet", "imagenet")
STUDIES = (*WITHOUT_DOWNLOAD, *PAINTING_ONLY)
FILES = {name: (f"studies/{name}",) for name in STUDIES} | {
    f"{name}_small": (f"studies/{name}", "studies/small", f"studies/{name}_small") for name in WITHOUT_DOWNLOAD
}


def study(name: str) -> dict[str, Any]:
    """The checked configuration of a study."""
    return check_configuration(merged("config", *FILES[name]), ROOT / "config" / "schema.yaml")


def claims_of(config: dict[str, Any]) -> list[Claim]:
    return read_claim_blocks([ROOT / path for path in config["claims"]])


def test_every_file_is_of_a_study() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml")}
    claims = {f"{name}_claims" for name in STUDIES}
    assert files == set(FILES) | claims | {"small"}


@pytest.mark.parametrize("name", FILES)
def test_a_study_is_valid_and_has_results_and_images_of_its_own(name: str) -> None:
    config = study(name)
    assert config["pathvars"]["results"] == f"results/studies/{name}"
    named = {image for content, style in pairs(config) for image in (content, *images_of_style(config, style))}
    sources = [find_image([ROOT / path for path in config["images"]], image).source for image in named]
    if name.endswith("_small"):
        assert config["device"] == "cpu"
        assert config["dataset"]["name"] == "phototiles"
        assert not any(source.startswith("http") for source in sources)
        assert not any("source" in network for network in config["networks"].values())
    elif name in WITHOUT_DOWNLOAD:
        assert len(config["seeds"]) >= 3, "one training decides no claim"
        assert not any("source" in network for network in config["networks"].values())


def test_the_study_of_imagenet_pairs_six_architectures_and_has_no_hash_to_fill_in() -> None:
    config = study("imagenet")
    paired = networks_by_architecture(config)
    assert len(paired) == 6
    for architecture, networks in paired.items():
        standard, robust = (config["networks"][networks[regime]] for regime in PAIRED_REGIMES)
        assert architecture.removeprefix("imagenet_") == networks["standard"]
        assert robust["source"] == standard["source"].replace("eps0", "eps3") != standard["source"]
    for name in PAINTING_ONLY:
        assert "0" * 64 not in (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["smoothing", "smoothing_small"])
def test_smoothing_crosses_training_architecture_and_softmax(name: str) -> None:
    config = study(name)
    networks, recipes = config["networks"], config["transfer"]["recipes"]
    kinds = {(network["regime"], network["architecture"]) for network in networks.values()}
    crossed = {(regime, net) for regime in ("standard", "adversarial") for net in ("vgg19", "resnet18")}
    assert kinds == crossed
    attacked = [network for network in networks.values() if network["regime"] == "adversarial"]
    without = [{key: value for key, value in network.items() if key != "architecture"} for network in attacked]
    assert without[0] == without[1], "the same attack"
    none, softmax = (recipes[recipe] for recipe in ("fair", "fair_softmax"))
    assert {key for key in none if none[key] != softmax[key]} == {"activation_smoothing"}
    assert len(recipes) == 2


def named(claim: Claim) -> tuple[set[str], set[str]]:
    """The networks and the recipes that a claim names."""
    contrasts = [condition.contrast for condition in claim.conditions]
    cells = [cell for contrast in contrasts for term in contrast.terms if term.paints for cell in term.cells]
    recipes = {claim.recipe, *(cell.recipe for cell in cells)} - {None}
    return {cell.network for cell in cells}, {str(recipe) for recipe in recipes}


@pytest.mark.parametrize("name", [*STUDIES, *(f"{name}_small" for name in WITHOUT_DOWNLOAD)])
def test_claims_are_about_networks_and_recipes_of_the_study(name: str) -> None:
    config = study(name)
    assert f"config/studies/{name.removesuffix('_small')}_claims.yaml" in config["claims"]
    for claim in claims_of(config):
        networks, recipes = named(claim)
        if claim.unit == "architectures":
            networks -= set(PAIRED_REGIMES)
            assert len(networks_by_architecture(config)) >= 3, "fewer decide nothing"
        own = claim.slug in read_slugs(name)
        assert networks <= set(networks_by_role(config)) | (set() if own else set(ROLES)), claim.slug
        if own and not name.endswith("_small"):
            assert recipes <= set(config["transfer"]["recipes"]), claim.slug


def read_slugs(name: str) -> set[str]:
    text = (FOLDER / f"{name.removesuffix('_small')}_claims.yaml").read_text(encoding="utf-8")
    return set(yaml.safe_load(text)["claims"])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which nothing was made yet."""
    return copy_project(tmp_path_factory.mktemp("studies") / "project")


@pytest.mark.workflow
@pytest.mark.parametrize("name", FILES)
def test_snakemake_plans_a_study(project: Path, name: str) -> None:
    # Of a whole one only the trainings: thousands of pictures take half a minute to plan.
    files = [f"config/{file}.yaml" for file in FILES[name]]
    target = ["--", "all"] if name.endswith("_small") else ["--", "draw_training_curves"]
    run = snakemake(project, "-n", "--quiet", "reason", "--configfile", *files, *target)
    assert run.returncode == 0, run.stdout[-3000:]
    planned = jobs(run.stdout)
    if name.endswith("_small"):
        assert planned["judge_claims"] == 1
        assert planned["draw_score_vs_robustness"] == 1
        assert sum(planned.values()) < 260, "minutes, not hours"
    elif name in WITHOUT_DOWNLOAD:
        assert planned["train_segment"] >= len(study(name)["seeds"]) * 3
    else:
        assert planned["import_network"] == len(study(name)["networks"])
        assert "train_segment" not in planned
        assert "fetch_dataset" not in planned


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of make, by itself even where `make --jobs 2 test` started the tests: no warning of a jobserver."""
    alone = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=alone, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "found"),
    [(("NAME=epsilom",), '"epsilom"'), ((), '""'), (("NAME=nakano_imagenet", "SMALL=1"), '"nakano_imagenet"')],
)
def test_a_wrong_name_gets_one_sentence_with_the_right_ones(arguments: tuple[str, ...], found: str) -> None:
    run = make("study", *arguments)
    assert run.returncode != 0
    assert len(run.stdout.strip().splitlines()) == 1, run.stdout
    assert f"found {found}" in run.stdout
    assert all(name in run.stdout for name in WITHOUT_DOWNLOAD)


def test_the_command_lays_the_files_on_one_another() -> None:
    run = make("--dry-run", "--old-file", ".venv/.ready", "study", "NAME=epsilon", "SMALL=1")
    files = " ".join(f"config/{file}.yaml" for file in FILES["epsilon_small"])
    assert re.search(rf"--configfile {files}", run.stdout), run.stdout
