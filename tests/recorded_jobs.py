"""Every rule's jobs as Snakemake gives them to the scripts, written down by scripts that do nothing else.

Beside what the miniature has, there are two imported networks, a blend, a judge and an archive, so that all rules run;
`benchmark_training` takes minutes at the size of its rule and is described by hand.
"""

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
import yaml

from checkout import MINIATURE, copy_project, snakemake
from cifar_archive import binary_members, random_batches, write_archive
from robust_style.model.compat import import_torchvision_squeezenet
from robust_style.model.network import build_network

Job = dict[str, Any]
SHAPE = {"architecture": "vgg19", "width": 0.125}

# Every script of the copy. Snakemake starts a job when those before it have ended, so the clock gives their order.
RECORDER = """
import json, pathlib, time

def named(files):
    return {name: value if isinstance(value, str) else list(value) for name, value in files.items()}

for path in map(pathlib.Path, snakemake.output):
    path.touch() if path.suffix else path.mkdir()
with open(f"recorded/{time.time_ns()}.json", "w", encoding="utf-8") as stream:
    job = {
        "rule": snakemake.rule,
        "log": snakemake.log[0],
        "arguments": {
            "input": named(snakemake.input) or {"files": list(snakemake.input)},
            "output": named(snakemake.output),
            "params": dict(snakemake.params.items()),
            "wildcards": dict(snakemake.wildcards.items()),
            "config": snakemake.config,
            "threads": snakemake.threads,
        },
    }
    json.dump(job, stream)
"""


def record_jobs(folder: Path) -> list[Job]:
    """All jobs in the order of their starts; `folder` is made, and holds what they begin with."""
    copy_project(folder)
    for script in (folder / "workflow_scripts").glob("*.py"):
        script.write_text(RECORDER, encoding="utf-8")
    (folder / "recorded").mkdir()
    _write_configuration(folder)
    whole = (*MINIATURE, "whole.yaml")
    for arguments in (whole, (*whole, "archive.yaml", "--", "results/archive/data/cifar10.npz")):
        run = snakemake(folder, "--cores", "2", "--resources", "gpu=1", *arguments)
        assert run.returncode == 0, run.stdout[-6000:]
    jobs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "recorded").iterdir())]
    shutil.rmtree(folder / "results")
    return [*jobs, _benchmark(jobs[-1]["arguments"]["config"])]


def _write_configuration(folder: Path) -> None:
    """Two files on top of the miniature, and the network, the judge and the archive that they name."""
    torch.save({"net": build_network("vgg19", 0.125, 10, seed=9).state_dict()}, folder / "theirs.pth")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        torch.save(import_torchvision_squeezenet().squeezenet1_0(weights=None).state_dict(), folder / "eye.pth")
    write_archive(folder / "archive.tar.gz", binary_members(random_batches(50)))
    theirs = {**SHAPE, "regime": "standard", "source": "theirs.pth", "sha256": _sha256(folder / "theirs.pth")}
    blend = [{"image": "voronoi_mosaic"}, {"image": "flow_field", "weight": 2}]
    whole = {
        "training": {"epochs": 1},
        # three, for the figure over networks
        "networks": {"standard": None, "theirs": {**theirs, "epoch": 1}, "another": {**theirs, "epoch": 1}},
        "transfer": {"blends": {"mixed": blend}, "pairs": [{"content": "astronaut", "style": "mixed"}]},
        "raters": {"squeezenet": {"source": "eye.pth", "sha256": _sha256(folder / "eye.pth")}},
    }
    archive = {
        "pathvars": {"results": "results/archive"},
        "dataset": {
            "name": "cifar10", "archive": "archive.tar.gz", "sha256": _sha256(folder / "archive.tar.gz"),
        },
    }  # fmt: skip
    for name, config in (("whole", whole), ("archive", archive)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _benchmark(config: dict[str, Any]) -> Job:
    """The job that is not part of `all`; its script runs whole, what it calls gets other sizes."""
    smaller = {"width": 0.0625, "batch_size": 4, "steps": 1, "rounds": 1}
    return {
        "rule": "benchmark_training",
        "log": "results/benchmark.log",
        "arguments": {"output": {"table": "results/training_step.tsv"}, "config": config},
        "instead": {"module": "robust_style.benchmark.training_step", "arguments": smaller},
    }


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
