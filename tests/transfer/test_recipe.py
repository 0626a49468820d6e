import pytest

from robust_style.errors import ConfigError
from robust_style.transfer.recipe import (
    contradictions,
    inert_in_configuration,
    inert_settings,
    precision_of,
    recipe_from_settings,
    seed_is_inert,
)


def test_a_recipe_is_its_settings(fair):
    recipe = recipe_from_settings(fair)
    assert recipe.style_layers == ("relu1_1", "relu2_1", "relu3_1")
    assert recipe.style_weight == 300.0
    assert recipe.snapshots == (0, 6, 12)


def test_each_layer_is_needed_once(fair):
    fair["content_layers"] = ["relu3_1", "relu3_2"]
    assert recipe_from_settings(fair).layers == ("relu1_1", "relu2_1", "relu3_1", "relu3_2")


def test_a_loss_without_weight_needs_no_layers(fair):
    assert recipe_from_settings(fair | {"style_weight": 0}).layers == ("relu3_2",)
    assert recipe_from_settings(fair | {"content_weight": 0}).layers == ("relu1_1", "relu2_1", "relu3_1")


def test_coarse_scales_are_pairs_of_numbers(fair):
    (scale,) = recipe_from_settings(fair | {"coarse_scales": [{"scale": 0.5, "iterations": 20}]}).coarse_scales
    assert (scale.scale, scale.iterations) == (0.5, 20)


@pytest.mark.parametrize("key", ["style_layers", "pooling", "snapshots", "iterations"])
def test_a_missing_key_is_named(fair, key):
    del fair[key]
    with pytest.raises(ConfigError, match=f"'{key}' is missing"):
        recipe_from_settings(fair)


def test_an_unknown_key_is_named(fair):
    with pytest.raises(ConfigError, match="unknown key 'style_wieght'"):
        recipe_from_settings(fair | {"style_wieght": 3.0})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("style_weight", "4e6", "4.0e"),
        ("style_weight", float("nan"), "finite"),
        ("style_weight", float("inf"), "finite"),
        ("style_weight", -1.0, "0 or more"),
        ("content_weight", True, "finite number"),
        ("total_variation_weight", -1, "0 or more"),
        ("style_layer_weights", [1.0, -1.0, 1.0], "0 or more"),
        ("style_layer_weights", [1.0], "one for each of 3"),
        ("learning_rate", 0, "above 0"),
        ("noise_share", 1.5, "0 to 1"),
        ("clamp", 1, "true or false"),
        ("coarse_scales", [{"scale": 0.5}], "scale, iterations"),
        ("coarse_scales", [{"scale": 0.0, "iterations": 5}], "above 0"),
        ("coarse_scales", 0.5, "a list"),
        ("line_search", "strong_wolfe", "lbfgs has no other"),
        ("jitter_px", 3, "set optimiser to adam"),
        ("rotation_degrees", 5.0, "set optimiser to adam"),
        ("loss_normalisation", "gradient", "mean or sum or target_energy or relative"),
        ("pooling", "mean", "max or average or average_rescaled"),
        ("optimiser", "sgd", "lbfgs or lbfgs_unguarded or adam"),
        ("initialisation", None, "content or noise or blend"),
        ("content_target", 0, "above 0 and below 1"),
        ("content_target", 1.0, "above 0 and below 1"),
        ("content_target", "high", "above 0 and below 1"),
        ("iterations", 0, "1 or more"),
        ("iterations", 1.5, "whole"),
        ("snapshots", [], "at least one"),
        ("snapshots", [0, 100], "beyond the last of 12"),
        ("snapshots", [6, 0], "rising"),
        ("snapshots", [0, 0], "rising"),
        ("snapshots", [-1], "0 or more"),
        ("style_layers", [], "at least one"),
        ("style_layers", "relu1_1", "list"),
        ("content_layers", ["relu1_1", "relu1_1"], "different layers"),
        ("content_layers", [4], "different layers"),
    ],
)
def test_an_unusable_value_is_refused_by_name(fair, key, value, said):
    with pytest.raises(ConfigError, match=said) as refusal:
        recipe_from_settings(fair | {key: value})
    assert key.rstrip("s") in str(refusal.value)


def test_something_must_be_wanted(fair):
    with pytest.raises(ConfigError, match="both 0"):
        recipe_from_settings(fair | {"style_weight": 0.0, "content_weight": 0.0})


@pytest.mark.parametrize(
    ("settings", "inert"),
    [
        ({"noise_share": 0.3}, "noise_share has no effect: it needs initialisation blend"),
        ({"noise_share": 0.3, "initialisation": "blend"}, None),
        ({"activation_smoothing": "scale"}, "it needs the value softmax, or loss_normalisation mean or sum"),
        ({"activation_smoothing": "scale", "loss_normalisation": "sum"}, None),
        ({"activation_smoothing": "softmax"}, None),
        ({"learning_rate": 0.1}, "learning_rate has no effect: it needs optimiser adam"),
        ({"learning_rate": 0.1, "optimiser": "adam"}, None),
        (
            {"clamp": False},
            "clamp has no effect: it needs optimiser adam or lbfgs_unguarded and parameterisation pixel",
        ),
        ({"clamp": False, "optimiser": "adam"}, None),
        ({"clamp": False, "optimiser": "adam", "parameterisation": "fourier"}, "clamp has no effect"),
        ({"content_layers": ["relu3_2"], "content_weight": 0.0}, "content_layers has no effect"),
        ({"style_scale": 2.0, "style_weight": 0.0}, "style_scale has no effect"),
        ({"style_weight": 0.0}, "style_weight is 0: the picture stays the content, without style"),
        ({"style_weight": 0.0, "initialisation": "noise"}, "becomes a copy of the content"),
        ({"style_layer_weights": [0, 0, 0]}, "all style_layer_weights are 0: the picture stays the content"),
        ({"style_layer_weights": [0, 1, 0]}, None),
    ],
)
def test_what_has_no_effect(fair, settings, inert):
    sentences = list(inert_settings(fair | settings, set(settings)))
    assert any(inert in sentence for sentence in sentences) if inert else sentences == []


@pytest.mark.parametrize(
    ("changes", "general", "precision"),
    [
        ({}, "auto", "auto"),
        ({}, "bfloat16", "bfloat16"),
        ({"precision": "float32"}, "bfloat16", "float32"),
        ({"optimiser": "lbfgs_unguarded"}, "auto", "float32"),
        ({"optimiser": "lbfgs_unguarded", "line_search": "strong_wolfe"}, "auto", "float32"),
        ({"optimiser": "lbfgs_unguarded"}, "bfloat16", "bfloat16"),
        ({"optimiser": "lbfgs_unguarded", "precision": "bfloat16"}, "auto", "bfloat16"),
        ({"activation_smoothing": "softmax"}, "auto", "float32"),
    ],
)
def test_precision_is_the_recipe_s_then_the_general_one_and_float32_where_rounding_matters(
    fair, changes, general, precision
):
    assert precision_of(recipe_from_settings(fair | changes), general) == precision


def test_what_nobody_set_is_not_told(fair):
    assert list(inert_settings(fair, ())) == []


def test_a_seed_matters_where_something_is_random(fair):
    assert seed_is_inert(fair)
    assert not seed_is_inert(fair | {"initialisation": "noise"})
    assert not seed_is_inert(fair | {"jitter_px": 3, "optimiser": "adam"})


def test_in_a_configuration_the_keys_of_each_block(fair):
    given = {"transfer": {"recipes": {"mine": {"based_on": "fair", "noise_share": 0.3}, "fair": None}}}
    assert inert_in_configuration(given, {"transfer": {"recipes": {"mine": fair, "fair": fair}}}) == [
        "transfer.recipes.mine: noise_share has no effect: it needs initialisation blend"
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss_normalisation": "mean"}, "content_target: its cost is in units of a relative style loss"),
        ({"style_weight": 0.0}, "content_target: its cost is in units of a relative style loss"),
    ],
)
def test_a_content_target_needs_a_relative_style_loss(fair, changes, said):
    assert contradictions(fair | {"content_target": 0.5}) == []
    with pytest.raises(ConfigError, match=said):
        recipe_from_settings(fair | {"content_target": 0.5} | changes)


def test_neither_content_nor_a_weighted_layer_of_style_is_refused(fair):
    assert contradictions(fair | {"content_weight": 0.0, "style_layer_weights": [0, 0, 0]}) == [
        "content_weight and all style_layer_weights are 0; give at least one a weight"
    ]
