"""Our rules as a module of somebody else's workflow: the page's own words, run in a folder of their own."""

import re
from pathlib import Path

import pytest
import yaml

from checkout import ROOT, copy_project, jobs, snakemake
from merged_config import merged
from robust_style.files.checkpoint import load_checkpoint

PAGE = (ROOT / "docs" / "reuse.md").read_text(encoding="utf-8")
SNAKEFILE, CONFIG = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[0] for kind in ("snakemake", "yaml"))
TINY = ("--configfile", "config.yaml", "tiny.yaml")
TRAINING = {"prepare_dataset": 1, "prepare_image": 2, "check_inputs": 1, "initialise_network": 1, "train_segment": 2}


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Somebody's folder: the page's Snakefile and configuration, the sizes of the miniature, and a clone of ours."""
    folder = tmp_path / "somebody's"
    copy_project(folder / "robust-style")
    (folder / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    small = {key: merged("miniature")[key] for key in ("device", "dataset", "training", "evaluation")}
    small["networks"] = {"gentle": {"width": 0.125, "step_size": 0.25, "steps": 1}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump({"robust_style": small}), encoding="utf-8")
    return folder


def planned(folder: Path, *changes: tuple[str, str]) -> dict[str, int]:
    """The jobs of a dry run, after changes of text to the Snakefile."""
    text = SNAKEFILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    run = snakemake(folder, "-n", *TINY)
    assert run.returncode == 0, run.stdout[-3000:]
    return {name: count for name, count in jobs(run.stdout).items() if name != "all"}


@pytest.mark.workflow
def test_trained_in_a_workflow_of_somebody_else_s(theirs: Path) -> None:
    run = snakemake(theirs, "--cores", "1", *TINY)
    assert run.returncode == 0, run.stdout[-4000:]
    assert jobs(run.stdout) == {"all": 1} | {f"painter_{name}": count for name, count in TRAINING.items()}
    results = theirs / "results" / "painter"
    checkpoint = load_checkpoint(results / "checkpoints" / "gentle" / "seed_0" / "epoch_002.pt")
    assert (checkpoint.network, checkpoint.regime, checkpoint.epoch) == ("gentle", "adversarial", 2)
    assert checkpoint.settings["network"]["epsilon"] == 0.25
    assert {path.name for path in results.iterdir()} == {"benchmarks", "checkpoints", "data", "logs"}
    assert {path.name for path in theirs.iterdir()} == {
        ".snakemake", "Snakefile", "config.yaml", "results", "robust-style", "tiny.yaml",
    }  # fmt: skip
    assert not (theirs / "robust-style" / "results").exists()
    assert jobs(snakemake(theirs, "-n", *TINY).stdout) == {}


@pytest.mark.workflow
def test_with_a_prefix_and_with_single_rules(theirs: Path) -> None:
    variables = SNAKEFILE.split("    pathvars:\n")[1].split("\n\n")[0]
    prefixed = planned(
        theirs,
        ("    pathvars:\n" + variables, '    prefix:\n        "painter"'),
        ("results/painter/checkpoints", "painter/results/checkpoints"),
    )
    assert prefixed == {f"painter_{name}": count for name, count in TRAINING.items()}
    words = re.findall(r"`(use rule [^`*]+)`", PAGE)
    assert planned(theirs, ("use rule * from robust_style as painter_*", words[0])) == TRAINING


@pytest.mark.workflow
def test_their_mistakes_and_their_images(theirs: Path) -> None:
    header = (ROOT / "config" / "images.tsv").read_text(encoding="utf-8").splitlines()[0]
    (theirs / "ours.tsv").write_text(f"{header}\n" + "\t".join(["dog", "both", "dog.png", *[""] * 5]) + "\n")
    (theirs / "dog.png").write_bytes((ROOT / "report" / "demo_overview.png").read_bytes())
    pairs = [{"content": "dog", "style": "voronoi_mosaic"}]
    block = {"images": ["config/images.tsv", "ours.tsv"], "transfer": {"pairs": pairs}}
    (theirs / "own.yaml").write_text(yaml.safe_dump({"robust_style": block}), encoding="utf-8")
    run = snakemake(theirs, "-n", *TINY, "own.yaml")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "Preparing the image dog" in run.stdout
    for change, message in (
        ("{epochen: 3}", "epochen: no such key"),
        ("{training: {epochs: 3, checkpoint_every: 2}}", "training.epochs: 3 is no multiple"),
        ("{device: cuda, dataset: {name: cifar10}}", "cuda"),
    ):
        (theirs / "mistake.yaml").write_text(f"robust_style: {change}\n", encoding="utf-8")
        run = snakemake(theirs, "--cores", "1", *TINY, "mistake.yaml")
        assert run.returncode != 0
        assert message in run.stdout
        assert "Traceback" not in run.stdout
