"""The validated configuration: the only reader of the raw one.

The schema (config/schema.yaml) holds types, ranges and defaults; what a schema cannot say (finite numbers, keys that
contradict each other, names that must exist) is checked here. Standard library, PyYAML and jsonschema only: this
runs in Snakemake's own process, which need not have torch.
"""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError
from robust_style.model import kinds
from robust_style.transfer.recipe import contradictions
from robust_style.transfer.stand_ins import StandIns, read_stand_ins
from robust_style.workflow import plausibility
from robust_style.workflow.dataset import LIBRARY_SIDE_PX, dataset_contradictions, side_px
from robust_style.workflow.defaults import built_in_recipes, completed
from robust_style.workflow.layers import layer_contradictions
from robust_style.workflow.published import with_home_folders, with_tables
from robust_style.workflow.schema_faults import schema_faults

# Of a batch, at least: a process with less than two is idle in effect.
IMAGES_PER_PROCESS = 2


def checked(config: dict[str, Any], schema_path: Path) -> dict[str, Any]:
    """The configuration with defaults filled in and blocks of null removed. Raises ConfigError listing every fault.

    Paths are valid in the working directory, whatever folder that is (`published.with_tables`).
    """
    if not config:
        raise ConfigError("the configuration is empty; start from config/config.yaml")
    named = config
    schema = yaml.safe_load(schema_path.read_text(encoding="utf-8"))
    config = completed(config, schema, built_in_recipes(schema_path.with_name("recipes.yaml")))
    # Contradictions only between values of the right kind.
    stand_ins = read_stand_ins(schema_path.with_name("layers.yaml"))
    faults = schema_faults(config, schema) or list(dict.fromkeys(_contradictions(config, stand_ins)))
    if faults:
        raise ConfigError("the configuration does not fit config/schema.yaml:\n" + "\n".join(f"  {f}" for f in faults))
    return with_tables(with_home_folders(config), named, schema_path.parents[1])


def warnings(config: dict[str, Any]) -> list[str]:
    """What is unusual about a checked configuration, in sentences; to be shown before a run starts.

    Raises DatasetError if the dataset is a folder that cannot be used.
    """
    return list(plausibility.suspicious(config))


def pairs(config: dict[str, Any]) -> list[tuple[str, str]]:
    """(content, style) of every picture, in the order of the configuration."""
    found: list[tuple[str, str]] = []
    for block in config["transfer"]["pairs"]:
        contents, styles = ([v] if isinstance(v, str) else v for v in (block["content"], block["style"]))
        found += itertools.product(contents, styles)
    return found


def pairs_by_job(config: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """The pairs that one job paints with a checkpoint, `transfer.pairs_per_job` of them or what is left."""
    every, count = pairs(config), config["transfer"]["pairs_per_job"]
    return [every[first : first + count] for first in range(0, len(every), count)]


def images_of_style(config: dict[str, Any], style: str) -> list[str]:
    """The images that a style is made of: itself, or those of the blend of that name, masks too."""
    parts = config["transfer"]["blends"].get(style, [{"image": style, "mask": None}])
    return list(dict.fromkeys(name for part in parts for name in (part["image"], part["mask"]) if name))


def is_mask(config: dict[str, Any], image: str) -> bool:
    """Whether this image is used as a mask and never as a content or style."""
    parts = [part for blend in config["transfer"]["blends"].values() for part in blend]
    painted = {name for pair in pairs(config) for name in pair} | {part["image"] for part in parts}
    return image not in painted and any(part["mask"] == image for part in parts)


def reconstructed_pair(config: dict[str, Any]) -> tuple[str, str]:
    """Content and style to be reconstructed: those named, or the first pair's."""
    content, style = pairs(config)[0]
    block = config["reconstruction"]
    return block["content"] or content, block["style"] or style


def checkpoints(config: dict[str, Any]) -> list[tuple[str, int, int]]:
    """(network, seed, completed epochs) of every checkpoint, in the order of the configuration.

    A network trained here has them all under every seed, one of regime `untrained` only epoch 0. An imported network
    has one, at its epoch, and only under the first of `seeds`: what seed it was trained with is not known, and more
    would be copies that pass for replications.
    """
    found: list[tuple[str, int, int]] = []
    for name, network in config["networks"].items():
        if kinds.is_imported(network):
            found.append((name, config["seeds"][0], network["epoch"]))
        else:
            epochs = checkpoint_epochs(config) if kinds.is_trained(network) else [0]
            found += [(name, seed, epoch) for seed in config["seeds"] for epoch in epochs]
    return found


def last_epochs(config: dict[str, Any]) -> dict[str, int]:
    """The last checkpoint of each network, in completed epochs."""
    return {name: max(e for own, _, e in checkpoints(config) if own == name) for name in config["networks"]}


def checkpoint_epochs(config: dict[str, Any]) -> list[int]:
    """Completed epochs at each checkpoint of a network trained here: 0 (untrained), then one per segment."""
    training = config["training"]
    return list(range(0, training["epochs"] + 1, training["checkpoint_every"]))


def wants_autoattack(config: dict[str, Any], network: str, epoch: int) -> bool:
    """Whether the checkpoint of `epoch` is one that AutoAttack is to attack."""
    return config["evaluation"]["autoattack_checkpoints"] == "all" or epoch == last_epochs(config)[network]


def one_of(names: Iterable[str]) -> str:
    """A wildcard's constraint: one of these names; of none, nothing matches."""
    return "|".join(names) or "(?!)"


def picture_labels(config: dict[str, Any], wildcards: Any, content: str, style: str) -> dict[str, str | int]:
    """What tells one picture from another in the report: a column each, a toggle where there are two values.

    `wildcards` has the attributes network, seed, epoch and recipe. The regime is told apart by the
    network's name where that is another.
    """
    regime = config["networks"][wildcards.network]["regime"]
    return {
        "regime": regime if wildcards.network == regime else f"{wildcards.network} ({regime})",
        "epoch": int(wildcards.epoch),
        "content": content,
        "style": style,
        "recipe": wildcards.recipe,
        "seed": int(wildcards.seed),
    }


def _contradictions(config: dict[str, Any], stand_ins: StandIns) -> Iterator[str]:
    training, dataset, transfer = config["training"], config["dataset"], config["transfer"]
    if training["epochs"] % training["checkpoint_every"]:
        yield (
            f"training.epochs: expected a multiple of training.checkpoint_every ({training['checkpoint_every']}), "
            f"found {training['epochs']}"
        )
    fewest = IMAGES_PER_PROCESS * training["processes"]
    if training["processes"] > 1 and training["batch_size"] < fewest:
        yield (
            f"training.batch_size: expected at least {fewest} images for training.processes {training['processes']}, "
            f"found {training['batch_size']}; it is the size of the whole batch, of which each process takes a share"
        )
    yield from dataset_contradictions(dataset)
    yield from plausibility.impossible(config)
    for name, network in config["networks"].items():
        yield from kinds.contradictions(name, network)
        yield from kinds.engine_contradictions(name, network, training)
        yield from kinds.processes_contradictions(name, network, training["processes"])
        if network["engine"] == "robustness" and side_px(config) != LIBRARY_SIDE_PX:
            yield (
                f"networks.{name}: engine robustness crops images to {LIBRARY_SIDE_PX} px, found dataset.size_px "
                f"{side_px(config)}; take engine: fast, or size_px: {LIBRARY_SIDE_PX}"
            )
    for name, parts in transfer["blends"].items():
        for part in parts:
            if part["image"] in transfer["blends"]:
                yield f"transfer.blends.{name}: expected images of the catalogue, found the blend {part['image']}"
    for name in dict.fromkeys(content for content, _ in pairs(config) if content in transfer["blends"]):
        yield f"transfer.pairs: expected an image of the catalogue as content, found the blend {name}"
    doubled = {pair for pair in pairs(config) if pairs(config).count(pair) > 1}
    for content, style in sorted(doubled):
        yield f"transfer.pairs: {content} x {style} is named twice; keep one"
    for name, recipe in transfer["recipes"].items():
        yield from (f"transfer.recipes.{name}: {fault}" for fault in contradictions(recipe))
    yield from layer_contradictions(config, stand_ins)
    content, style = reconstructed_pair(config)
    if content == style and config["reconstruction"]["checkpoints"] != "none":
        yield f"reconstruction: expected two images, found {content} as content and style; choose another"
    if content in transfer["blends"]:
        yield f"reconstruction.content: expected an image of the catalogue, found the blend {content}"
    if config["figure"]["recipe"] not in transfer["recipes"]:
        yield f"figure.recipe: expected one of {', '.join(transfer['recipes'])}, found {config['figure']['recipe']}"
    for name, limits in config["expected"].items():
        if name not in config["networks"]:
            yield f"expected.{name}: no such network; known: {', '.join(config['networks'])}"
        elif kinds.only_paints(config["networks"][name]) and limits:
            yield f"expected.{name}: a network for ImageNet only paints and has no accuracy; take it away"
        for accuracy, (low, high) in limits.items():
            if low > high:
                yield f"expected.{name}.{accuracy}: expected the lower limit first, found [{low}, {high}]; swap them"
