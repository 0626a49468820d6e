"""Whatever stands in a configuration: it is allowed, or a ConfigError names its key, and nothing else happens."""

import copy
import functools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import yaml

from merged_config import CONFIG
from robust_style.errors import ConfigError
from robust_style.workflow import cost, raters, ratios, reconstruction, roles, settings
from schema_keys import KINDS, Key, changed, configuration, fits, keys

SCHEMA = CONFIG / "schema.yaml"
KEYS = list(keys())


@pytest.fixture(autouse=True, scope="module")
def _files_read_once() -> Iterator[None]:
    """Schema and recipes are read for every configuration that is checked; some thousand times would take minutes."""
    read = functools.cache(yaml.safe_load)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "safe_load", read)
        yield


def planned(config: dict[str, Any]) -> None:
    """Checks a configuration and asks of it what the rules ask before the first job."""
    config = settings.checked(config, SCHEMA)
    settings.warnings(config)
    settings.pairs_by_job(config)
    settings.last_epochs(config)
    cost.cpu_hours(config)
    raters.has_raters(config)
    reconstruction.images_to_reconstruct(config)
    roles.networks_by_role(config)
    ratios.ratio_series(config["transfer"]["recipes"])
    for block in (config["networks"], config["transfer"]["recipes"], config["transfer"]["blends"]):
        settings.one_of(block)


def refused(config: dict[str, Any]) -> str:
    """The message of a configuration that is refused."""
    before = copy.deepcopy(config)
    with pytest.raises(ConfigError) as caught:
        planned(config)
    assert config == before, "the configuration was changed in place"
    message = str(caught.value)
    assert len(message) < 5000
    return message


def test_the_walk_reaches_every_level() -> None:
    """Else the tests below would pass by looking at nothing."""
    names = {str(key) for key in KEYS}
    assert len(names) == len(KEYS) > 130
    assert {
        "seeds.0",
        "networks.standard.epsilon",
        "transfer.recipes.mine.coarse_scales.0.iterations",
        "transfer.blends.both.0.mask",
        "raters.squeezenet.input",
        "reconstruction.layers.0",
        "figure.pairs",
        "expected.standard.clean_accuracy.0",
    } <= names
    planned(configuration())


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_key_takes_what_it_can_be_and_names_itself_where_it_cannot(key: Key) -> None:
    """One case per key, made from the schema, so that a new key is tested too; within it a value of every kind."""
    wrong = {
        kind: value
        for kind, value in KINDS.items()
        if not fits(value, key.schema) and not (value is None and key.can_be_taken_away)
    }
    assert len(wrong) >= 10
    for kind, value in KINDS.items():
        if kind in wrong:
            assert str(key) in refused(changed(key.place, value)), kind
        else:
            with suppress(ConfigError):  # it may contradict another key
                planned(changed(key.place, value))


BLOCKS = [key for key in KEYS if key.schema.get("properties")]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_key_that_is_none_is_told_with_what_it_may_have_meant(block: Key) -> None:
    for known in block.schema["properties"]:
        nearly = f"{known}_"
        message = refused(changed((*block.place, nearly), 1))
        assert f"{block}.{nearly}: no such key; did you mean {known}?" in message
    assert f"{block}.zzz: no such key; known here: " in refused(changed((*block.place, "zzz"), 1))


@pytest.mark.parametrize("block", [block for block in BLOCKS if "required" in block.schema], ids=str)
def test_a_key_that_must_be_there_is_missed(block: Key) -> None:
    for name in block.schema["required"]:
        config = changed((*block.place, name), "soon gone")
        inner: Any = config
        for part in block.place:
            inner = inner[part]
        del inner[name]
        message = refused(config)
        assert f"{block}: expected the key " in message
        assert name in message
        assert len(message.splitlines()) <= 3, "each fault is told once"


@pytest.mark.parametrize("place", [(), ("networks",), ("transfer", "recipes"), ("transfer", "blends"), ("expected",)])
@pytest.mark.parametrize("name", [1, None, True, 2.5, "Big Net", "../x", "a/b", "{x}", "a\nb", ""], ids=repr)
def test_a_block_under_a_name_that_is_none(place: tuple[str, ...], name: object) -> None:
    """YAML has keys of any kind; names become parts of paths and of wildcards."""
    example = configuration()
    inner: Any = example
    for part in place:
        inner = inner[part]
    block = copy.deepcopy(next(iter(inner.values()))) if place else {}
    assert (".".join(place) or f"{name}: no such key") in refused(changed((*place, name), block))


ATTACK = {"constraint": "linf", "epsilon": 1.5, "step_size": 0.1, "steps": 3}
THEIRS = {"architecture": "vgg19", "regime": "standard", "source": "a.pt", "sha256": "0" * 64, "epoch": 7}
CONTRADICTIONS = {
    "epochs that segments do not divide": (
        {"training.epochs": 90},
        "training.epochs: expected a multiple of training.checkpoint_every (25), found 90",
    ),
    "fewer epochs than a segment has": ({"training.epochs": 10}, "training.epochs: expected a multiple of"),
    "a hash without an archive": ({"dataset.sha256": "0" * 64}, "dataset.sha256: belongs to dataset.archive"),
    "an archive of the embedded data": (
        {"dataset.name": "phototiles", "dataset.archive": "a.tar.gz"},
        "dataset.archive: only cifar10 has an archive, found it with phototiles; set it to null",
    ),
    "a folder without a place": ({"dataset.name": "folder"}, "dataset.path: expected the folder of images, found null"),
    "a place of no folder": (
        {"dataset.name": "phototiles", "dataset.path": "images"},
        "dataset.path: belongs to the dataset folder, found it with phototiles; set it to null",
    ),
    "classes of no folder": (
        {"dataset.classes": {"dog": ["n1"], "cat": ["n2"]}},
        "dataset.classes: belongs to the dataset folder, found it with cifar10; set it to null",
    ),
    "another side of CIFAR-10": (
        {"dataset.size_px": 64},
        "dataset.size_px: cifar10 has images of 32 px, found 64; set it to null",
    ),
    "the library's engine on larger images": (
        {"dataset.name": "folder", "dataset.path": "images", "networks.standard.engine": "robustness"},
        "networks.standard: engine robustness crops images to 32 px, found dataset.size_px 64; take engine: fast",
    ),
    "an attack of no regime": ({"networks.standard.epsilon": 0.5}, "networks.standard: regime standard has no attack"),
    "noise without a size": ({"networks.standard.regime": "noise"}, "networks.standard: regime noise needs epsilon"),
    "an attack beyond black and white": (
        {"networks.adversarial": {"architecture": "vgg19", "regime": "adversarial", **ATTACK}},
        "networks.adversarial.epsilon: 1.5 is more than 1, the largest linf distance between two images",
    ),
    "an evaluation beyond black and white": (
        {"evaluation.constraint": "linf", "evaluation.epsilon": 8},
        "evaluation.epsilon: 8 is more than 1, the largest linf distance between two images; images have values from 0 "
        "to 1; 8 / 255 is 0.03137",
    ),
    "an old name of the iterations": (
        {"reconstruction.evaluations": 2},
        "reconstruction.evaluations: this key is called iterations now",
    ),
    "an old name of a recipe's iterations": (
        {"transfer.recipes.fair.evaluations": 2},
        "transfer.recipes.fair.evaluations: this key is called iterations now",
    ),
    "the old name of the raters": ({"judges": {"held_out": True}}, "judges: this block is called raters now"),
    "the old name of a recipe": (
        {"transfer.recipes.seed": {}},
        "transfer.recipes.seed: the recipe seed is called original now; write original",
    ),
    "the old name of a recipe, based on": (
        {"transfer.recipes.mine": {"based_on": "seed"}},
        "transfer.recipes.mine: the recipe seed is called original now; write original",
    ),
    "the old name of a recipe, taken away": (
        {"transfer.recipes.seed": None},
        "transfer.recipes.seed: the recipe seed is called original now; write original",
    ),
    "a removed key": (
        {"training.processes": 2},
        "training.processes: this key was removed; delete it. To use several GPUs, train several networks or seeds in",
    ),
    "an engine for another's network": (
        {"networks.standard": {"architecture": "mobilenet_v2", "regime": "standard", "engine": "robustness"}},
        "networks.standard: engine robustness trains the library's own networks, found mobilenet_v2; take engine: fast",
    ),
    "an ImageNet network to be trained": (
        {"networks.standard": {"architecture": "imagenet_alexnet", "regime": "standard"}},
        "networks.standard: imagenet_alexnet is not trained here; give source, sha256 and epoch",
    ),
    "an ImageNet network with a width": (
        {"networks.standard": THEIRS | {"architecture": "imagenet_resnet50", "width": 0.5}},
        "networks.standard.width: expected 1 for imagenet_resnet50, found 0.5; take it away",
    ),
    "an ImageNet network on a small picture": (
        {"networks.standard": THEIRS | {"architecture": "imagenet_resnet50"}, "transfer.size_px": 32},
        "transfer.size_px: expected at least 64 for networks.standard (imagenet_resnet50)",
    ),
    "an accuracy of a painter": (
        {
            "networks.standard": THEIRS | {"architecture": "imagenet_resnet50"},
            "expected.standard": {"clean_accuracy": [0.1, 0.9]},
        },
        "expected.standard: a network for ImageNet only paints and has no accuracy; take it away",
    ),
    "another's input of a CIFAR network": (
        {"networks.standard": THEIRS | {"input": "caffe"}},
        "networks.standard.input: belongs to a network for ImageNet, found vgg19; take it away",
    ),
    "half a source": ({"networks.standard.source": "a.pt"}, "networks.standard: a source needs sha256, epoch"),
    "half an address": (
        {"networks.standard": THEIRS | {"source": "https://[::1/a.pt"}},
        "networks.standard.source: expected a local path or https://…, found 'https://[::1/a.pt'",
    ),
    "a source by another way": (
        {"networks.standard": THEIRS | {"source": "http://example.org/a.pt"}},
        "networks.standard.source: expected a local path or https://…",
    ),
    "an attack on a stranger's network": (
        {"networks.standard": THEIRS | {"epsilon": 0.5}},
        "networks.standard: a network with a source is not trained here; take epsilon away",
    ),
    "limits the wrong way round": (
        {"expected.standard.clean_accuracy": [0.9, 0.1]},
        "expected.standard.clean_accuracy: expected the lower limit first, found [0.9, 0.1]; swap them",
    ),
    "limits of nobody": ({"expected.resnet": {}}, "expected.resnet: no such network; known: standard, adversarial"),
    "a pair twice": (
        {"transfer.pairs": [{"content": ["a", "b"], "style": "c"}, {"content": "b", "style": "c"}]},
        "transfer.pairs: b x c is named twice; keep one",
    ),
    "a blend as content": (
        {"transfer.pairs": [{"content": ["hats", "both"], "style": "barn"}]},
        "transfer.pairs: expected an image of the catalogue as content, found the blend both",
    ),
    "a blend of a blend": (
        {"transfer.blends.twice": [{"image": "both"}]},
        "transfer.blends.twice: expected images of the catalogue, found the blend both",
    ),
    "snapshots out of order": (
        {"transfer.recipes.mine.snapshots": [50, 0]},
        "transfer.recipes.mine: expected snapshots in rising order, found [50, 0]; sort them",
    ),
    "a snapshot after the end": (
        {"transfer.recipes.mine.snapshots": [0, 999]},
        "transfer.recipes.mine: snapshot 999 lies beyond the last of 150 iterations",
    ),
    "no loss at all": (
        {"transfer.recipes.mine.style_weight": 0, "transfer.recipes.mine.content_weight": 0},
        "transfer.recipes.mine: style_weight and content_weight are both 0",
    ),
    "a weight too few": (
        {"transfer.recipes.mine.style_layer_weights": [1.0]},
        "transfer.recipes.mine: style_layer_weights: expected one for each of 5 style_layers, found 1",
    ),
    "a moving target for lbfgs": (
        {"transfer.recipes.mine.jitter_px": 4},
        "transfer.recipes.mine: jitter_px: random transformations change the loss at every iteration",
    ),
    "no such recipe": ({"figure.recipe": "unfair"}, "figure.recipe: expected one of fair, mine, found unfair"),
    "based on nothing": (
        {"transfer.recipes.soft": {"based_on": "gatis"}},
        "transfer.recipes.soft.based_on: 'gatis' is no built-in recipe; did you mean gatys?",
    ),
    "one image to reconstruct as both": (
        {"reconstruction.content": "hats", "reconstruction.style": "hats"},
        "reconstruction: expected two images, found hats as content and style",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_keys_that_contradict_one_another(kind: str) -> None:
    changes, message = CONTRADICTIONS[kind]
    config = configuration()
    for place, value in changes.items():
        *blocks, last = place.split(".")
        block = config
        for name in blocks:
            block = block[name]
        block[last] = value
    assert message in refused(config)


def test_every_fault_is_told_at_once() -> None:
    config = configuration()
    config["device"], config["seeds"], config["training"]["epochs"] = "gpu", [1.0], "1e-2"
    message = refused(config)
    assert "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?" in message
    assert "seeds.0: expected a whole number, found 1.0 (write whole numbers without a decimal point)" in message
    assert "training.epochs: expected a whole number, found '1e-2'" in message


def test_a_long_value_is_not_shown_whole() -> None:
    assert len(refused(changed(("device",), "x" * 10**6))) < 500
    assert "seeds: expected a finite number, found a number of very many digits" in refused(
        changed(("seeds",), 1 << 20_000)
    )


def test_no_configuration() -> None:
    assert refused({}) == "the configuration is empty; start from config/config.yaml"
