"""What is to be painted: one content image, and the styles it is to take."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Style:
    """A style image in [0, 1], its weight among the styles of a scene, and the region of the picture it is for.

    `mask` has the content's height and width, 1 where the style is wanted and 0 where it is not; None is everywhere.
    """

    image: Float[Tensor, "1 3 _ _"]
    weight: float = 1.0
    mask: Float[Tensor, "1 1 height width"] | None = None


@dataclass(frozen=True)
class Scene:
    """One picture to paint; images are sRGB in [0, 1]."""

    content: Float[Tensor, "1 3 height width"]
    styles: Sequence[Style]

    @property
    def regions(self) -> list[list[Style]]:
        """The styles without a mask together, then each with one by itself: every region has its own Gram matrices."""
        everywhere = [style for style in self.styles if style.mask is None]
        return [*([everywhere] if everywhere else []), *([style] for style in self.styles if style.mask is not None)]
