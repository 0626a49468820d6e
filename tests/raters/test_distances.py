"""Distances between pictures as networks see them, on maps whose answer is known."""

import pytest
import torch

from robust_style.errors import ImageError
from robust_style.raters.distances import perceptual_distance, style_distance


def maps(*channels: list[float]) -> list[torch.Tensor]:
    """One layer, one row of positions, a list per channel."""
    return [torch.tensor(channels).view(1, len(channels), 1, -1)]


STYLE, CONTENT = maps([2.0, 0.0], [0.0, 0.0]), maps([0.0, 0.0], [0.0, 4.0])


def test_the_style_is_at_0_and_the_content_at_1_wherever_things_lie() -> None:
    assert style_distance(STYLE, CONTENT, STYLE) == 0
    assert style_distance(CONTENT, CONTENT, STYLE) == pytest.approx(1)
    mirrored = [layer.flip(-1) for layer in STYLE]
    assert style_distance(mirrored, CONTENT, STYLE) == 0


def test_by_hand() -> None:
    """Gram matrices over two positions: style diag(2, 0), content diag(0, 8), the picture diag(0, 0)."""
    nothing = maps([0.0, 0.0], [0.0, 0.0])
    assert style_distance(nothing, CONTENT, STYLE) == pytest.approx(2 / (4 + 64) ** 0.5)


def test_neither_scale_nor_width_of_a_layer_weighs() -> None:
    nothing = maps([0.0, 0.0], [0.0, 0.0])
    alone = style_distance(nothing, CONTENT, STYLE)
    both = [[*layers, 1000 * layers[0]] for layers in (nothing, CONTENT, STYLE)]
    assert style_distance(*both) == pytest.approx(alone)


def test_one_texture_for_content_and_style_is_refused() -> None:
    with pytest.raises(ImageError, match="same Gram matrix"):
        style_distance(STYLE, STYLE, [layer.flip(-1) for layer in STYLE])


def test_perceptual_distance_by_hand() -> None:
    """Orthogonal unit vectors are 2 apart, a picture is 0 from itself, and the length of a vector does not count."""
    east, north = maps([3.0], [0.0]), maps([0.0], [0.1])
    assert perceptual_distance(east, north) == pytest.approx(2)
    assert perceptual_distance(east, maps([0.5], [0.0])) == pytest.approx(0)
    assert perceptual_distance(maps([0.0], [0.0]), maps([0.0], [0.0])) == 0
    assert perceptual_distance([*east, *east], [*north, *east]) == pytest.approx(1)
