"""A run that would take days on a CPU is stopped with the estimate and the ways on."""

from pathlib import Path

import pytest

from merged_config import CONFIG, merged
from robust_style.errors import ConfigError
from robust_style.workflow import cost
from robust_style.workflow.settings import checked


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "accelerator_present", lambda: False)


def test_published_experiment_is_days() -> None:
    hours = cost.cpu_hours(checked(merged("config"), CONFIG / "schema.yaml"))
    assert 60 < hours < 1000


def test_it_grows_with_seeds_and_epochs() -> None:
    config = checked(merged("config"), CONFIG / "schema.yaml")
    one = cost.cpu_hours(config)
    config["seeds"] = [0, 1, 2]
    assert cost.cpu_hours(config) == pytest.approx(3 * one)


def test_the_library_s_engine_takes_longer() -> None:
    config = checked(merged("config"), CONFIG / "schema.yaml")
    ours = cost.cpu_hours(config)
    config["networks"]["adversarial"]["engine"] = "robustness"
    assert 1.2 * ours < cost.cpu_hours(config) < 3.6 * ours


def test_what_to_expect_is_said_where_the_cpu_works(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = checked(merged("config", "demo"), CONFIG / "schema.yaml")
    words = cost.estimate(demo)
    assert words is not None
    minutes = int(words.split("roughly ")[1].split(" minutes")[0])
    assert 2 <= minutes <= 10
    assert "days" in (cost.estimate(checked(merged("config"), CONFIG / "schema.yaml")) or "")
    monkeypatch.setattr(cost, "accelerator_present", lambda: True)
    assert cost.estimate(demo) is not None, "on the CPU on purpose"
    assert cost.estimate(demo | {"device": "auto"}) is None


def test_networks_that_are_not_trained_cost_their_pictures_only() -> None:
    """Five checkpoints paint five times what one does; an imported network has one, whatever the seeds."""
    config = merged("config") | {"expected": {}}
    config["networks"] = {"control": {"architecture": "vgg19", "regime": "untrained"}}
    one = cost.cpu_hours(checked(config, CONFIG / "schema.yaml"))
    imported = {"architecture": "vgg19", "regime": "adversarial", "source": "a", "sha256": "0" * 64, "epoch": 9}
    config["networks"] = {"theirs": imported}
    config["seeds"] = [0, 1, 2]
    assert cost.cpu_hours(checked(config, CONFIG / "schema.yaml")) == pytest.approx(one)
    config["networks"] = {"standard": {"architecture": "vgg19", "regime": "standard"}}
    config["seeds"], config["training"]["epochs"] = [0], 100
    monitored = 1000 * 10 * cost.SECONDS_PER_ATTACK_STEP
    training = 100 * (50_000 * cost.SECONDS_PER_IMAGE + monitored) / 3600
    assert cost.cpu_hours(checked(config, CONFIG / "schema.yaml")) == pytest.approx(5 * one + training)


def test_architectures_cost_what_they_compute() -> None:
    """ResNet-18 has 1.4 times VGG19's operations on a small image, and 1.5 times those of a picture."""
    config = merged("config") | {"expected": {}}
    hours = {}
    for name in ("vgg19", "resnet18", "resnet50"):
        config["networks"] = {"standard": {"architecture": name, "regime": "standard"}}
        hours[name] = cost.cpu_hours(checked(config, CONFIG / "schema.yaml"))
    assert 1.3 < hours["resnet18"] / hours["vgg19"] < 1.6
    assert 3.0 < hours["resnet50"] / hours["vgg19"] < 3.7


def test_passes_count_like_epochs() -> None:
    """Of the training only: pictures and checkpoints stay as many."""
    config = checked(merged("config"), CONFIG / "schema.yaml")
    one = cost.cpu_hours(config)
    config["networks"]["standard"]["passes_per_epoch"] = 21
    more = 20 * 100 * 50_000 * cost.SECONDS_PER_IMAGE / 3600
    assert cost.cpu_hours(config) == pytest.approx(one + more)


def test_reconstructions_cost_little_and_none_nothing() -> None:
    config = checked(merged("config"), CONFIG / "schema.yaml")
    hours = {}
    for checkpoints in ("none", "last", "all"):
        config["reconstruction"]["checkpoints"] = checkpoints
        hours[checkpoints] = cost.cpu_hours(config)
    assert hours["none"] < hours["last"] < hours["all"] < 1.02 * hours["none"]
    # five checkpoints of each network are five times its last
    assert hours["all"] - hours["none"] == pytest.approx(5 * (hours["last"] - hours["none"]))
    config["reconstruction"] |= {"size_px": 512, "checkpoints": "last"}
    assert hours["last"] < cost.cpu_hours(config) < hours["none"] + 4 * (hours["last"] - hours["none"])


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_days_are_refused_with_the_ways_on(device: str) -> None:
    config = checked(merged("config"), CONFIG / "schema.yaml") | {"device": device}
    with pytest.raises(ConfigError) as caught:
        cost.refuse_days_on_cpu(config)
    for words in ("days", "make demo", "device: cpu"):
        assert words in str(caught.value)


def test_on_purpose_or_small_it_may_start() -> None:
    cost.refuse_days_on_cpu(checked(merged("config"), CONFIG / "schema.yaml") | {"device": "cpu"})
    cost.refuse_days_on_cpu(checked(merged("config", "demo"), CONFIG / "schema.yaml") | {"device": "auto"})


def test_a_gpu_that_is_there_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "accelerator_present", lambda: True)
    cost.refuse_days_on_cpu(checked(merged("config"), CONFIG / "schema.yaml"))


@pytest.mark.parametrize(
    ("answer", "status", "present"),
    [("GPU 0: NVIDIA", 0, True), ("No devices were found", 0, False), ("GPU", 9, False)],
)
def test_the_driver_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, present: bool
) -> None:
    monkeypatch.undo()
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert cost.accelerator_present() is present
