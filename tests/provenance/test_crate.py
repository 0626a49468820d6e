"""The RO-Crate of a run: valid, with hashes, credits and versions, deterministic, without personal data."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from made_products import Products, make_products
from robust_style.files.digest import sha256_of_file
from robust_style.provenance.crate import ROOT, copy_workflow
from rule_script import run_script
from validated import validate

IMAGES = {
    "rocket": {"title": "A rocket", "author": "Space <X>", "year": "2015", "licence": "CC0 1.0"},
    "flow_field": {"title": "A field", "author": "unknown", "year": "", "licence": ""},
}


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Products:
    products = make_products(tmp_path_factory.mktemp("crate") / "results")
    images = products.results / "data" / "images"
    images.mkdir()
    (products.results / "images" / "rocket.png").rename(images / "rocket.png")
    (products.results / "images" / "flow_field.png").rename(images / "flow_field.png")
    products.write_manifest()
    assert products.check().code == 0
    os.utime(products.manifest, (1_790_000_000, 1_790_000_000))
    write(products)
    return products


def write(products: Products) -> bytes:
    crate = products.results / "ro-crate-metadata.json"
    end = run_script(
        "write_crate",
        products.results.parent / "write_crate.log",
        input={"manifest": products.manifest, "provenance": products.provenance, "check": products.verdict},
        output={"workflow": products.results / "workflow", "crate": crate},
        params={"images": json.dumps(IMAGES), "snakemake": "9.27.1"},
    )
    assert end.code == 0, end.log
    return crate.read_bytes()


@pytest.fixture(scope="module")
def entities(products: Products) -> dict[str, dict[str, Any]]:
    graph = json.loads((products.results / "ro-crate-metadata.json").read_bytes())["@graph"]
    return {entity["@id"]: entity for entity in graph}


@pytest.mark.nightly  # the validator takes 10 s
def test_it_is_a_workflow_run_crate(products: Products, tmp_path: Path) -> None:
    report = validate(products.results, tmp_path)
    assert report["passed"], report["issues"]


def test_the_same_results_give_the_same_bytes(products: Products) -> None:
    before = (products.results / "ro-crate-metadata.json").read_bytes()
    assert write(products) == before
    assert b'"endTime": "2026-09-21T14:13:20+00:00"' in before


def test_hashes_are_those_of_the_files(entities: dict[str, dict[str, Any]], products: Products) -> None:
    hashed = {name: entity["sha256"] for name, entity in entities.items() if "sha256" in entity}
    assert {"scores.tsv", "claims.tsv", "manifest.tsv", "provenance/run.json", "figures/claims_forest.png"} <= set(
        hashed
    )
    assert all(sha256_of_file(products.results / name) == digest for name, digest in hashed.items())


def test_each_image_has_its_credits(entities: dict[str, dict[str, Any]]) -> None:
    rocket, field = entities["data/images/rocket.png"], entities["data/images/flow_field.png"]
    assert entities[rocket["license"]["@id"]]["name"] == "CC0 1.0"
    assert entities[rocket["creator"]["@id"]]["name"] == "Space <X>"
    assert entities[field["license"]["@id"]]["name"] == "not stated"
    assert "creator" not in field


def test_versions_authors_and_terms(entities: dict[str, dict[str, Any]]) -> None:
    main = entities["workflow/Snakefile"]
    assert entities[main["programmingLanguage"]["@id"]]["version"] == "9.27.1"
    assert entities["#software-numpy"]["softwareVersion"]
    assert entities[main["author"]["@id"]]["name"] == "The robust-style authors"
    assert "CIFAR-10" in entities[entities["./"]["license"]["@id"]]["description"]
    assert "agent" not in entities["#run"]


def test_the_code_is_copied_and_the_configuration_is_not(products: Products) -> None:
    copied = {
        path.relative_to(products.results / "workflow").as_posix()
        for path in (products.results / "workflow").rglob("*")
        if path.is_file()
    }
    assert {"Snakefile", "rules/check.smk", "workflow_scripts/stylize.py", "LICENSE", "envs/train.yaml"} <= copied
    assert {"workflow_scripts/robust_style/py.typed", "workflow_scripts/robust_style/page/page.js"} & copied
    assert not [name for name in copied if name.startswith(("config", "results", "tests")) or "__pycache__" in name]
    for name in copied:
        assert (products.results / "workflow" / name).read_bytes() == (ROOT / name).read_bytes()


def test_nothing_of_an_older_copy_is_left(tmp_path: Path) -> None:
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "old.py").write_text("old")
    copy_workflow(tmp_path / "workflow")
    assert not (tmp_path / "workflow" / "old.py").exists()
