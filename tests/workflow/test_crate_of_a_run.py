"""The records of a finished run: one per job, a manifest with the record of each product, a valid crate."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import ROOT, Finished, environment
from robust_style.provenance.job import JobRecord
from robust_style.provenance.manifest import load_manifest
from validated import offline, validate

pytestmark = pytest.mark.workflow

PAGE = (ROOT / "docs" / "provenance.md").read_text(encoding="utf-8")
COMMANDS = [
    command for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for command in block.strip().splitlines()
]
# Recommended, and left out for the reasons that the page gives.
LEFT_OUT = {
    "SHOULD have a url", "id SHOULD be an absolute URI", "README.md SHOULD", "SHOULD have an agent", "`publisher`",
    "organization SHOULD have a URL",
}  # fmt: skip


def test_every_product_has_a_record_and_every_kind_of_job_left_one(finished: Finished) -> None:
    check = json.loads((finished.results / "check.json").read_text(encoding="utf-8"))
    assert check["products_with_record"] == check["products"] > 100
    rows = load_manifest(finished.results / "manifest.tsv")
    makers = {row.path: JobRecord.load(finished.results / row.record).rule for row in rows if row.record}
    assert makers["scores.tsv"] == "collect_scores"
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (finished.results / "provenance").rglob("*.json")
        if path.name != "run.json"
    ]
    logs = list((finished.results / "logs").rglob("*.log"))
    assert len(records) == len(logs), "one per job"
    with_torch = {
        record["rule"] for record in records if record["torch"] and record["torch"]["deterministic_algorithms"]
    }
    assert with_torch == {
        "initialise_network", "train_segment", "evaluate_checkpoint", "stylize", "reconstruct", "score_stylization",
        "score_controls",
    }  # fmt: skip
    light = {record["rule"] for record in records if record["torch"] is None}
    assert {"prepare_dataset", "prepare_image", "collect_scores", "draw_overview", "write_manifest"} <= light
    assert {record["torch"]["threads"] for record in records if record["rule"] in with_torch} == {1}


def test_the_crate_is_valid_and_lacks_only_the_recommendations_that_the_page_names(
    finished: Finished, tmp_path: Path
) -> None:
    issues = {issue["message"] for issue in validate(finished.results, tmp_path, "recommended")["issues"]}
    assert not {message for message in issues if not any(words in message for words in LEFT_OUT)}


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 5


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_s_commands_run(finished: Finished, tmp_path: Path, command: str) -> None:
    run = command.replace("config/demo.yaml", "config/miniature.yaml").replace("results/demo", "results/miniature")
    if run.startswith("rocrate-validator"):
        run += " --no-paging " + " ".join(offline(tmp_path))
    folder = finished.results if "manifest.tsv" in run else finished.folder
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", run], cwd=folder, env={**environment(), "PATH": path}, text=True,
        check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1500,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-4000:]
