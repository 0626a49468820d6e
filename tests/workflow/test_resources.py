"""Estimates of time, disk and memory: they grow as they should, and memory covers what was measured."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from torch.optim import LBFGS

from merged_config import CONFIG, changed, merged
from robust_style.errors import ConfigError
from robust_style.transfer.optimisers.lbfgs import HISTORY
from robust_style.workflow import resources
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.experiment import pairs_per_job
from robust_style.workflow.resources import (
    TWO_CORES,
    announced_duration,
    largest_size_px,
    needed_bytes,
    painting_bytes,
    painting_mb,
    run_hours,
)

THEIRS = {"architecture": "vgg19", "regime": "adversarial", "source": "a", "sha256": "0" * 64, "epoch": 9}
STANDARD = {"architecture": "vgg19", "regime": "standard"}


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "accelerator", lambda: None)


def check(changes: dict[str, Any], *names: str) -> dict[str, Any]:
    return check_configuration(changed({"expected": {}, **changes}, *names), CONFIG / "schema.yaml")


def hours(**changes: Any) -> float:
    return run_hours(check({"device": "cpu"} | {key.replace("__", "."): value for key, value in changes.items()}))


def test_the_published_experiment_takes_days_and_the_demo_minutes() -> None:
    assert 300 < hours() < 2000
    demo = check({}, "config", "demo")
    assert 2 <= int(announced_duration(demo).split("roughly ")[1].split(" minutes")[0]) <= 10


def test_time_is_proportional_to_seeds_and_passes() -> None:
    assert hours(seeds=[0, 1, 2]) == pytest.approx(hours() / 2)
    more = 6 * 20 * 100 * 50_000 * TWO_CORES.per_image / 3600
    assert hours(networks__standard__passes_per_epoch=21) == pytest.approx(hours() + more)
    assert hours(evaluation__monitor_images=1_000_000) == hours(evaluation__monitor_images=10_000)
    engine = {"networks__adversarial__engine": "robustness", "training__crop_padding": 4}
    assert 1.2 * hours() < hours(**engine) < 3.6 * hours()


def test_networks_that_are_not_trained_cost_their_pictures_only() -> None:
    """Five checkpoints paint five times what one does; an imported network has one, whatever the seeds."""
    fair = {"transfer__recipes": {"fair": {}}, "seeds": [0]}
    one = hours(networks={"control": {"architecture": "vgg19", "regime": "untrained"}}, **fair)
    assert hours(networks={"theirs": THEIRS}, **fair | {"seeds": [0, 1, 2]}) == pytest.approx(one)
    monitored = 1000 * 10 * TWO_CORES.per_attack_step
    training = 100 * (50_000 * TWO_CORES.per_image + monitored) / 3600
    assert hours(networks={"standard": STANDARD}, **fair) == pytest.approx(5 * one + training)


@pytest.mark.parametrize(("architecture", "low", "high"), [("resnet18", 1.3, 1.6), ("resnet50", 3.0, 3.7)])
def test_architectures_cost_what_they_compute(architecture: str, low: float, high: float) -> None:
    network = STANDARD | {"architecture": architecture}
    assert low < hours(networks={"standard": network}) / hours(networks={"standard": STANDARD}) < high


def test_larger_images_cost_as_their_pixels() -> None:
    folder = {"name": "folder", "path": "a", "train_size": 3_000_000, "test_size": 1000}
    config = [check({"dataset": folder | {"size_px": px}, "evaluation.images": None}) for px in (32, 64)]
    assert run_hours(config[1]) / run_hours(config[0]) == pytest.approx(4, rel=0.05)
    assert needed_bytes(config[1]) - needed_bytes(config[0]) == pytest.approx(3 * (64**2 - 32**2) * 3_001_000)


def test_reconstructions_cost_little() -> None:
    none, last, all_of_them = (hours(reconstruction__checkpoints=choice) for choice in ("none", "last", "all"))
    assert none < last < all_of_them < 1.02 * none
    assert all_of_them - none == pytest.approx(5 * (last - none))


def test_a_recipe_costs_the_checkpoints_that_paint_with_it() -> None:
    """Of 5 checkpoints `ends` are 3."""
    one = {"transfer.recipes": {"fair": {}}, "reconstruction.checkpoints": "none"}
    configs = {key: check(one | {"transfer.recipes.fair.checkpoints": key}) for key in ("all", "ends", "last")}
    for estimate in (run_hours, needed_bytes):
        every, ends, last = (estimate(configs[key]) for key in ("all", "ends", "last"))
        assert every - last == pytest.approx(2 * (every - ends))
        assert last < every


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_days_on_a_cpu_are_refused(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = check({"device": device})
    with pytest.raises(ConfigError, match=r"days.*make demo.*device: cpu"):
        resources.refuse_days_on_cpu(config)
    resources.refuse_days_on_cpu(config | {"device": "cpu"})
    resources.refuse_days_on_cpu(check({"device": "auto"}, "config", "demo"))
    monkeypatch.setattr(resources, "accelerator", lambda: "NVIDIA H100 80GB HBM3")
    resources.refuse_days_on_cpu(config)


def test_hours_are_named_for_the_gpu_that_is_found_and_for_what_costs_less(monkeypatch: pytest.MonkeyPatch) -> None:
    def duration(gpu: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(resources, "accelerator", lambda: gpu)
        first, *less = announced_duration(check({}), check({}, "config", "short")).splitlines()
        assert gpu in first or "an H100" in first
        return int(first.split("roughly ")[1].split(" hours")[0]), less

    h100, less = duration("NVIDIA H100 80GB HBM3")
    assert 4 <= h100 <= 12  # a night
    assert duration("Accelerator of the future")[0] == h100
    assert duration("NVIDIA A100-SXM4-40GB")[0] > 1.5 * h100
    assert duration("NVIDIA RTX A1000")[0] == h100, "no A100"
    assert [next(word for word in ("one seed", "fair and matched", "short.yaml") if word in line) for line in less] == [
        "one seed", "fair and matched", "short.yaml",
    ]  # fmt: skip
    assert len(announced_duration(check({}, "config", "demo")).splitlines()) == 1


def test_without_a_gpu_pairs_are_painted_one_by_one() -> None:
    def number(**changes: Any) -> int:
        return pairs_per_job(check({key.replace("__", "."): value for key, value in changes.items()}))

    assert (number(device="cpu"), number(device="cuda"), number()) == (1, 17, 17)
    assert number(transfer__size_px=1024) == 5  # 5 + 5 + 5 + 2 of at most 5
    assert number(transfer__pairs_per_job=3, device="cpu") == 3


@pytest.mark.parametrize(
    ("answer", "status", "name"),
    [("GPU 0: NVIDIA H100 (UUID: 1)", 0, "NVIDIA H100"), ("No devices were found", 0, None), ("GPU", 9, None)],
)
def test_the_driver_is_asked_for_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, name: str | None
) -> None:
    monkeypatch.undo()
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert resources.accelerator() == name


def test_disk_space_grows_with_seeds() -> None:
    miniature = merged("config", "miniature")
    config = check_configuration(miniature, CONFIG / "schema.yaml")
    assert needed_bytes(config | {"seeds": [0, 1, 2]}) > 1.2 * needed_bytes(config)
    assert 20e9 < needed_bytes(check({})) < 200e9


# MB of a process that painted one square picture in float32, as measured.
@pytest.mark.parametrize(("size_px", "measured_mb"), [(256, 700), (512, 1117), (1024, 2634)])
def test_memory_of_a_job_covers_what_was_measured(size_px: int, measured_mb: int) -> None:
    assert measured_mb < painting_mb(size_px, 1) < 4 * measured_mb


def test_memory_of_a_job_grows_with_maps_pictures_and_history() -> None:
    blocks = [{"architecture": name, "width": width} for name, width in (("vgg11", 0.1), ("resnet50", 0.5))]
    assert painting_mb(512, 1, blocks[:1]) == painting_mb(512, 1)
    assert painting_mb(512, 1, blocks) > 3 * painting_mb(512, 1)
    one = painting_mb(512, 1) - painting_mb(0, 1)
    assert painting_mb(512, 3) == pytest.approx(painting_mb(512, 1) + 2 * one, abs=2)
    torch_history = inspect.signature(LBFGS).parameters["history_size"].default
    assert (resources.HISTORY_STEPS["lbfgs"], resources.HISTORY_STEPS["lbfgs_unguarded"]) == (HISTORY, torch_history)
    more = painting_mb(512, 4, optimiser="lbfgs_unguarded") - painting_mb(512, 4)
    assert more == pytest.approx(4 * (torch_history - HISTORY) * 2 * 3 * 4 * 1.5 * 512**2 / 2**20, abs=2)


# Architecture, width, size of picture and style, optimiser, MB over the loaded network at the peak, as measured.
@pytest.mark.parametrize(
    ("architecture", "width", "size_px", "style_px", "optimiser", "measured_mb"),
    [
        ("vgg19", 1.0, 512, 512, "lbfgs", 751),
        ("vgg19", 0.125, 512, 512, "lbfgs_unguarded", 836),
        ("vgg19", 0.25, 512, 512, "adam", 343),
        ("resnet50", 0.25, 256, 256, "lbfgs", 369),
        ("densenet121", 0.25, 256, 256, "lbfgs", 661),
        ("mobilenet_v2", 0.5, 256, 256, "lbfgs", 534),
        ("vgg19", 1.0, 128, 768, "lbfgs", 436),
    ],
)
def test_memory_of_one_picture_covers_what_was_measured(
    architecture: str, width: float, size_px: int, style_px: int, optimiser: str, measured_mb: int
) -> None:
    parts = painting_bytes(size_px**2, style_px**2, architecture=architecture, width=width, optimiser=optimiser)
    assert measured_mb < sum(parts) / 2**20 < 1.6 * measured_mb


def test_the_largest_size_that_fits() -> None:
    assert largest_size_px(512, 10, 512**2, 10 + 256**2, 16) == 256
    assert largest_size_px(512, 10, 512**2, 9 + 256**2, 16) == 240
    assert largest_size_px(512, 10, 512**2, 10, 16) is None
