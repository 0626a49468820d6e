"""What one recipe of style transfer is: which layers, which losses, which optimiser, how long."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast, get_args

from robust_style.errors import ConfigError

LossNormalisation = Literal["none", "relative"]
Pooling = Literal["max", "average"]
Optimiser = Literal["lbfgs", "lbfgs_unguarded"]
Initialisation = Literal["content", "noise"]


@dataclass(frozen=True)
class Recipe:
    """One way to transfer a style, the same for every network.

    A layer name says where the feature map is taken: `conv4_2` is the output of the convolution, before batch norm;
    `relu4_2` is after batch norm and ReLU. `evaluations` counts gradients after that of the start, so that the
    picture at evaluation 0 is the start and the picture at evaluation `evaluations` is the result.
    """

    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    style_weight: float
    content_weight: float
    loss_normalisation: LossNormalisation
    pooling: Pooling
    optimiser: Optimiser
    initialisation: Initialisation
    evaluations: int
    snapshots: tuple[int, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that are needed, each once."""
        return tuple(dict.fromkeys((*self.style_layers, *self.content_layers)))


def recipe_from_settings(settings: Mapping[str, object]) -> Recipe:
    """The recipe that a block `transfer: recipes: NAME:` of the configuration describes.

    Every key must be there: defaults live in the schema only. Raises ConfigError for a missing, unknown or
    unusable value. Whether a layer exists is known only to the network, so `Encoder` checks that.
    """
    expected = [field.name for field in fields(Recipe)]
    for key in expected:
        if key not in settings:
            raise ConfigError(f"transfer recipe: key '{key}' is missing; add it, a recipe has {', '.join(expected)}")
    for key in settings:
        if key not in expected:
            raise ConfigError(f"transfer recipe: unknown key '{key}'; remove it, a recipe has {', '.join(expected)}")
    recipe = Recipe(
        style_layers=_names(settings, "style_layers"),
        content_layers=_names(settings, "content_layers"),
        style_weight=_weight(settings, "style_weight"),
        content_weight=_weight(settings, "content_weight"),
        loss_normalisation=cast(LossNormalisation, _choice(settings, "loss_normalisation", LossNormalisation)),
        pooling=cast(Pooling, _choice(settings, "pooling", Pooling)),
        optimiser=cast(Optimiser, _choice(settings, "optimiser", Optimiser)),
        initialisation=cast(Initialisation, _choice(settings, "initialisation", Initialisation)),
        evaluations=_count(settings["evaluations"], "evaluations", least=1),
        snapshots=tuple(_count(entry, "snapshots", least=0) for entry in _list(settings, "snapshots")),
    )
    if recipe.style_weight == 0 and recipe.content_weight == 0:
        raise ConfigError("transfer recipe: style_weight and content_weight are both 0; give at least one a weight")
    if list(recipe.snapshots) != sorted(set(recipe.snapshots)):
        raise ConfigError(
            f"transfer recipe: expected snapshots in rising order, found {list(recipe.snapshots)}; sort them"
        )
    if recipe.snapshots[-1] > recipe.evaluations:
        raise ConfigError(
            f"transfer recipe: snapshot {recipe.snapshots[-1]} lies beyond the last of {recipe.evaluations} "
            "evaluations; remove it or raise evaluations"
        )
    return recipe


def _list(settings: Mapping[str, object], key: str) -> list[object]:
    value = settings[key]
    if not isinstance(value, list | tuple) or not value:
        raise ConfigError(f"transfer recipe: expected {key} to be a list with at least one entry, found {value!r}")
    return list(value)


def _names(settings: Mapping[str, object], key: str) -> tuple[str, ...]:
    names = _list(settings, key)
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise ConfigError(f"transfer recipe: expected {key} to name different layers such as relu4_2, found {names}")
    return tuple(str(name) for name in names)


def _weight(settings: Mapping[str, object], key: str) -> float:
    value = settings[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ConfigError(
            f"transfer recipe: expected {key} to be a finite number of 0 or more, found {value!r}; "
            "write powers of ten as 4.0e+6 (YAML reads 4e6 as text)"
        )
    return float(value)


def _count(value: object, key: str, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"transfer recipe: expected {key} to be whole and {least} or more, found {value!r}; mend it")
    return value


def _choice(settings: Mapping[str, object], key: str, choices: object) -> str:
    value = settings[key]
    if value not in get_args(choices):
        raise ConfigError(f"transfer recipe: expected {key} to be {' or '.join(get_args(choices))}, found {value!r}")
    return str(value)
