"""The schema applied: numbers in text, defaults and recipes, and an error that names its key for everything else."""

import copy
import datetime
import math
from typing import Any

import pytest
import yaml

from merged_config import CONFIG, changed, merged
from robust_style.errors import ConfigError
from robust_style.transfer.recipe import recipe_from_settings
from robust_style.transfer.stand_ins import recipe_for
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema import built_in_recipes, device_error, number_in, whole_number_in

SCHEMA = CONFIG / "schema.yaml"
IMPORTED = {"architecture": "vgg19", "regime": "adversarial", "source": "a.pt", "sha256": "0" * 64, "epoch": 76}


def refused(config: dict[str, Any]) -> str:
    """The message of a configuration that is refused; the configuration itself is not changed."""
    before = copy.deepcopy(config)
    with pytest.raises(ConfigError) as caught:
        check_configuration(config, SCHEMA)
    assert config == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("300", 300), ("-1", -1), ("1e3", 1000.0), ("1e-3", 0.001), ("1.5E+2", 150.0), (".5", 0.5), ("2.", 2.0),
        ("8/255", 8 / 255), (" 1 / 8 ", 0.125), ("inf", None), ("nan", None), ("1e999", None), ("1/0", None),
        ("0x10", None), ("1_000", None), ("٣", None), ("", None), ("1e", None), ("8/255/2", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_numbers_in_text(text: str, number: float | None) -> None:
    assert number_in(text) == number
    assert type(number_in(text)) is type(number)


@pytest.mark.parametrize(("text", "number"), [("1e3", 1000), ("7", 7), ("1e-1", None), ("1.5", None), ("4/2", None)])
def test_whole_numbers_in_text(text: str, number: int | None) -> None:
    assert whole_number_in(text) == number


@pytest.mark.parametrize(
    ("key", "text", "number"),
    [
        ("training.weight_decay", "1e-3", 0.001),
        ("networks.adversarial.epsilon", "8/255", 8 / 255),
        ("transfer.recipes.fair.style_weight", "1e3", 1000.0),
        ("dataset.train_size", "1e4", 10_000),
        ("seeds", ["0", "1"], [0, 1]),
    ],
)
def test_text_that_spells_a_number_is_a_number(key: str, text: Any, number: Any) -> None:
    value: Any = check_configuration(changed({"transfer.recipes.fair": {}, key: text}), SCHEMA)
    for name in key.split("."):
        value = value[name]
    assert value == number


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("training.epochs", "many", "training.epochs: expected a whole number, found 'many'"),
        ("training.epochs", 25.0, "found 25.0 (write whole numbers without a decimal point)"),
        ("training.epochs", 10**400, "training.epochs: expected a whole number"),
        ("training.epochs", True, "training.epochs: expected a whole number, found True"),
        ("training.epochs", datetime.date(2026, 1, 1), "training.epochs: expected a whole number"),
        ("training.flip", "many", "training.flip: expected true or false, found 'many'"),
        ("training.weight_decay", "inf", "training.weight_decay: expected a finite number, found 'inf'"),
        ("training.weight_decay", math.nan, "training.weight_decay: expected a finite number, found nan"),
        ("training.learning_rat", 0.1, "training.learning_rat: no such key; did you mean learning_rate?"),
        ("training.zzz", 0.1, "training.zzz: no such key; known here: epochs"),
        ("training.rotation", -1, "training.rotation: expected at least 0, found -1"),
        ("training.colour_jitter", 1.5, "training.colour_jitter: expected at most 1, found 1.5"),
        ("transfer.size_px", 100, "transfer.size_px: expected a multiple of 16, found 100"),
        ("transfer.recipes.fair.style_weight", "1e30", "fair.style_weight: expected at most 1e+12, found 1e+30"),
        ("transfer.recipes.fair.style_layers", ["a b"], "transfer.recipes.fair.style_layers.0: expected text"),
        ("transfer.recipes.fair.style_layers", "relu1_1", "style_layers: expected a list, found 'relu1_1'"),
        ("transfer.recipes.soft", {"based_on": "gatis"}, "'gatis' is no built-in recipe; did you mean gatys?"),
        ("transfer.recipes.soft", {"based_on": ["gatys"]}, "transfer.recipes.soft.based_on: expected text"),
        ("transfer.pairs", [{"content": 1, "style": "b"}], "transfer.pairs.0.content: expected a name or a list"),
        ("transfer", "text", "transfer: expected a block of keys, found 'text'"),
        ("networks.standard", {}, "networks.standard: the key architecture"),
        ("networks.standard.regime", "adversarail", "found 'adversarail'; did you mean adversarial?"),
        ("networks.standard.sha256", "F" * 64, "networks.standard.sha256: expected text of the form"),
        ("networks.Big Net", {}, "networks: expected a name of lower-case letters, digits and _, found 'Big Net'"),
        ("transfer.recipes.none", {"based_on": "fair"}, "and _ other than none, found 'none'"),
        ("networks.adversarial", IMPORTED | {"epoch": 0}, "networks.adversarial.epoch: expected at least 1, found 0"),
        ("networks.standard.sha256", 0, "networks.standard.sha256: expected text, found 0"),
        ("sources", "a\0b", "sources: expected text without control characters"),
        ("device", "gpu", "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?"),
        ("device", "x" * 10**6, "device: expected auto, cpu, cuda or cuda:N, found 'xxx"),
        ("seeds", [0, 0], "seeds: expected each item once"),
        ("seeds", [], "seeds: expected at least 1 item, found []"),
        # Keys and names of version 0.1.
        ("training.processes", 2, "training.processes: this key was removed; delete it"),
        ("reconstruction.evaluations", 2, "reconstruction.evaluations: this key is called iterations now"),
        ("judges", {}, "judges: this block is called raters now"),
        ("transfer.recipes.seed", {}, "the recipe seed is called original now; write original"),
        ("transfer.recipes.mine", {"based_on": "seed"}, "the recipe seed is called original now; write original"),
    ],
)
def test_an_error_names_its_key(key: str, value: object, message: str) -> None:
    error = refused(changed({key: value}))
    assert message in error
    assert len(error) < 2000


@pytest.mark.parametrize("value", ["many", True, [1], {"a": 1}, math.inf])
def test_every_number_of_the_configuration_refuses_other_values(value: Any) -> None:
    """Made from config.yaml, so that a new key is tested too; one check for all of them."""
    config = merged("config")
    keys = [
        (block, key)
        for block in ("training", "evaluation", "transfer")
        for key, number in config[block].items()
        if isinstance(number, int | float) and not isinstance(number, bool)
    ]
    assert len(keys) > 10
    for block, key in keys:
        config[block][key] = value
    error = refused(config)
    for block, key in keys:
        assert f"{block}.{key}: expected" in error


def test_all_errors_are_reported_at_once() -> None:
    error = refused(changed({"device": "gpu", "seeds": [1.0], "training.epochs": "1e-2"}))
    assert [line.split(":")[0].strip() for line in error.splitlines()[1:]] == ["device", "seeds.0", "training.epochs"]


def test_an_empty_configuration() -> None:
    assert refused({}) == "the configuration is empty; start from config/config.yaml"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("cuda0", "did you mean cuda:0?"), ("cdua", "did you mean cuda?"), ("mps", "only paints"), ("tpu", "'tpu'")],
)
def test_names_of_devices(name: str, hint: str) -> None:
    assert [device_error(valid) for valid in ("auto", "cpu", "cuda", "cuda:7")] == [None] * 4
    assert hint in (device_error(name) or "")


def test_null_removes_a_block() -> None:
    config = changed({"networks.adversarial": None, "transfer.recipes.original": None})
    checked = check_configuration(config, SCHEMA)
    assert set(checked["networks"]) == {"standard", "noise"}
    assert "original" not in checked["transfer"]["recipes"]
    assert "adversarial" not in checked["expected"]


def test_an_attack_starts_at_the_image_by_default() -> None:
    """As in the library. Networks without an attack, and imported ones, have no such key."""
    config = changed({"networks.theirs": IMPORTED})
    del config["networks"]["adversarial"]["random_start"]
    networks = check_configuration(config, SCHEMA)["networks"]
    assert [name for name in networks if "random_start" in networks[name]] == ["adversarial"]
    assert networks["adversarial"]["random_start"] is False


def test_a_recipe_is_completed_by_the_built_in_one_of_its_name_or_that_it_is_based_on() -> None:
    recipes = {"gatys": {"iterations": 700}, "soft": {"based_on": "fair", "pooling": "max"}}
    recipes = check_configuration(changed({"transfer.recipes": recipes, "figure.recipe": "soft"}), SCHEMA)["transfer"][
        "recipes"
    ]
    assert (recipes["gatys"]["loss_normalisation"], recipes["gatys"]["iterations"]) == ("sum", 700)
    assert (recipes["soft"]["style_weight"], recipes["soft"]["pooling"]) == (300.0, "max")
    assert "based_on" not in recipes["soft"]


def test_every_built_in_recipe_is_a_recipe() -> None:
    built_in = built_in_recipes(CONFIG / "recipes.yaml")
    config = check_configuration(changed({"transfer.recipes": {name: {} for name in built_in}}), SCHEMA)
    for name, recipe in config["transfer"]["recipes"].items():
        assert recipe_from_settings(recipe_for(recipe, "vgg19", {})).iterations == built_in[name]["iterations"]


def test_the_cells_of_the_optimiser_study_differ_in_nothing_else() -> None:
    built_in = built_in_recipes(CONFIG / "recipes.yaml")
    names = ["original", "original_no_clamp", "original_line_search", "original_no_clamp_line_search"]
    config = check_configuration(changed({"transfer.recipes": {name: {} for name in ["fair", *names]}}), SCHEMA)
    cells = [config["transfer"]["recipes"][name] for name in names]
    assert [(cell["clamp"], cell["line_search"]) for cell in cells] == [
        (True, "none"), (False, "none"), (True, "strong_wolfe"), (False, "strong_wolfe")
    ]  # fmt: skip
    rest = [{key: value for key, value in cell.items() if key not in ("clamp", "line_search")} for cell in cells]
    assert all(others == rest[0] for others in rest)
    assert (rest[0]["optimiser"], rest[0]["initialisation"]) == ("lbfgs_unguarded", "content")
    assert built_in["original"]["snapshots"] == [0, 50, 100], "the notebook's n_iters"


def test_the_controls_that_the_schema_proposes_are_valid() -> None:
    description = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]["networks"]["description"]
    controls = [text for text in description.split("`") if text.count(": {") == 1]
    assert len(controls) >= 2
    config = merged("config")
    for control in controls:
        config["networks"] |= yaml.safe_load(control)
    check_configuration(config, SCHEMA)


@pytest.mark.parametrize("names", [(), ("demo",), ("miniature",), ("short",), ("original_150",), ("cifar10_cpu",)])
def test_our_own_configurations_are_valid(names: tuple[str, ...]) -> None:
    with_noise = not names or names in (("original_150",), ("cifar10_cpu",))
    painters = ["cifar_standard", "cifar_adversarial"] if names == ("demo",) else []
    expected = {"standard", "adversarial", *(["noise"] if with_noise else []), *painters}
    assert set(check_configuration(merged("config", *names), SCHEMA)["networks"]) == expected


def test_the_longer_original_has_the_epochs_of_the_library() -> None:
    training = check_configuration(merged("config", "original_150"), SCHEMA)["training"]
    assert [training[key] for key in ("epochs", "checkpoint_every", "learning_rate_drop_every")] == [150, 25, 50]


def test_the_published_numbers_are_those_of_the_original_work() -> None:
    config = check_configuration(merged("config"), SCHEMA)
    network, training = config["networks"]["adversarial"], config["training"]
    assert [network[key] for key in ("constraint", "epsilon", "step_size", "steps")] == ["l2", 0.5, 1.5, 20]
    assert [training[k] for k in ("learning_rate", "momentum", "weight_decay", "batch_size")] == [0.1, 0.9, 5e-4, 128]
    assert [training[k] for k in ("crop_padding", "flip", "colour_jitter", "rotation")] == [4, True, 0.25, 2]
    original = config["transfer"]["recipes"]["original"]
    assert original["style_weight"] / original["content_weight"] == 4e6
