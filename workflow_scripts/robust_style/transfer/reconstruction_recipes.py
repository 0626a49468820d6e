"""How the content is rebuilt from single layers, and the style from more and more of them."""

from collections.abc import Sequence
from dataclasses import replace

from robust_style.transfer.recipe import Recipe


def content_recipes(layers: Sequence[str], iterations: int) -> list[Recipe]:
    """The content from each layer alone. Source: Gatys et al. 2016, figure 1, content reconstructions.

    Differs from it: the loss is relative, the share of the layer's spatial variance that is missing, so that layers
    and networks can be compared.
    """
    return [replace(_plain(layers, iterations), content_layers=(layer,), style_weight=0.0) for layer in layers]


def texture_recipes(layers: Sequence[str], iterations: int) -> list[Recipe]:
    """The style from the layers up to each: a, a + b, a + b + c. Source: Gatys et al. 2016, figure 1, style.

    Differs from it: the loss is relative, the share of the content's distance to the style that is left, a mean over
    the layers.
    """
    return [
        replace(_plain(layers, iterations), style_layers=tuple(layers[:count]), content_weight=0.0)
        for count in range(1, len(layers) + 1)
    ]


def _plain(layers: Sequence[str], iterations: int) -> Recipe:
    return Recipe(
        style_layers=tuple(layers),
        content_layers=tuple(layers),
        style_layer_weights=None,
        style_weight=1.0,
        content_weight=1.0,
        total_variation_weight=0.0,
        gram_normalisation="elements",
        loss_normalisation="relative",
        distance="squared",
        pooling="average",
        padding="zeros",
        optimiser="lbfgs",
        learning_rate=1.0,
        clamp=False,
        line_search="none",
        initialisation="noise",
        noise_share=1.0,
        parameterisation="pixel",
        jitter_px=0,
        scaling=0.0,
        rotation_degrees=0.0,
        colour_preservation="none",
        style_scale=1.0,
        coarse_scales=(),
        iterations=iterations,
        snapshots=(iterations,),
    )
