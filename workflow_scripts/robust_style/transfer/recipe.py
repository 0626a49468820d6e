"""What one recipe of style transfer is: which layers, which losses, which optimiser, how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from robust_style.errors import ConfigError
from robust_style.transfer import reading

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


class CoarseScale(NamedTuple):
    """One optimisation at a part of the picture's size, whose result is where the next begins."""

    scale: float
    iterations: int


@dataclass(frozen=True)
class Recipe:
    """One way to transfer a style, the same for every network.

    A layer name says where the feature map is taken: `conv4_2` is the output of the convolution, before batch norm;
    `relu4_2` is after batch norm and ReLU. `iterations` counts gradients after that of the start, so that the
    picture at iteration 0 is the start and the picture at iteration `iterations` is the result; those of
    `coarse_scales` come before and are not among them. What each key means: config/README.md, `transfer.recipes`.
    """

    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    style_layer_weights: tuple[float, ...] | None
    style_weight: float
    content_weight: float
    total_variation_weight: float
    gram_normalisation: GramNormalisation
    loss_normalisation: LossNormalisation
    distance: Distance
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
    iterations: int
    snapshots: tuple[int, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that are needed, each once; a loss without weight needs none."""
        style = self.style_layers if self.style_weight else ()
        content = self.content_layers if self.content_weight else ()
        return tuple(dict.fromkeys((*style, *content)))

    @property
    def transforms(self) -> bool:
        """Whether the network sees the picture through random transformations."""
        return self.jitter_px > 0 or self.scaling > 0 or self.rotation_degrees > 0


# What each key's value must be.
_READERS: dict[str, reading.Reader] = {
    "style_layers": reading.layers,
    "content_layers": reading.layers,
    "style_layer_weights": reading.weights_or_none,
    "style_weight": reading.weight,
    "content_weight": reading.weight,
    "total_variation_weight": reading.weight,
    "gram_normalisation": reading.choice(GramNormalisation),
    "loss_normalisation": reading.choice(LossNormalisation),
    "distance": reading.choice(Distance),
    "pooling": reading.choice(Pooling),
    "padding": reading.choice(Padding),
    "optimiser": reading.choice(Optimiser),
    "learning_rate": reading.above_zero,
    "clamp": reading.switch,
    "line_search": reading.choice(LineSearch),
    "initialisation": reading.choice(Initialisation),
    "noise_share": reading.fraction,
    "parameterisation": reading.choice(Parameterisation),
    "jitter_px": reading.count(least=0),
    "scaling": reading.fraction,
    "rotation_degrees": reading.weight,
    "colour_preservation": reading.choice(ColourPreservation),
    "style_scale": reading.above_zero,
    "coarse_scales": reading.blocks(CoarseScale, {"scale": reading.above_zero, "iterations": reading.count(least=1)}),
    "iterations": reading.count(least=1),
    "snapshots": reading.counts(least=0),
}


def recipe_from_settings(settings: Mapping[str, object]) -> Recipe:
    """The recipe that a block `transfer: recipes: NAME:` of the configuration describes.

    Every key must be there: defaults live in the schema only. Raises ConfigError for a missing, unknown or
    unusable value, and for values that contradict each other. Whether a layer exists is known only to the network,
    so `Encoder` checks that.
    """
    expected = list(_READERS)
    for key in expected:
        if key not in settings:
            raise ConfigError(f"transfer recipe: key '{key}' is missing; add it, a recipe has {', '.join(expected)}")
    for key in settings:
        if key not in expected:
            raise ConfigError(f"transfer recipe: unknown key '{key}'; remove it, a recipe has {', '.join(expected)}")
    recipe = Recipe(**{key: read(key, settings[key]) for key, read in _READERS.items()})
    for fault in contradictions(settings):
        raise ConfigError(f"transfer recipe: {fault}")
    return recipe


def contradictions(settings: Mapping[str, Any]) -> list[str]:
    """What is wrong between the values of a recipe, each of which is well-formed by itself: one sentence each."""
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
    moving = [key for key in ("jitter_px", "scaling", "rotation_degrees") if settings[key]]
    if moving and settings["optimiser"] != "adam":
        faults.append(
            f"{moving[0]}: random transformations change the loss at every iteration, which {settings['optimiser']} "
            "cannot bear; set optimiser to adam, or it to 0"
        )
    return faults
