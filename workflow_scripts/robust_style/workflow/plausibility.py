"""Checks of a configuration that need several keys, arithmetic or the dataset's folder: errors and warnings.

Standard library only: the Snakefile imports it. The schema has been checked before (`schema.schema_errors`).
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from robust_style.errors import ConfigError
from robust_style.messages import did_you_mean
from robust_style.model import kinds
from robust_style.model.architectures import (
    ARCHITECTURES,
    FIRST_CHANNELS,
    architecture_named,
    check_layer,
    is_pretrained,
    layer_names,
)
from robust_style.transfer.recipe import contradictions
from robust_style.transfer.stand_ins import StandIns, recipe_for
from robust_style.workflow.experiment import (
    FOLDER,
    LIBRARY_SIDE_PX,
    available_images,
    dataset_sizes,
    pairs,
    reconstructed_layers,
    reconstructed_pair,
    side_px,
)

Config = Mapping[str, Any]

# Radius as a fraction of the largest distance between two images. ASSUME: within it there is usually an image of
# another class. Radii in use are far below: L2 0.25 to 2 at 32 px (largest distance 55), L2 3 at 224 px (388), Linf
# 8/255 to 0.3.
_LARGE_RADIUS = {"l2": 0.1, "linf": 0.3}
# step_size / epsilon. The original work has 3; beyond this, only the direction of the gradient matters.
_LARGE_STEP = 10
# learning_rate / (1 - momentum), the total step per unit of gradient: 1 in the published experiment.
_MIN_GAIN, _MAX_GAIN = 1e-4, 10.0
# learning_rate x weight_decay, the share of each weight that a step removes: 5e-5 in the published experiment.
_LARGE_DECAY = 0.01
# Standard deviation of noise on the pixel scale [0, 1]: one step of 8-bit images, half of the range.
_MIN_NOISE, _MAX_NOISE = 1 / 255, 0.5
_FEW_CHANNELS = 4
# px; the deepest map then has two positions on a side.
_MIN_IMAGENET_PX = 64


def configuration_errors(config: Config, stand_ins: StandIns) -> Iterator[str]:
    """What cannot be computed or contradicts itself, one sentence each. The dataset's folder is not read."""
    yield from _dataset_errors(config)
    yield from _training_errors(config)
    yield from _attack_errors(config)
    yield from _network_errors(config)
    yield from _transfer_errors(config)
    yield from _layer_errors(config, stand_ins)
    yield from _reconstruction_errors(config)
    yield from _expectation_errors(config)


def configuration_warnings(config: Config) -> Iterator[str]:
    """What is unusual in a configuration without errors, probably by mistake, one sentence each.

    Raises DatasetError if the images of the dataset `folder` cannot be counted.
    """
    yield from _attack_warnings(config)
    yield from _noise_warnings(config)
    yield from _training_warnings(config)
    if config["dataset"]["name"] == FOLDER:
        yield from _folder_warnings(config)


def _dataset_errors(config: Config) -> Iterator[str]:
    dataset, name = config["dataset"], config["dataset"]["name"]
    if name != "cifar10" and dataset["archive"] is not None:
        yield f"dataset.archive: only cifar10 has an archive, not {name}; set it to null"
    if dataset["sha256"] is not None and dataset["archive"] is None:
        yield "dataset.sha256: belongs to dataset.archive, which is null; give both or neither"
    if name == FOLDER and dataset["path"] is None:
        yield "dataset.path: null, but the dataset is a folder of images; name the folder"
    for key in ("path", "classes"):
        if name != FOLDER and dataset[key] is not None:
            yield f"dataset.{key}: belongs to the dataset {FOLDER}, not {name}; set it to null"
    if name != FOLDER and dataset["size_px"] not in (None, LIBRARY_SIDE_PX):
        yield f"dataset.size_px: images of {name} have {LIBRARY_SIDE_PX} px, not {dataset['size_px']}; set it to null"
    for key, available in zip(("train_size", "test_size"), available_images(name), strict=True):
        if dataset[key] is not None and available is not None:
            yield from _too_many(f"dataset.{key}", dataset[key], available, f"images of {name}", _OR_NULL)
    if name != FOLDER:
        train, test = dataset_sizes(config)
        yield from _too_many("training.batch_size", config["training"]["batch_size"], train, "training images")
        yield from _too_many("evaluation.images", config["evaluation"]["images"] or 0, test, "test images", _OR_NULL)


def _training_errors(config: Config) -> Iterator[str]:
    training = config["training"]
    epochs, segment = training["epochs"], training["checkpoint_every"]
    if epochs % segment:
        yield f"training.epochs: {epochs} is no multiple of training.checkpoint_every ({segment}); change one of them"
    if (decay := _decay(config)) >= 1:
        yield f"training.weight_decay: {_DECAY.format(decay)}, which leaves none; lower it (5.0e-4 is usual)"


def _attack_errors(config: Config) -> Iterator[str]:
    for attack in _attacks(config):
        farthest = f"{attack.farthest:.4g}, the largest {attack.constraint} distance between two images"
        if attack.epsilon > attack.farthest:
            yield f"{attack.place}.epsilon: {attack.epsilon:g} is more than {farthest}; {_scale(attack.epsilon)}"
        elif attack.falls_short and not attack.random_start:
            # Whatever the restarts of an evaluation: the accuracy would be reported as that under epsilon.
            yield f"{attack.place}: {attack.reach}: the attack cannot reach its constraint; raise step_size or steps"
        if attack.step_size > attack.farthest:
            yield f"{attack.place}.step_size: {attack.step_size:g} is more than {farthest}; {_USUAL_STEP}"


def _network_errors(config: Config) -> Iterator[str]:
    training = config["training"]
    for name, network in config["networks"].items():
        place = f"networks.{name}"
        yield from kinds.contradictions(name, network)
        yield from kinds.engine_contradictions(name, network, training)
        if network["engine"] == "robustness" and side_px(config) != LIBRARY_SIDE_PX:
            yield (
                f"{place}: engine robustness crops images to {LIBRARY_SIDE_PX} px, but dataset.size_px is "
                f"{side_px(config)}; take engine: fast, or size_px: {LIBRARY_SIDE_PX}"
            )
        if not kinds.is_imported(network) and (channels := FIRST_CHANNELS * network["width"]) < 1:
            yield (
                f"{place}.width: {network['width']:g} of the {FIRST_CHANNELS} channels of the first layer is "
                f"{channels:.2g}, less than one; choose {_FEW_CHANNELS / FIRST_CHANNELS:g} or more"
            )
    for name, epsilon in _noise_epsilons(config):
        if epsilon > _farthest(config, "l2"):
            yield f"networks.{name}.epsilon: {_noise(config, epsilon)}, and {_scale(epsilon)}"


def _transfer_errors(config: Config) -> Iterator[str]:
    transfer, all_pairs = config["transfer"], pairs(config)
    for name, parts in transfer["blends"].items():
        for part in parts:
            if part["image"] in transfer["blends"]:
                yield f"transfer.blends.{name}: {part['image']} is a blend itself; name images of the catalogue"
    for name in dict.fromkeys(content for content, _ in all_pairs if content in transfer["blends"]):
        yield f"transfer.pairs: the content {name} is a blend; name an image of the catalogue"
    for content, style in sorted({pair for pair in all_pairs if all_pairs.count(pair) > 1}):
        yield f"transfer.pairs: {content} x {style} is named twice; keep one"
    for name, recipe in transfer["recipes"].items():
        yield from (f"transfer.recipes.{name}: {error}" for error in contradictions(recipe))
    if (recipe := config["figure"]["recipe"]) not in transfer["recipes"]:
        yield f"figure.recipe: {recipe} is not one of the recipes {', '.join(transfer['recipes'])}"
    for name in config["figure"]["networks"]:
        if name not in config["networks"]:
            yield f"figure.networks: {name} is not one of the networks {', '.join(config['networks'])}"


def _layer_errors(config: Config, stand_ins: StandIns) -> Iterator[str]:
    recipes, reconstruction = config["transfer"]["recipes"], config["reconstruction"]
    families = [architecture.family for architecture in ARCHITECTURES.values()]
    known = list(dict.fromkeys([*families, *stand_ins, *ARCHITECTURES]))
    blocks = {f"transfer.recipes.{name}": recipe for name, recipe in recipes.items()}
    for place, block in (blocks | {"reconstruction": reconstruction}).items():
        for name in block["layers_of"]:
            if name not in known:
                hint = did_you_mean(name, known)
                yield f"{place}.layers_of.{name}: not an architecture or a family ({', '.join(known)}){hint}"
    # One network per architecture: others would repeat the same errors.
    networks = {block["architecture"]: name for name, block in reversed(config["networks"].items())}
    for architecture, network in networks.items():
        yield from _size_errors(config, network, architecture)
        for name, recipe in recipes.items():
            settled = recipe_for(recipe, architecture, stand_ins)
            yield from (f"transfer.recipes.{name}: {error}" for error in contradictions(settled))
            layers = dict.fromkeys([*settled["style_layers"], *settled["content_layers"]])
            yield from _unknown_layers(f"transfer.recipes.{name}", network, architecture, layers)
        if reconstruction["checkpoints"] != "none":
            settled_layers = reconstructed_layers(config, network, stand_ins)
            yield from _unknown_layers("reconstruction", network, architecture, settled_layers)
            yield from _column_errors(reconstruction["layers"], network, settled_layers)


def _unknown_layers(place: str, network: str, architecture: str, layers: Iterable[str]) -> Iterator[str]:
    known = layer_names(architecture)
    for layer in layers:
        try:
            check_layer(layer, known, f"{architecture} (networks.{network})")
        except ConfigError as error:
            yield f"{place}: {error}"


def _size_errors(config: Config, network: str, architecture: str) -> Iterator[str]:
    """A feature map of one position has no structure. Networks for ImageNet, except VGG, halve a picture five times."""
    if not is_pretrained(architecture) or architecture_named(architecture).family == "vgg":
        return
    sizes_px = {"transfer.size_px": config["transfer"]["size_px"]}
    if config["reconstruction"]["checkpoints"] != "none":
        sizes_px["reconstruction.size_px"] = config["reconstruction"]["size_px"] or _MIN_IMAGENET_PX
    for key, size_px in sizes_px.items():
        if size_px < _MIN_IMAGENET_PX:
            yield (
                f"{key}: {size_px} is less than {_MIN_IMAGENET_PX}, which networks.{network} ({architecture}) needs: "
                "it halves a picture five times. Paint larger pictures, or remove the network"
            )


def _column_errors(configured: list[str], network: str, layers: list[str]) -> Iterator[str]:
    """The figure of reconstructions has one column per layer, the same for all networks."""
    if len(layers) != len(configured):
        yield (
            f"reconstruction.layers_of: {len(layers)} layers for networks.{network}, but reconstruction.layers has "
            f"{len(configured)}; the figure has a column for each, give as many"
        )
    for layer in dict.fromkeys(layer for layer in layers if layers.count(layer) > 1):
        yield (
            f"reconstruction.layers: {layer} of networks.{network} stands for several of the layers; name one layer of "
            "each block of VGG, or others in reconstruction.layers_of"
        )


def _reconstruction_errors(config: Config) -> Iterator[str]:
    content, style = reconstructed_pair(config)
    if content == style and config["reconstruction"]["checkpoints"] != "none":
        yield f"reconstruction: content and style are the same image ({content}); choose another"
    if content in config["transfer"]["blends"]:
        yield f"reconstruction.content: {content} is a blend; name an image of the catalogue"


def _expectation_errors(config: Config) -> Iterator[str]:
    for name, limits in config["expected"].items():
        if name not in config["networks"]:
            yield f"expected.{name}: no such network; known: {', '.join(config['networks'])}"
        elif kinds.only_paints(config["networks"][name]) and limits:
            yield f"expected.{name}: a network for ImageNet only paints and has no accuracy; remove it"
        for accuracy, (low, high) in limits.items():
            if low > high:
                yield f"expected.{name}.{accuracy}: the lower limit comes first, not [{low}, {high}]; swap them"


def _attack_warnings(config: Config) -> Iterator[str]:
    for attack in _attacks(config):
        if attack.falls_short:
            yield f"{attack.place}: {attack.reach}: the attack stays near its random start; raise step_size or steps"
        if attack.epsilon > _LARGE_RADIUS[attack.constraint] * attack.farthest:
            yield (
                f"{attack.place}.epsilon: {attack.epsilon:g} is large, the largest {attack.constraint} distance "
                f"between two images is {attack.farthest:.4g}; {_scale(attack.epsilon)}"
            )
        if attack.step_size > _LARGE_STEP * attack.epsilon > 0:
            yield (
                f"{attack.place}.step_size: {attack.step_size:g} is more than {_LARGE_STEP} times epsilon "
                f"({attack.epsilon:g}); {_USUAL_STEP}"
            )
    evaluation = config["evaluation"]
    monitor = _attack(config, "evaluation", evaluation | {"steps": evaluation["monitor_steps"]})
    if monitor.steps > 0 and monitor.falls_short:
        yield (
            f"evaluation.monitor_steps: {monitor.reach}: training curves will show more robustness than there is; "
            "raise monitor_steps"
        )


def _noise_warnings(config: Config) -> Iterator[str]:
    for name, epsilon in _noise_epsilons(config):
        deviation = epsilon / _farthest(config, "l2")
        if deviation > _MAX_NOISE:
            yield f"networks.{name}.epsilon: {_noise(config, epsilon)}, and {_scale(epsilon)}"
        elif deviation < _MIN_NOISE:
            yield (
                f"networks.{name}.epsilon: {_noise(config, epsilon)}, less than one step of 8-bit images; if "
                f"{epsilon:g} is to be the standard deviation, write {epsilon * _farthest(config, 'l2'):.3g}"
            )


def _training_warnings(config: Config) -> Iterator[str]:
    training = config["training"]
    if (decay := _decay(config)) > _LARGE_DECAY:
        yield f"training.weight_decay: {_DECAY.format(decay)}; 5e-5 is usual"
    gain = training["learning_rate"] / (1 - training["momentum"])
    if not _MIN_GAIN <= gain <= _MAX_GAIN:
        effect = "training will probably diverge" if gain > _MAX_GAIN else "the weights will hardly change"
        yield (
            f"training.learning_rate: learning_rate {training['learning_rate']:g} / (1 - momentum "
            f"{training['momentum']:g}) is {gain:g}; 1 is usual, and {effect}"
        )
    for name, network in config["networks"].items():
        channels = FIRST_CHANNELS * network["width"]
        if not kinds.is_imported(network) and channels < _FEW_CHANNELS:
            yield (
                f"networks.{name}.width: {network['width']:g} leaves {channels:.2g} of the {FIRST_CHANNELS} channels "
                "of the first layer"
            )


def _folder_warnings(config: Config) -> Iterator[str]:
    """Not errors, because counting the images in the process of every job would take minutes."""
    train, test = dataset_sizes(config)
    batch, images = config["training"]["batch_size"], config["evaluation"]["images"] or 0
    yield from _too_many("training.batch_size", batch, train, "training images", ": each epoch is one step; lower it")
    yield from _too_many("evaluation.images", images, test, "test images", ", which are all used")


@dataclass(frozen=True)
class _Attack:
    """Projected gradient descent as the block at `place` configures it."""

    place: str
    constraint: str
    epsilon: float
    step_size: float
    steps: int
    random_start: bool
    farthest: float
    """The largest distance between two images with values from 0 to 1."""

    @property
    def falls_short(self) -> bool:
        """True if the steps from the centre cannot reach the constraint. False if epsilon itself is impossible."""
        # Sums such as 5 x 0.1 are not exact.
        return self.steps * self.step_size < self.epsilon * (1 - 1e-9) and self.epsilon <= self.farthest

    @property
    def reach(self) -> str:
        """`10 steps of 0.0005 reach 0.005, epsilon is 0.5`."""
        steps = "1 step" if self.steps == 1 else f"{self.steps} steps"
        reach = "reaches" if self.steps == 1 else "reach"
        return f"{steps} of {self.step_size:g} {reach} {self.steps * self.step_size:g}, epsilon is {self.epsilon:g}"


def _attacks(config: Config) -> Iterator[_Attack]:
    # Restarts of an evaluation at random points make it no stronger than the attack from the image.
    yield _attack(config, "evaluation", config["evaluation"] | {"random_start": False})
    for name, network in config["networks"].items():
        has_attack = kinds.is_trained(network) and network["regime"] == "adversarial"
        if has_attack and all(key in network for key in kinds.ATTACK_KEYS):
            yield _attack(config, f"networks.{name}", network)


def _attack(config: Config, place: str, block: Config) -> _Attack:
    return _Attack(
        place,
        block["constraint"],
        float(block["epsilon"]),
        float(block["step_size"]),
        block["steps"],
        block.get("random_start", False),
        _farthest(config, block["constraint"]),
    )


def _noise_epsilons(config: Config) -> Iterator[tuple[str, float]]:
    """Name and L2 norm of the noise of each network trained with noise."""
    for name, network in config["networks"].items():
        if kinds.is_trained(network) and network["regime"] == "noise" and "epsilon" in network:
            yield name, float(network["epsilon"])


def _farthest(config: Config, constraint: str) -> float:
    """The largest distance between two images with values from 0 to 1.

    For "l2" it is also the ratio of the L2 norm of noise to its standard deviation per value.
    """
    return math.sqrt(3) * side_px(config) if constraint == "l2" else 1.0


_DECAY = "each step takes learning_rate × weight_decay = {:g} of every weight away"
_USUAL_STEP = "a quarter of epsilon is usual"
_OR_NULL = "; lower it, or set it to null for all"


def _decay(config: Config) -> float:
    return float(config["training"]["learning_rate"] * config["training"]["weight_decay"])


def _scale(epsilon: float) -> str:
    return f"images have values from 0 to 1; {epsilon:g} / 255 is {epsilon / 255:.4g}"


def _noise(config: Config, epsilon: float) -> str:
    deviation = epsilon / _farthest(config, "l2")
    return f"noise of L2 norm {epsilon:g} has a standard deviation of {deviation:.3g} per value"


def _too_many(key: str, count: int, available: int, of_what: str, remedy: str = "; lower it") -> Iterator[str]:
    if count > available:
        yield f"{key}: {count} is more than the {available} {of_what}{remedy}"
