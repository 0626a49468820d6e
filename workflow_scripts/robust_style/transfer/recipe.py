"""A recipe of style transfer: layers, losses, optimiser and iterations; and the checks of its settings.

Standard library only: the Snakefile imports it.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from robust_style.errors import ConfigError

StyleStatistics = Literal["gram", "root_covariance"]
GramNormalisation = Literal["elements", "positions"]
LossNormalisation = Literal["mean", "sum", "target_energy", "relative"]
Distance = Literal["squared", "absolute"]
Pooling = Literal["max", "average", "average_rescaled"]
Padding = Literal["zeros", "reflect", "replicate"]
Optimiser = Literal["lbfgs", "lbfgs_unguarded", "adam"]
LineSearch = Literal["none", "strong_wolfe"]
Initialisation = Literal["content", "noise", "blend"]
Parameterisation = Literal["pixel", "fourier"]
ColourPreservation = Literal["none", "luminance", "histogram"]
ActivationSmoothing = Literal["none", "softmax", "scale"]

Precision = Literal["auto", "float32", "bfloat16"]

Settings = Mapping[str, Any]


class CoarseScale(NamedTuple):
    """One optimisation at `scale` times the picture's size; its result is the start of the next one."""

    scale: float
    iterations: int


@dataclass(frozen=True)
class Recipe:
    """One way to transfer a style, the same for every network.

    A layer name says where the feature map is taken: `conv4_2` is the output of the convolution, before batch norm;
    `relu4_2` is after batch norm and ReLU. An iteration is one evaluation of loss and gradient after that of the start:
    the picture at iteration 0 is the start, the picture at iteration `iterations` the result. Iterations of
    `coarse_scales` come before and are not counted. The meaning of each key: config/README.md, `transfer.recipes`.
    """

    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    style_layer_weights: tuple[float, ...] | None
    style_weight: float
    content_weight: float
    total_variation_weight: float
    style_statistics: StyleStatistics
    gram_normalisation: GramNormalisation
    loss_normalisation: LossNormalisation
    distance: Distance
    activation_smoothing: ActivationSmoothing
    pooling: Pooling
    padding: Padding
    optimiser: Optimiser
    learning_rate: float
    clamp: bool
    line_search: LineSearch
    initialisation: Initialisation
    noise_share: float
    parameterisation: Parameterisation
    jitter_px: int
    scaling: float
    rotation_degrees: float
    colour_preservation: ColourPreservation
    style_scale: float
    coarse_scales: tuple[CoarseScale, ...]
    precision: Precision
    content_target: float | None
    iterations: int
    snapshots: tuple[int, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers with a loss of weight above 0, each once."""
        style = self.style_layers if self.style_weight else ()
        content = self.content_layers if self.content_weight else ()
        return tuple(dict.fromkeys((*style, *content)))

    @property
    def transforms(self) -> bool:
        """True if the network sees the picture through random transformations."""
        return self.jitter_px > 0 or self.scaling > 0 or self.rotation_degrees > 0


def recipe_from_settings(settings: Settings) -> Recipe:
    """The recipe of a block `transfer: recipes: NAME:` of the configuration.

    Every key is required: defaults are in the schema only. Raises ConfigError for a missing, unknown or unusable value,
    and for values that contradict each other. Layer names are checked by `Encoder`, which knows the network.
    """
    keys = list(_READERS)
    for key in keys:
        if key not in settings:
            raise ConfigError(f"transfer recipe: key '{key}' is missing; add it, a recipe has {', '.join(keys)}")
    for key in settings:
        if key not in keys:
            raise ConfigError(f"transfer recipe: unknown key '{key}'; remove it, a recipe has {', '.join(keys)}")
    recipe = Recipe(**{key: read(key, settings[key]) for key, read in _READERS.items()})
    for fault in contradictions(settings):
        raise ConfigError(f"transfer recipe: {fault}")
    return recipe


def precision_of(recipe: Recipe, general: str) -> str:
    """The recipe's own `precision`, or else the `general` one, where it is not auto: float32, bfloat16 or auto.

    Where both are auto: float32 for `lbfgs_unguarded`, because the sources of these recipes use it and rounding adds to
    the rises of the loss that they show, and for softmax smoothing, because the exponential magnifies rounding.
    """
    for choice in (recipe.precision, general):
        if choice != "auto":
            return choice
    needs_float32 = recipe.optimiser == "lbfgs_unguarded" or recipe.activation_smoothing == "softmax"
    return "float32" if needs_float32 else "auto"


def contradictions(settings: Settings) -> list[str]:
    """Contradictions between the values of a recipe, each valid by itself: one sentence each."""
    faults = []
    snapshots, iterations = list(settings["snapshots"]), settings["iterations"]
    if snapshots != sorted(set(snapshots)):
        faults.append(f"expected snapshots in rising order, found {snapshots}; sort them")
    elif snapshots[-1] > iterations:
        faults.append(
            f"snapshot {snapshots[-1]} lies beyond the last of {iterations} iterations; remove it or raise iterations"
        )
    weights = settings["style_layer_weights"]
    if settings["content_weight"] == 0 and settings["style_weight"] == 0:
        faults.append("style_weight and content_weight are both 0; give at least one a weight")
    elif settings["content_weight"] == 0 and weights and not any(weights):
        faults.append("content_weight and all style_layer_weights are 0; give at least one a weight")
    if weights is not None and len(weights) != len(settings["style_layers"]):
        faults.append(
            f"style_layer_weights: expected one for each of {len(settings['style_layers'])} style_layers, "
            f"found {len(weights)}; give as many, or null for equal ones"
        )
    if settings["optimiser"] != "lbfgs_unguarded" and settings["line_search"] != "none":
        faults.append(
            f"line_search: {settings['optimiser']} has no other; set it to none, or optimiser to lbfgs_unguarded"
        )
    has_relative_style = settings["loss_normalisation"] == "relative" and _has_style(settings)
    if settings["content_target"] is not None and not has_relative_style:
        faults.append(
            "content_target: its cost is in units of a relative style loss; set loss_normalisation to relative and "
            "style_weight above 0, or content_target to null"
        )
    random_keys = [key for key in _TRANSFORMATION_KEYS if settings[key]]
    if random_keys and settings["optimiser"] != "adam":
        faults.append(
            f"{random_keys[0]}: random transformations change the loss at every iteration, which "
            f"{settings['optimiser']} does not support; set optimiser to adam, or it to 0"
        )
    return faults


def inert_settings(recipe: Settings, changed: Collection[str]) -> Iterator[str]:
    """A sentence for each key in `changed` without effect in the complete `recipe`, and for a style of weight 0.

    `changed` are the keys that the user set.
    """
    for key, (requirement, is_effective) in _EFFECTIVE_WITH.items():
        if key in changed and not is_effective(recipe):
            yield f"{key} has no effect: it needs {requirement}"
    if not _has_style(recipe) and {"style_weight", "style_layer_weights"} & set(changed):
        what = "style_weight is 0" if not recipe["style_weight"] else "all style_layer_weights are 0"
        start = "stays the content" if recipe["initialisation"] == "content" else "becomes a copy of the content"
        yield f"{what}: the picture {start}, without style"


def inert_in_configuration(given: Settings, config: Settings) -> list[str]:
    """The sentences of `inert_settings` for all recipes of the validated `config`; `given` is the user's text of it."""
    blocks = given["transfer"].get("recipes") or {}
    return [
        f"transfer.recipes.{name}: {sentence}"
        for name, recipe in config["transfer"]["recipes"].items()
        for sentence in inert_settings(recipe, set(blocks.get(name) or {}))
    ]


def seed_is_inert(recipe: Settings) -> bool:
    """True if nothing in the recipe is random."""
    return recipe["initialisation"] == "content" and not any(recipe[key] for key in _TRANSFORMATION_KEYS)


_TRANSFORMATION_KEYS = ("jitter_px", "scaling", "rotation_degrees")


def _has_style(recipe: Settings) -> bool:
    weights = recipe["style_layer_weights"]
    return bool(recipe["style_weight"]) and (weights is None or any(weights))


_NEEDS_STYLE = ("style_weight and one of style_layer_weights above 0", _has_style)
# Key -> its requirement in words, and whether a recipe meets it. Keys whose only other value is an error where it has
# no effect (line_search, jitter_px, scaling, rotation_degrees: `contradictions`) are left out: setting them to their
# defaults removes what a recipe is based on.
_EFFECTIVE_WITH: dict[str, tuple[str, Callable[[Settings], bool]]] = {
    "noise_share": ("initialisation blend", lambda recipe: recipe["initialisation"] == "blend"),
    "learning_rate": ("optimiser adam", lambda recipe: recipe["optimiser"] == "adam"),
    "clamp": (
        "optimiser adam or lbfgs_unguarded and parameterisation pixel",
        lambda recipe: recipe["optimiser"] != "lbfgs" and recipe["parameterisation"] == "pixel",
    ),
    "content_layers": ("a content_weight above 0", lambda recipe: recipe["content_weight"] > 0),
    "style_layers": _NEEDS_STYLE,
    "style_statistics": _NEEDS_STYLE,
    "gram_normalisation": (
        "a style loss of Gram matrices",
        lambda recipe: _has_style(recipe) and recipe["style_statistics"] == "gram",
    ),
    "style_scale": _NEEDS_STYLE,
    "activation_smoothing": (
        "the value softmax, or loss_normalisation mean or sum",
        lambda recipe: recipe["activation_smoothing"] != "scale" or recipe["loss_normalisation"] in ("mean", "sum"),
    ),
}

# Takes a key and its value in the configuration; returns the checked value or raises ConfigError.
_Reader = Callable[[str, Any], Any]


def _read_layers(key: str, value: Any) -> tuple[str, ...]:
    names = _sequence(key, value)
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise _fault(key, "a list of different layers such as relu4_2, at least one", value)
    return tuple(names)


def _read_weight(key: str, value: Any) -> float:
    return _number(key, value, "a finite number of 0 or more", lambda number: number >= 0)


def _read_positive(key: str, value: Any) -> float:
    return _number(key, value, "a finite number above 0", lambda number: number > 0)


def _read_fraction(key: str, value: Any) -> float:
    return _number(key, value, "a number of 0 to 1", lambda number: 0 <= number <= 1)


def _read_target(key: str, value: Any) -> float | None:
    if value is None:
        return None
    return _number(key, value, "null, or a number above 0 and below 1", lambda number: 0 < number < 1)


def _read_layer_weights(key: str, value: Any) -> tuple[float, ...] | None:
    return None if value is None else tuple(_read_weight(key, entry) for entry in _sequence(key, value))


def _read_boolean(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _fault(key, "true or false", value)
    return value


def _choice(literal: Any) -> _Reader:
    choices = get_args(literal)

    def read(key: str, value: Any) -> str:
        if value not in choices:
            raise _fault(key, " or ".join(choices), value)
        return str(value)

    return read


def _count(least: int) -> _Reader:
    def read(key: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _fault(key, f"a whole number of {least} or more", value)
        return value

    return read


def _read_snapshots(key: str, value: Any) -> tuple[int, ...]:
    entries = _sequence(key, value)
    if not entries:
        raise _fault(key, "a list with at least one entry", value)
    return tuple(_count(0)(key, entry) for entry in entries)


def _read_coarse_scales(key: str, value: Any) -> tuple[CoarseScale, ...]:
    entries = _sequence(key, value)
    for entry in entries:
        if not isinstance(entry, Mapping) or set(entry) != set(CoarseScale._fields):
            raise _fault(key, f"blocks of {', '.join(CoarseScale._fields)}", entry)
    return tuple(
        CoarseScale(_read_positive(f"{key}.scale", entry["scale"]), _count(1)(f"{key}.iterations", entry["iterations"]))
        for entry in entries
    )


def _sequence(key: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _fault(key, "a list", value)
    return value


def _number(key: str, value: Any, expected: str, is_valid: Callable[[float], bool]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not is_valid(value):
        raise _fault(key, expected, value)
    return float(value)


def _fault(key: str, expected: str, value: object) -> ConfigError:
    hint = "; write powers of ten as 4.0e+6 (YAML reads 4e6 as text)" if isinstance(value, str) else "; correct it"
    return ConfigError(f"transfer recipe: expected {key} to be {expected}, found {value!r}{hint}")


_READERS: dict[str, _Reader] = {
    "style_layers": _read_layers,
    "content_layers": _read_layers,
    "style_layer_weights": _read_layer_weights,
    "style_weight": _read_weight,
    "content_weight": _read_weight,
    "total_variation_weight": _read_weight,
    "style_statistics": _choice(StyleStatistics),
    "gram_normalisation": _choice(GramNormalisation),
    "loss_normalisation": _choice(LossNormalisation),
    "distance": _choice(Distance),
    "activation_smoothing": _choice(ActivationSmoothing),
    "pooling": _choice(Pooling),
    "padding": _choice(Padding),
    "optimiser": _choice(Optimiser),
    "learning_rate": _read_positive,
    "clamp": _read_boolean,
    "line_search": _choice(LineSearch),
    "initialisation": _choice(Initialisation),
    "noise_share": _read_fraction,
    "parameterisation": _choice(Parameterisation),
    "jitter_px": _count(0),
    "scaling": _read_fraction,
    "rotation_degrees": _read_weight,
    "colour_preservation": _choice(ColourPreservation),
    "style_scale": _read_positive,
    "coarse_scales": _read_coarse_scales,
    "precision": _choice(Precision),
    "content_target": _read_target,
    "iterations": _count(1),
    "snapshots": _read_snapshots,
}
