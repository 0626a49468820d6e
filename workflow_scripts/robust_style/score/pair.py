"""A content and a style at the size of the painting, and all metrics of a picture of them that need no network."""

from robust_style.score.columns import SNAPSHOT_MEASURES
from robust_style.score.metrics import (
    Pixels,
    StyleColours,
    checkerboard_excess,
    content_edge_ssim,
    content_ssim,
    high_frequency_excess,
    luma_correlation,
)
from robust_style.score.texture import StyleTexture


class Pair:
    """A content and a style; `style` may have another size than `content`.

    Raises ImageError if content and style have the same colours or the same texture.
    """

    def __init__(self, content: Pixels, style: Pixels) -> None:
        self.content, self.style = content, style
        self._colours, self._texture = StyleColours(content, style), StyleTexture(content, style)

    def measures(self, picture: Pixels) -> dict[str, float]:
        """Return `columns.PICTURE_MEASURES` of a picture of the content's size."""
        return {
            "content_ssim": content_ssim(picture, self.content),
            "content_edge_ssim": content_edge_ssim(picture, self.content),
            "luma_correlation": luma_correlation(picture, self.content),
            "style_colour_distance": self._colours.distance(picture),
            "style_texture_distance": self._texture.distance(picture),
            "high_frequency_excess": high_frequency_excess(picture, self.content, self.style),
            "checkerboard_excess": checkerboard_excess(picture, self.content, self.style),
        }

    def snapshot_measures(self, picture: Pixels) -> dict[str, float]:
        """Return `columns.SNAPSHOT_MEASURES` of a picture of the content's size."""
        values = (
            content_ssim(picture, self.content),
            self._colours.distance(picture),
            self._texture.distance(picture),
        )
        return dict(zip(SNAPSHOT_MEASURES, values, strict=True))
