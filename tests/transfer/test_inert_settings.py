"""Settings without effect are told, those with one are not."""

import pytest

from robust_style.transfer import recipe as recipes
from robust_style.transfer.inert_settings import EFFECTIVE_WITH, inert_in_configuration, inert_settings, seed_is_inert


@pytest.mark.parametrize(
    ("settings", "inert"),
    [
        ({"noise_share": 0.3}, "noise_share has no effect: it needs initialisation blend"),
        ({"noise_share": 0.3, "initialisation": "blend"}, None),
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


def test_what_nobody_set_is_not_told(fair):
    assert list(inert_settings(fair, ())) == []


def test_the_table_names_keys_of_a_recipe():
    assert EFFECTIVE_WITH.keys() <= recipes.Recipe.__dataclass_fields__.keys()


def test_a_seed_matters_where_something_is_random(fair):
    assert seed_is_inert(fair)
    assert not seed_is_inert(fair | {"initialisation": "noise"})
    assert not seed_is_inert(fair | {"jitter_px": 3, "optimiser": "adam"})


def test_in_a_configuration_the_keys_of_each_block(fair):
    given = {"transfer": {"recipes": {"mine": {"based_on": "fair", "noise_share": 0.3}, "fair": None}}}
    assert inert_in_configuration(given, {"transfer": {"recipes": {"mine": fair, "fair": fair}}}) == [
        "transfer.recipes.mine: noise_share has no effect: it needs initialisation blend"
    ]


def test_neither_content_nor_a_weighted_layer_of_style_is_refused(fair):
    assert recipes.contradictions(fair | {"content_weight": 0.0, "style_layer_weights": [0, 0, 0]}) == [
        "content_weight and all style_layer_weights are 0; give at least one a weight"
    ]
