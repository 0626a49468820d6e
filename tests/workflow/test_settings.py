"""The configuration is checked whole, and each fault names its key."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from merged_config import merged
from robust_style.errors import ConfigError
from robust_style.transfer.recipe import recipe_from_settings
from robust_style.transfer.stand_ins import recipe_for
from robust_style.workflow.config_files import refuse_duplicate_keys
from robust_style.workflow.defaults import built_in_recipes
from robust_style.workflow.settings import (
    checked,
    checkpoint_epochs,
    checkpoints,
    images_of_style,
    is_mask,
    last_epochs,
    one_of,
    pairs,
    pairs_by_job,
)

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "config" / "schema.yaml"
UNTRAINED = {"architecture": "vgg19", "regime": "untrained"}
IMPORTED = {"architecture": "vgg19", "regime": "adversarial", "source": "a.pt", "sha256": "0" * 64, "epoch": 76}


def changed(place: str, value: object) -> dict[str, Any]:
    config = merged("config")
    *blocks, last = place.split(".")
    block = config
    for name in blocks:
        block = block[name]
    block[last] = value
    return config


@pytest.mark.parametrize("names", [("config",), ("config", "demo"), ("config", "miniature")])
def test_our_own_configurations_pass(names: tuple[str, ...]) -> None:
    config = checked(merged(*names), SCHEMA)
    assert set(config["networks"]) == {"standard", "adversarial"}


def test_the_published_numbers_are_the_original_works() -> None:
    config = checked(merged("config"), SCHEMA)
    assert checkpoint_epochs(config) == [0, 25, 50, 75, 100]
    network = config["networks"]["adversarial"]
    assert [network[key] for key in ("constraint", "epsilon", "step_size", "steps")] == ["l2", 0.5, 1.5, 20]
    training = config["training"]
    assert [training[k] for k in ("learning_rate", "momentum", "weight_decay", "batch_size")] == [0.1, 0.9, 5e-4, 128]
    assert [training[k] for k in ("crop_padding", "flip", "colour_jitter", "rotation")] == [4, True, 0.25, 2]
    assert all(network["passes_per_epoch"] == 1 for network in config["networks"].values())
    seed = config["transfer"]["recipes"]["original"]
    assert seed["style_weight"] / seed["content_weight"] == 4e6


def test_each_network_has_its_own_checkpoints() -> None:
    """Trained: all epochs of all seeds; untrained: epoch 0 of all seeds; imported: one, under the first seed."""
    config = merged("config")
    config["networks"] |= {"control": UNTRAINED, "madry": IMPORTED}
    config["seeds"] = [5, 2]
    found = checkpoints(checked(config, SCHEMA))
    every = [0, 25, 50, 75, 100]
    assert found == [
        *[("standard", seed, epoch) for seed in (5, 2) for epoch in every],
        *[("adversarial", seed, epoch) for seed in (5, 2) for epoch in every],
        ("control", 5, 0), ("control", 2, 0), ("madry", 5, 76),
    ]  # fmt: skip
    assert last_epochs(checked(config, SCHEMA)) == {"standard": 100, "adversarial": 100, "control": 0, "madry": 76}


def test_an_attack_begins_at_the_image_unless_said() -> None:
    """As in the library; an imported network has no such key, and neither has one without an attack."""
    config = merged("config")
    config["networks"]["gentle"] = dict(config["networks"]["adversarial"])
    del config["networks"]["gentle"]["random_start"]
    config["networks"] |= {"theirs": IMPORTED, "control": UNTRAINED}
    networks = checked(config, SCHEMA)["networks"]
    assert networks["gentle"] == networks["adversarial"]
    assert not any("random_start" in networks[name] for name in ("standard", "theirs", "control"))


def test_no_name_at_all_matches_nothing() -> None:
    assert re.fullmatch(one_of(["a", "b"]), "b")
    assert not any(re.fullmatch(f"(?P<network>{one_of([])})", name) for name in ("", "a", "!"))


def test_lists_of_names_are_all_combinations() -> None:
    config = checked(merged("config"), SCHEMA)
    found = pairs(config)
    assert found[0] == ("bigben", "the_scream")
    assert len(found) == 17
    assert len(set(found)) == 17


def test_null_takes_a_block_away_and_nothing_is_changed_in_place() -> None:
    config = merged("config")
    config["networks"]["adversarial"] = None
    before = copy.deepcopy(config)
    assert set(checked(config, SCHEMA)["networks"]) == {"standard"}
    assert config == before


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("training.epochs", "many", "training.epochs: expected a whole number, found 'many'"),
        ("training.epochs", "1.5", "training.epochs: expected a whole number, found '1.5'"),
        ("training.weight_decay", "inf", "training.weight_decay: expected a number, found 'inf'"),
        ("training.weight_decay", float("nan"), "training.weight_decay: expected a finite number"),
        ("training.learning_rate", float("inf"), "training.learning_rate: expected a finite number"),
        ("training.epochs", 90, "training.epochs: expected a multiple of training.checkpoint_every (25), found 90"),
        ("training.learning_rat", 0.1, "training.learning_rat: no such key; did you mean learning_rate?"),
        ("networks.standard.epsilon", 0.5, "networks.standard: regime standard has no attack; take epsilon away"),
        (
            "networks.standard.regime",
            "robust",
            "networks.standard.regime: expected one of standard, adversarial, noise",
        ),
        ("networks.standard.regime", "noise", "networks.standard: regime noise needs epsilon"),
        ("networks.adversarial.regime", "noise", "has no attack; take constraint, step_size, steps, random_start away"),
        ("networks.standard.passes_per_epoch", 0, "networks.standard.passes_per_epoch: expected at least 1, found 0"),
        ("networks.standard.passes_per_epoch", 1.5, "networks.standard.passes_per_epoch: expected a whole number"),
        ("training.colour_jitter", 1.5, "training.colour_jitter: expected at most 1, found 1.5"),
        ("training.rotation", -1, "training.rotation: expected at least 0, found -1"),
        ("networks.standard.source", "a.pt", "networks.standard: a source needs sha256, epoch"),
        ("networks.standard.sha256", "F" * 64, "networks.standard.sha256: expected text of the form"),
        ("networks.adversarial", IMPORTED | {"epoch": 0}, "networks.adversarial.epoch: expected at least 1, found 0"),
        ("networks.adversarial", IMPORTED | {"steps": 3}, "not trained here; take steps away"),
        ("networks.control", UNTRAINED | {"epsilon": 0.5}, "regime untrained has no attack; take epsilon away"),
        (
            "networks.Big Net",
            {"architecture": "vgg19", "regime": "standard"},
            "networks: expected a name of lower-case letters, digits and _, found 'Big Net'",
        ),
        (
            "networks.standard.engine",
            "slow",
            "networks.standard.engine: expected one of fast, robustness, found 'slow'",
        ),
        ("device", "gpu", "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?"),
        ("seeds", [0, 0], "seeds: expected each item once"),
        ("seeds", [], "seeds: expected at least 1 item, found []"),
        ("dataset.sha256", "0" * 64, "dataset.sha256: belongs to dataset.archive"),
        ("transfer.recipes.fair.snapshots", [0, 999], "transfer.recipes.fair: snapshot 999 lies beyond"),
        ("transfer.recipes.fair.style_layers", ["a b"], "transfer.recipes.fair.style_layers.0: expected text"),
        (
            "transfer.recipes.fair.style_layers",
            ["relu5_5"],
            "of vgg19 (networks.standard), found 'relu5_5'; did you mean relu5_4?",
        ),
        (
            "transfer.recipes.fair.layers_of",
            {"resnt": {}},
            "transfer.recipes.fair.layers_of.resnt: expected one of vgg",
        ),
        ("reconstruction.layers", ["layer1"], "reconstruction: layer: expected one of conv1_1"),
        (
            "reconstruction.layers_of",
            {"vgg19": ["relu1_1"]},
            "reconstruction.layers_of: expected 5 layers for networks.standard, as reconstruction.layers has, found 1",
        ),
        ("networks.standard.architecture", "resnet81", "found 'resnet81'; did you mean resnet18?"),
        ("transfer.pairs", [{"content": "a", "style": "b"}] * 2, "a x b is named twice"),
        ("figure.recipe", "unfair", "figure.recipe: expected one of fair, fair_30, fair_3, fair_noise, original"),
        ("expected.resnet", {}, "expected.resnet: no such network"),
        ("transfer.size_px", 100, "transfer.size_px: expected a multiple of 16, found 100"),
        ("transfer.size_px", -1, "transfer.size_px: expected at least 32, found -1"),
    ],
)
def test_each_fault_names_its_key(place: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(changed(place, value), SCHEMA)
    assert message in str(caught.value)


def test_the_controls_that_the_schema_proposes_are_valid() -> None:
    description = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]["networks"]["description"]
    controls = [yaml.safe_load(text) for text in re.findall(r"`(\w+: \{.*?\})`", description)]
    assert [*controls[0], *controls[1]] == ["noise", "standard_matched"]
    config = merged("config")
    for control in controls:
        config["networks"] |= control
    checked(config, SCHEMA)


def test_every_number_of_the_schema_refuses_text() -> None:
    """One fault per key, made from the schema itself, so that a new key is tested too."""
    config = merged("config")
    places = [
        (block, key)
        for block in ("training", "evaluation", "transfer", "dataset")
        for key, value in config[block].items()
        if isinstance(value, int | float)
    ]
    assert len(places) > 15
    for block, key in places:
        broken = copy.deepcopy(config)
        broken[block][key] = "many"
        with pytest.raises(ConfigError, match=f"{block}.{key}: expected"):
            checked(broken, SCHEMA)


def test_the_library_s_engine_wants_the_library_s_augmentation() -> None:
    config = merged("config")
    config["networks"]["theirs"] = {"architecture": "vgg19", "regime": "standard", "engine": "robustness"}
    assert [network["engine"] for network in checked(config, SCHEMA)["networks"].values()] == [
        "fast", "fast", "robustness",
    ]  # fmt: skip
    config["training"] |= {"crop_padding": 0, "flip": False}
    with pytest.raises(ConfigError) as caught:
        checked(config, SCHEMA)
    assert "networks.theirs: engine robustness always augments with crop_padding 4, found" in str(caught.value)
    assert "flip True, found training.flip False" in str(caught.value)
    del config["networks"]["theirs"]
    checked(config, SCHEMA)


def test_all_faults_are_told_at_once() -> None:
    config = changed("training.epochs", "many")
    config["device"] = "gpu"
    with pytest.raises(ConfigError) as caught:
        checked(config, SCHEMA)
    assert "training.epochs" in str(caught.value)
    assert "device" in str(caught.value)


def test_a_recipe_begins_with_the_built_in_one_of_its_name_or_that_it_is_based_on() -> None:
    config = changed("transfer.recipes", {"gatys": {"iterations": 700}, "soft": {"based_on": "fair", "pooling": "max"}})
    config["figure"] = {"recipe": "soft"}
    recipes = checked(config, SCHEMA)["transfer"]["recipes"]
    assert (recipes["gatys"]["loss_normalisation"], recipes["gatys"]["iterations"]) == ("sum", 700)
    assert (recipes["soft"]["style_weight"], recipes["soft"]["pooling"]) == (300.0, "max")
    assert "based_on" not in recipes["soft"]


def test_a_recipe_based_on_nothing_known_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"recipes\.soft\.based_on: .*'gatis' is no built-in recipe; did you mean gatys\?"
    ):
        checked(changed("transfer.recipes.soft", {"based_on": "gatis"}), SCHEMA)


def test_every_built_in_recipe_is_a_recipe() -> None:
    names = built_in_recipes(SCHEMA.with_name("recipes.yaml"))
    assert list(names) == [
        "fair",
        "fair_30",
        "fair_3",
        "fair_noise",
        "original",
        "gatys",
        "nakano",
        "mse_gram",
        "tv_adam",
        "lucid",
    ]
    recipes = checked(changed("transfer.recipes", {name: {} for name in names}), SCHEMA)["transfer"]["recipes"]
    for name, recipe in recipes.items():
        assert recipe_from_settings(recipe_for(recipe, "vgg19", {})).iterations == names[name]["iterations"]


def test_jobs_of_several_pairs_have_every_pair_once() -> None:
    config = checked(changed("transfer.pairs_per_job", 5), SCHEMA)
    jobs = pairs_by_job(config)
    assert [len(job) for job in jobs] == [5, 5, 5, 2]
    assert [pair for job in jobs for pair in job] == pairs(config)


def test_a_style_that_is_a_blend_needs_its_images_and_masks() -> None:
    blends = {"both": [{"image": "the_scream", "weight": 2.0}, {"image": "starry_night", "mask": "left"}]}
    config = checked(changed("transfer.blends", blends), SCHEMA)
    assert images_of_style(config, "both") == ["the_scream", "starry_night", "left"]
    assert images_of_style(config, "great_wave") == ["great_wave"]
    assert config["transfer"]["blends"]["both"][1]["weight"] == 1.0
    assert [name for name in ("the_scream", "starry_night", "left") if is_mask(config, name)] == ["left"]


def test_empty_configuration() -> None:
    with pytest.raises(ConfigError, match="empty"):
        checked({}, SCHEMA)


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("training:\n  epochs: 4\n  epochs: 8\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine.yaml: line 3: key 'epochs' is given twice"):
        refuse_duplicate_keys([path])
    path.write_text("a: {<<: {b: 1}, b: 2}\nc: {b: 1}\n", encoding="utf-8")
    refuse_duplicate_keys([path])
    path.write_text("a: [1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="expected YAML"):
        refuse_duplicate_keys([path])
