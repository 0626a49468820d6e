"""What a checked configuration asks for: dataset, checkpoints, pairs, layers, reconstructions, raters, comparisons.

Standard library and PyYAML only: the Snakefile imports it.
"""

import itertools
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from robust_style.claims.formula import PAIRED_REGIMES
from robust_style.data.image_folder import ImageFolder, read_folder
from robust_style.errors import ConfigError
from robust_style.model import kinds
from robust_style.transfer.stand_ins import StandIns, layer_for, own_layers, recipe_for

Config = Mapping[str, Any]

FOLDER = "folder"
# px; of cifar10 and phototiles, and the crop of the robustness library's training.
LIBRARY_SIDE_PX = 32
# px; Tiny ImageNet's.
_FOLDER_SIDE_PX = 64
# Training and test images if the configuration gives no number. Any number of phototiles can be made.
_DEFAULT_SIZES = {"cifar10": (50_000, 10_000), "phototiles": (5_000, 1_000)}
# px; enough to see what a layer encodes. Ten pictures of each checkpoint must not cost much.
_MAX_RECONSTRUCTION_PX = 256
# Pixels of a batch, the shorter side squared, that a GPU of 24 GB has memory for with VGG19 at full width.
_LARGEST_BATCH_PIXELS = 20 * 512**2
ROLES = ("standard", "adversarial", "noise", "step_matched", "untrained")
# Style layers of raters that are networks for CIFAR; SOURCE: Gatys et al. 2016. Other architectures have stand-ins.
RATER_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
_WEIGHTS = ("style_weight", "content_weight")
_CHECKPOINTS = "checkpoints"


# --- Dataset ---


def side_px(config: Config) -> int:
    """Side of the training images, px."""
    dataset = config["dataset"]
    return int(dataset["size_px"] or (_FOLDER_SIDE_PX if dataset["name"] == FOLDER else LIBRARY_SIDE_PX))


def dataset_sizes(config: Config) -> tuple[int, int]:
    """Numbers of training and test images; those of a folder are counted unless the configuration gives them."""
    dataset = config["dataset"]
    train, test = dataset["train_size"], dataset["test_size"]
    if None not in (train, test):
        return train, test
    if dataset["name"] == FOLDER:
        folder = image_folder(config)
        return train or len(folder.train.labels), test or len(folder.test.labels)
    default_train, default_test = _DEFAULT_SIZES[dataset["name"]]
    return train or default_train, test or default_test


def available_images(dataset: str) -> tuple[int | None, int | None]:
    """Numbers of training and test images that the dataset of this name has; None if unknown."""
    return _DEFAULT_SIZES[dataset] if dataset == "cifar10" else (None, None)


def image_folder(config: Config) -> ImageFolder:
    """The images of the dataset `folder`. Raises DatasetError if it cannot be used."""
    return read_folder(Path(config["dataset"]["path"]), config["dataset"]["classes"])


def folder_fingerprint(config: Config) -> str | None:
    """A hash that changes with any image of the dataset `folder`; None for other datasets. Raises DatasetError."""
    return image_folder(config).fingerprint if config["dataset"]["name"] == FOLDER else None


# --- Checkpoints ---


def checkpoints(config: Config) -> list[tuple[str, int, int]]:
    """(network, seed, completed epochs) of every checkpoint, in the order of the configuration.

    A network trained here has one after each segment and before training, for every seed; an untrained one only
    epoch 0. An imported network has one, under the first seed: its training seed is unknown, and copies under other
    seeds would look like replications.
    """
    result: list[tuple[str, int, int]] = []
    for name, network in config["networks"].items():
        if kinds.is_imported(network):
            result.append((name, config["seeds"][0], network["epoch"]))
        else:
            epochs = checkpoint_epochs(config) if kinds.is_trained(network) else [0]
            result += [(name, seed, epoch) for seed in config["seeds"] for epoch in epochs]
    return result


def checkpoint_epochs(config: Config) -> list[int]:
    """Completed epochs at each checkpoint of a network trained here: 0 (untrained), then one per segment."""
    training = config["training"]
    return list(range(0, training["epochs"] + 1, training["checkpoint_every"]))


def last_epochs(config: Config) -> dict[str, int]:
    """Completed epochs of each network's last checkpoint."""
    last = dict.fromkeys(config["networks"], 0)
    for network, _, epoch in checkpoints(config):
        last[network] = max(last[network], epoch)
    return last


def painting_checkpoints(config: Config, recipe: str) -> list[tuple[str, int, int]]:
    """(network, seed, completed epochs) of every checkpoint that paints with `recipe`; see its key `checkpoints`.

    `ends` are the untrained checkpoint, the first trained one and the last, as far as a network has them.
    """
    choice, every = config["transfer"]["recipes"][recipe]["checkpoints"], checkpoints(config)
    if choice == "all":
        return every
    last = last_epochs(config)
    ends = checkpoint_epochs(config)[:2] if choice == "ends" else []
    return [item for item in every if item[2] == last[item[0]] or item[2] in ends]


def needs_autoattack(config: Config, network: str, epoch: int) -> bool:
    """True if the checkpoint is evaluated with AutoAttack."""
    return config["evaluation"]["autoattack_checkpoints"] == "all" or epoch == last_epochs(config)[network]


# --- Pairs and images ---


def pairs(config: Config) -> list[tuple[str, str]]:
    """(content, style) of every picture, in the order of the configuration."""
    result: list[tuple[str, str]] = []
    for block in config["transfer"]["pairs"]:
        contents, styles = ([v] if isinstance(v, str) else v for v in (block["content"], block["style"]))
        result += itertools.product(contents, styles)
    return result


def pairs_per_job(config: Config) -> int:
    """How many pairs a job paints with a checkpoint. `auto` is decided by the configuration alone.

    The machine that plans a run may have no GPU, although its jobs run on one.
    """
    count = config["transfer"]["pairs_per_job"]
    if count != "auto":
        return int(count)
    if config["device"] == "cpu":
        return 1
    number = len(pairs(config))
    fitting: int = max(1, _LARGEST_BATCH_PIXELS // config["transfer"]["size_px"] ** 2)
    return math.ceil(number / math.ceil(number / fitting))


def pairs_by_job(config: Config) -> list[list[tuple[str, str]]]:
    """The pairs that each job paints with a checkpoint: `transfer.pairs_per_job`, fewer in the last."""
    all_pairs, count = pairs(config), pairs_per_job(config)
    return [all_pairs[first : first + count] for first in range(0, len(all_pairs), count)]


def images_of_style(config: Config, style: str) -> list[str]:
    """The images of a style: itself or, for a blend, its images and masks."""
    parts = config["transfer"]["blends"].get(style, [{"image": style, "mask": None}])
    return list(dict.fromkeys(name for part in parts for name in (part["image"], part["mask"]) if name))


def is_mask(config: Config, image: str) -> bool:
    """True if this image is used as a mask only, not as content or style."""
    parts = [part for blend in config["transfer"]["blends"].values() for part in blend]
    painted = {name for pair in pairs(config) for name in pair} | {part["image"] for part in parts}
    return image not in painted and any(part["mask"] == image for part in parts)


def one_of(names: Iterable[str]) -> str:
    """A regular expression that matches one of `names`; of none, it matches nothing."""
    return "|".join(names) or "(?!)"


# --- Layers ---


def painted_recipe(config: Config, network: str, recipe: str, stand_ins: StandIns) -> dict[str, Any]:
    """The recipe with the layers of this network's architecture."""
    return recipe_for(config["transfer"]["recipes"][recipe], _architecture(config, network), stand_ins)


def compared_recipes(config: Config) -> dict[str, dict[str, Any]]:
    """The recipes without the key `checkpoints`: recipes that differ in it only are equal in how they paint."""
    return {
        name: {key: value for key, value in recipe.items() if key != _CHECKPOINTS}
        for name, recipe in config["transfer"]["recipes"].items()
    }


def reconstructed_layers(config: Config, network: str, stand_ins: StandIns) -> list[str]:
    """The layers from which this network reconstructs; every network has the same number."""
    block, architecture = config["reconstruction"], _architecture(config, network)
    layers = [block["layers"], *own_layers(block["layers_of"], architecture)][-1]
    return [layer_for(layer, architecture, stand_ins) for layer in layers]


# --- Reconstructions ---


def reconstructed_checkpoints(config: Config) -> list[tuple[str, int, int]]:
    """(network, seed, completed epochs) of every checkpoint with reconstructions: all, each network's last, or none."""
    choice = config["reconstruction"]["checkpoints"]
    if choice == "none":
        return []
    last = last_epochs(config)
    return [item for item in checkpoints(config) if choice == "all" or item[2] == last[item[0]]]


def reconstructed_pair(config: Config) -> tuple[str, str]:
    """Content and style to reconstruct; by default those of the first pair."""
    content, style = pairs(config)[0]
    block = config["reconstruction"]
    return block["content"] or content, block["style"] or style


def images_to_reconstruct(config: Config) -> list[str]:
    """The images of the catalogue that reconstructions need; empty without reconstructions."""
    if not reconstructed_checkpoints(config):
        return []
    content, style = reconstructed_pair(config)
    return list(dict.fromkeys((content, *images_of_style(config, style))))


def reconstruction_px(config: Config) -> int:
    """Shorter side of the reconstructions, px; by default that of the pictures, at most 256 px."""
    size_px: int | None = config["reconstruction"]["size_px"]
    return size_px or min(config["transfer"]["size_px"], _MAX_RECONSTRUCTION_PX)


# --- Comparisons ---


def networks_by_role(config: Config) -> dict[str, str]:
    """The network that plays each role (`ROLES`) in comparisons, and every other network under its own name.

    If several networks fit a role, it is the one with most checkpoints, then the one named like the role, then the
    first by name: an imported network has one checkpoint, and shares neither initialisation nor data order with others.
    `step_matched` is a standard network with several passes over the data per epoch. Without an untrained network,
    epoch 0 of the standard one is `untrained`. Networks for ImageNet have no role.
    """
    counts = Counter(name for name, _, _ in checkpoints(config))
    roles = {name: _role(block) for name, block in config["networks"].items() if not kinds.only_paints(block)}
    by_role: dict[str, str] = {}
    for name in sorted(roles, key=lambda name: (-counts[name], name != roles[name], name)):
        by_role.setdefault(roles[name], name)
    if "standard" in by_role:
        by_role.setdefault("untrained", by_role["standard"])
    return {name: name for name in config["networks"] if name not in ROLES} | by_role


def networks_by_architecture(config: Config) -> dict[str, dict[str, str]]:
    """The standard and the adversarial network of each architecture that has both, for claims over architectures.

    Networks for ImageNet count; untrained and step-matched ones do not. Raises ConfigError if two networks fit, or if
    there are several trainings of one: it would be unclear which of them stands for the architecture.
    """
    by_architecture: dict[str, dict[str, str]] = {}
    counts = Counter(name for name, _ in {(name, seed) for name, seed, _ in checkpoints(config)})
    for name, network in config["networks"].items():
        role, architecture = _role(network), network["architecture"]
        if role not in PAIRED_REGIMES:
            continue
        other = by_architecture.setdefault(architecture, {}).setdefault(role, name)
        if other != name:
            raise ConfigError(
                f"networks: a claim has the unit architectures, but {other} and {name} are both {role} networks of "
                f"{architecture}; take one away"
            )
    paired = {name: networks for name, networks in by_architecture.items() if len(networks) == len(PAIRED_REGIMES)}
    for name in (name for networks in paired.values() for name in networks.values()):
        if counts[name] > 1:
            raise ConfigError(
                f"seeds: a claim has the unit architectures, but {name} has {counts[name]} trainings; take one "
                "seed, or unit: seeds"
            )
    return paired


def training_epsilons(config: Config) -> dict[str, float]:
    """Epsilon of each network's training: 0 for standard training with one pass over the images per epoch.

    Networks of other regimes, and imported ones (unknown epsilon), are left out.
    """
    return {
        name: float(network.get("epsilon", 0.0))
        for name, network in config["networks"].items()
        if kinds.is_trained(network) and _role(network) in ("standard", "adversarial")
    }


def ratio_series(recipes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Series of recipes that differ in their ratio of style to content weight only, by title, in rising order.

    `recipes` are complete blocks of the configuration. Example: {"ratio 30 to 300": ["gentle", "fair"]}.
    """
    groups: dict[str, list[str]] = {}
    for name, recipe in recipes.items():
        others = {key: value for key, value in recipe.items() if key not in _WEIGHTS}
        groups.setdefault(json.dumps(others, sort_keys=True), []).append(name)
    series: dict[str, list[str]] = {}
    for names in groups.values():
        ordered = sorted(names, key=lambda name: (_ratio(recipes[name]), name))
        ratios = [_ratio(recipes[name]) for name in ordered]
        if len(set(ratios)) > 1:
            title = f"ratio {ratios[0]:.3g} to {ratios[-1]:.3g}"
            # Two series can have the same ends.
            series[title if title not in series else f"{title}, {ordered[0]}"] = ordered
    return series


# --- Raters ---


def held_out_raters(config: Config, seed: int) -> dict[str, tuple[str, int, int]]:
    """Regime -> (network, seed, epoch) of the raters of pictures painted under `seed`: networks of the next seed.

    Empty if the configuration switches them off or has one seed, where every rater would rate its own pictures.
    """
    seeds = config["seeds"]
    if not config["raters"]["held_out"] or len(seeds) < 2:
        return {}
    next_seed = seeds[(seeds.index(seed) + 1) % len(seeds)]
    by_role, epochs = networks_by_role(config), last_epochs(config)
    return {
        regime: (by_role[regime], next_seed, epochs[by_role[regime]])
        for regime in ("standard", "adversarial")
        if regime in by_role and not kinds.is_imported(config["networks"][by_role[regime]])
    }


def has_raters(config: Config) -> bool:
    """True if any rater is configured."""
    return config["raters"]["squeezenet"] is not None or bool(held_out_raters(config, config["seeds"][0]))


def layers_of_raters(config: Config, seed: int, stand_ins: StandIns) -> dict[str, list[str]]:
    """Regime -> the layers in which its rater compares pictures painted under `seed`."""
    return {
        regime: [layer_for(layer, _architecture(config, network), stand_ins) for layer in RATER_LAYERS]
        for regime, (network, _, _) in held_out_raters(config, seed).items()
    }


def _architecture(config: Config, network: str) -> str:
    architecture: str = config["networks"][network]["architecture"]
    return architecture


def _role(network: Mapping[str, Any]) -> str:
    regime: str = network["regime"]
    is_step_matched = regime == "standard" and not kinds.is_imported(network) and network["passes_per_epoch"] > 1
    return "step_matched" if is_step_matched else regime


def _ratio(recipe: Mapping[str, Any]) -> float:
    """Style weight over content weight; infinite without content."""
    style, content = (float(recipe[key]) for key in _WEIGHTS)
    return style / content if content else float("inf")
