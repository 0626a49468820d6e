"""What stands for VGG's layers in other networks: of each recipe, and where the recipe says otherwise."""

from typing import Any

import pytest

from merged_config import CONFIG
from robust_style.model.architectures import ARCHITECTURES, layer_names
from robust_style.transfer.stand_ins import layer_for, read_stand_ins, recipe_for
from robust_style.workflow.schema import built_in_recipes

STAND_INS = read_stand_ins(CONFIG / "layers.yaml")
RECIPES = built_in_recipes(CONFIG / "recipes.yaml")


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
@pytest.mark.parametrize("name", list(RECIPES))
def test_each_built_in_recipe_paints_with_each_network(name: str, architecture: str) -> None:
    settled = recipe_for(RECIPES[name], architecture, STAND_INS)
    assert "layers_of" not in settled
    layers = settled["style_layers"] + settled["content_layers"]
    assert set(layers) <= set(layer_names(architecture)) or (name, architecture) in {
        ("lucid", f"{prefix}{name}{norm}")  # have no relu4_3
        for prefix, norms in (("", [""]), ("imagenet_", ["", "_bn"]))
        for name in ("vgg11", "vgg13")
        for norm in norms
    }
    weights = settled.get("style_layer_weights")
    assert weights is None or len(weights) == len(settled["style_layers"])
    others = {key: value for key, value in settled.items() if "layer" not in key}
    expected = {key: value for key, value in RECIPES[name].items() if "layer" not in key}
    if name == "nakano" and ARCHITECTURES[architecture].family == "resnet":
        expected["pooling"] = "max"
    assert others == expected


def test_a_vgg_s_are_its_own() -> None:
    plain = {key: value for key, value in RECIPES["original"].items() if key != "layers_of"}
    assert recipe_for(RECIPES["original"], "vgg19", STAND_INS) == plain


def test_nakano_s_are_those_of_his_paper() -> None:
    settled = recipe_for(RECIPES["nakano"], "resnet50", STAND_INS)
    assert settled["style_layers"] == ["layer1", "layer2", "layer3", "layer4"]
    assert settled["content_layers"] == ["layer3"]
    # a ResNet's pooling stays in his notebook, VGG's is replaced
    assert (settled["pooling"], recipe_for(RECIPES["nakano"], "vgg19", STAND_INS)["pooling"]) == ("max", "average")
    assert recipe_for(RECIPES["fair"], "resnet18", STAND_INS)["style_layers"][0] == "relu1"


def test_layers_with_one_stand_in_become_one_and_their_weights_a_sum() -> None:
    recipe: dict[str, Any] = {
        "style_layers": ["relu1_1", "relu4_1", "relu4_2"],
        "content_layers": ["relu4_1", "relu4_3"],
        "style_layer_weights": [0.5, 1.0, 2.0],
    }
    assert recipe_for(recipe, "resnet18", STAND_INS) == {
        "style_layers": ["relu1", "layer3"],
        "content_layers": ["layer3"],
        "style_layer_weights": [0.5, 3.0],
    }


def test_an_architecture_goes_before_its_family_and_own_names_stay() -> None:
    recipe: dict[str, Any] = {
        "style_layers": ["relu1_1"],
        "content_layers": ["relu4_2"],
        "layers_of": {
            "resnet50": {"content_layers": ["layer3.4"]},
            "resnet": {"style_layers": ["relu2_1"], "content_layers": ["layer2"]},
        },
    }
    assert recipe_for(recipe, "resnet50", STAND_INS) == {"style_layers": ["layer1"], "content_layers": ["layer3.4"]}
    assert recipe_for(recipe, "resnet18", STAND_INS) == {"style_layers": ["layer1"], "content_layers": ["layer2"]}
    assert recipe_for(recipe, "vgg11", STAND_INS) == {"style_layers": ["relu1_1"], "content_layers": ["relu4_2"]}
    assert layer_for("layer3.4", "vgg11", STAND_INS) == "layer3.4"
