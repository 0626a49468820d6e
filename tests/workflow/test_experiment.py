"""What a configuration asks for: dataset, checkpoints, pairs, reconstructions, roles, ratios, raters."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from robustness.tools.constants import RESTRICTED_IMAGNET_RANGES

from folder_of_images import write_folder
from merged_config import CONFIG, changed
from robust_style.data import image_folder
from robust_style.errors import ConfigError, DatasetError
from robust_style.workflow import experiment
from robust_style.workflow.configuration import check_configuration

UNTRAINED = {"architecture": "vgg19", "regime": "untrained"}
NOISE = {"architecture": "vgg19", "regime": "noise", "epsilon": 0.5}
LONGER = {"architecture": "vgg19", "regime": "standard", "passes_per_epoch": 21}
GENTLE = {"architecture": "vgg19", "regime": "adversarial", "constraint": "l2", "epsilon": 0.1, "step_size": 0.1,
          "steps": 3}  # fmt: skip
THEIRS = {"architecture": "vgg19", "regime": "adversarial", "source": "a.pt", "sha256": "0" * 64, "epoch": 76}
PAINTER = THEIRS | {"architecture": "imagenet_vgg19"}


@pytest.fixture(autouse=True)
def _no_folder_in_cache() -> Iterator[None]:
    image_folder._read.cache_clear()
    yield
    image_folder._read.cache_clear()


def check(**changes: Any) -> dict[str, Any]:
    """The checked configuration; `__` in the keys stands for a dot."""
    return check_configuration(changed({k.replace("__", "."): v for k, v in changes.items()}), CONFIG / "schema.yaml")


def test_sizes_of_datasets(tmp_path: Path) -> None:
    folder = {"name": "folder", "path": str(write_folder(tmp_path / "images"))}
    assert experiment.dataset_sizes(check()) == (50_000, 10_000)
    assert experiment.dataset_sizes(check(dataset=folder)) == (18, 9)
    assert experiment.dataset_sizes(check(dataset=folder | {"train_size": 6})) == (6, 9)
    assert experiment.dataset_sizes(check(dataset=folder | {"path": "no", "train_size": 6, "test_size": 3})) == (6, 3)
    assert [experiment.side_px(config) for config in (check(), check(dataset=folder))] == [32, 64]


def test_a_changed_image_of_a_folder_changes_its_fingerprint(tmp_path: Path) -> None:
    config = check(dataset={"name": "folder", "path": str(write_folder(tmp_path / "images"))})
    before = experiment.folder_fingerprint(config)
    (tmp_path / "images" / "train" / "crimson" / "000.JPEG").touch()
    image_folder._read.cache_clear()
    assert experiment.folder_fingerprint(config) not in (None, before)
    assert experiment.folder_fingerprint(check()) is None
    with pytest.raises(DatasetError, match="is missing"):
        experiment.folder_fingerprint(check(dataset={"name": "folder", "path": "nowhere"}))


def test_restricted_imagenet_has_the_classes_of_the_library() -> None:
    classes = yaml.safe_load((CONFIG / "restricted_imagenet.yaml").read_text(encoding="utf-8"))["dataset"]["classes"]
    sizes = sorted(len(folders) for folders in classes.values())
    assert sizes == sorted(last - first + 1 for first, last in RESTRICTED_IMAGNET_RANGES)
    assert all(folders == sorted(folders) for folders in classes.values())


def test_each_network_has_its_own_checkpoints() -> None:
    """Trained: all epochs of all seeds; untrained: epoch 0 of all seeds; imported: one, under the first seed."""
    config = check(seeds=[5, 2], networks__control=UNTRAINED, networks__madry=THEIRS)
    trained = [("standard", s, e) for s in (5, 2) for e in (0, 25, 50, 75, 100)]
    assert experiment.checkpoints(config) == [
        *trained, *[(name, s, e) for name in ("adversarial", "noise") for _, s, e in trained],
        ("control", 5, 0), ("control", 2, 0), ("madry", 5, 76),
    ]  # fmt: skip
    assert experiment.last_epochs(config) == {
        "standard": 100, "adversarial": 100, "noise": 100, "control": 0, "madry": 76,
    }  # fmt: skip
    assert [experiment.needs_autoattack(config, "standard", epoch) for epoch in (75, 100)] == [False, True]


def test_pairs_are_all_combinations_and_jobs_have_each_once() -> None:
    config = check(transfer__pairs_per_job=5)
    assert experiment.pairs(config)[0] == ("bigben", "the_scream")
    assert len(set(experiment.pairs(config))) == 17
    jobs = experiment.pairs_by_job(config)
    assert [len(job) for job in jobs] == [5, 5, 5, 2]
    assert [pair for job in jobs for pair in job] == experiment.pairs(config)


def test_a_blend_needs_its_images_and_masks() -> None:
    blends = {"both": [{"image": "the_scream", "weight": 2.0}, {"image": "starry_night", "mask": "left"}]}
    config = check(transfer__blends=blends)
    assert experiment.images_of_style(config, "both") == ["the_scream", "starry_night", "left"]
    assert experiment.images_of_style(config, "great_wave") == ["great_wave"]
    assert [name for name in ("the_scream", "left") if experiment.is_mask(config, name)] == ["left"]


def test_no_name_at_all_matches_nothing() -> None:
    assert re.fullmatch(experiment.one_of(["a", "b"]), "b")
    assert not any(re.fullmatch(f"(?P<network>{experiment.one_of([])})", name) for name in ("", "a", "!"))


@pytest.mark.parametrize(("choice", "count"), [("all", 90), ("last", 18), ("none", 0)])
def test_reconstructed_checkpoints(choice: str, count: int) -> None:
    config = check(reconstruction__checkpoints=choice)
    assert len(experiment.reconstructed_checkpoints(config)) == count
    assert bool(experiment.images_to_reconstruct(config)) == (count > 0)


def test_what_is_reconstructed() -> None:
    blends = {"both": [{"image": "the_scream"}, {"image": "op_art"}]}
    assert experiment.reconstructed_pair(check()) == ("bigben", "the_scream")
    config = check(transfer__blends=blends, reconstruction__style="both")
    assert experiment.images_to_reconstruct(config) == ["bigben", "the_scream", "op_art"]
    sizes = [check(), check(transfer__size_px=128), check(reconstruction__size_px=512)]
    assert [experiment.reconstruction_px(config) for config in sizes] == [256, 128, 512]


@pytest.mark.parametrize(
    ("networks", "roles"),
    [
        ({}, {"standard": "standard", "adversarial": "adversarial", "untrained": "standard"}),
        (
            {"gauss": NOISE, "longer": LONGER, "fresh": UNTRAINED},
            {"noise": "noise", "step_matched": "longer", "untrained": "fresh", "standard": "standard"},
        ),
        # A network's name is its own role, unless it is the word for a role.
        ({"gentle": GENTLE, "noise": UNTRAINED}, {"gentle": "gentle", "noise": None, "adversarial": "adversarial"}),
        # Networks with fewer checkpoints, or other names, come after.
        ({"a_stranger": THEIRS, "a_noise": NOISE}, {"adversarial": "adversarial", "noise": "noise"}),
        ({"standard": PAINTER}, {"standard": None}),
    ],
)
def test_roles(networks: dict[str, Any], roles: dict[str, str | None]) -> None:
    config = changed({"expected": {}, **{f"networks.{name}": block for name, block in networks.items()}})
    by_role = experiment.networks_by_role(check_configuration(config, CONFIG / "schema.yaml"))
    assert {role: by_role.get(role) for role in roles} == roles


def test_networks_by_architecture() -> None:
    """ImageNet's and CIFAR's are different; of a pair both are needed; step-matched and untrained ones do not count."""
    standard = PAINTER | {"regime": "standard"}
    config = check(
        seeds=[4], networks__robust=PAINTER, networks__plain=standard, networks__longer=LONGER, networks__old=UNTRAINED,
        networks__single=standard | {"architecture": "imagenet_vgg16"},
    )  # fmt: skip
    assert experiment.networks_by_architecture(config) == {
        "vgg19": {"standard": "standard", "adversarial": "adversarial"},
        "imagenet_vgg19": {"adversarial": "robust", "standard": "plain"},
    }
    with pytest.raises(ConfigError, match="adversarial and gentle are both adversarial networks of vgg19; take one"):
        experiment.networks_by_architecture(check(seeds=[4], networks__gentle=GENTLE))
    with pytest.raises(ConfigError, match="seeds: a claim has the unit architectures, but standard has 2 trainings"):
        experiment.networks_by_architecture(check(seeds=[4, 5]))


def test_epsilons_are_those_of_standard_and_adversarial_training() -> None:
    config = check(networks__noise=NOISE, networks__longer=LONGER, networks__theirs=THEIRS)
    assert experiment.training_epsilons(config) == {"standard": 0.0, "adversarial": 0.5}


@pytest.mark.parametrize(
    ("choice", "trained", "imported", "untrained"),
    [("all", [0, 25, 50, 75, 100], [76], [0]), ("ends", [0, 25, 100], [76], [0]), ("last", [100], [76], [0])],
)
def test_checkpoints_of_a_recipe(choice: str, trained: list[int], imported: list[int], untrained: list[int]) -> None:
    config = check(
        seeds=[0, 3], networks__theirs=THEIRS, networks__control=UNTRAINED, transfer__recipes__fair__checkpoints=choice
    )
    painting = experiment.painting_checkpoints(config, "fair")
    for seed in (0, 3):
        assert [epoch for name, at, epoch in painting if (name, at) == ("standard", seed)] == trained
        assert [epoch for name, at, epoch in painting if (name, at) == ("control", seed)] == untrained
    assert [item for item in painting if item[0] == "theirs"] == [("theirs", 0, epoch) for epoch in imported]
    assert experiment.painting_checkpoints(config, "original") == experiment.checkpoints(config)


def test_recipes_that_differ_in_their_checkpoints_are_compared_as_equal() -> None:
    config = check(transfer__recipes__fair__checkpoints="ends", transfer__recipes__fair_3__checkpoints="last")
    recipes = experiment.compared_recipes(config)
    assert experiment.ratio_series(recipes) == {"ratio 3 to 300": ["fair_3", "fair_30", "fair"]}
    assert not any("checkpoints" in block for block in recipes.values())
    assert "checkpoints" not in experiment.painted_recipe(config, "standard", "fair", {})


def recipe(style: float, content: float = 1.0, **others: Any) -> dict[str, Any]:
    return {"style_weight": style, "content_weight": content, "optimiser": "lbfgs", **others}


@pytest.mark.parametrize(
    ("recipes", "series"),
    [
        (
            {"strong": recipe(300.0), "other": recipe(3.0, optimiser="adam"), "weak": recipe(30.0, 10.0)},
            {"ratio 3 to 300": ["weak", "strong"]},
        ),
        ({"a": recipe(30.0), "b": recipe(60.0, 2.0)}, {}),
        ({"none": recipe(30.0, 0.0), "some": recipe(30.0)}, {"ratio 30 to inf": ["some", "none"]}),
        (
            {"a": recipe(3.0), "b": recipe(30.0), "c": recipe(3.0, pooling="max"), "d": recipe(30.0, pooling="max")},
            {"ratio 3 to 30": ["a", "b"], "ratio 3 to 30, c": ["c", "d"]},
        ),
        (experiment.compared_recipes(check()), {"ratio 3 to 300": ["fair_3", "fair_30", "fair"]}),
    ],
    ids=["ordered", "equal", "no content", "two", "published"],
)
def test_ratio_series(recipes: dict[str, Any], series: dict[str, list[str]]) -> None:
    assert experiment.ratio_series(recipes) == series


def test_networks_of_the_next_seed_rate() -> None:
    config = check(seeds=[4, 1, 7], networks__theirs=THEIRS)
    for seed, rater in ((4, 1), (7, 4)):
        raters = experiment.held_out_raters(config, seed)
        assert raters == {name: (name, rater, 100) for name in ("standard", "adversarial")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seeds": [3]}, False),
        ({"seeds": [3, 4], "raters": {"held_out": False}}, False),
        ({"seeds": [3, 4]}, True),
        ({"seeds": [3], "raters": {"squeezenet": {"source": "a.pth", "sha256": "0" * 64}}}, True),
    ],
)
def test_there_are_raters(changes: dict[str, Any], expected: bool) -> None:
    assert experiment.has_raters(check(**changes)) == expected


def test_an_imported_network_does_not_rate() -> None:
    config = changed({"seeds": [0, 1], "expected": {}})
    config["networks"] = {"theirs": THEIRS | {"regime": "standard"}, "adversarial": config["networks"]["adversarial"]}
    config = check_configuration(config, CONFIG / "schema.yaml")
    assert set(experiment.held_out_raters(config, 0)) == {"adversarial"}
