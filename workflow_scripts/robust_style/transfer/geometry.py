"""The size to paint at, and the part of an image that is used. Standard library only: scores need it without torch."""

from robust_style.errors import ConfigError, ImageError

# Four poolings before block 5 halve the sides and drop a remainder, which deeper layers would never see.
MULTIPLE_PX = 16
# Two positions of relu5_1 on each side; with one position a Gram matrix has no correlations.
SMALLEST_PX = 32

# Left, upper, right and lower edge of a part of an image, px, as in `Image.resize`.
Box = tuple[float, float, float, float]


def painting_size(width: int, height: int, size_px: int) -> tuple[int, int]:
    """Width and height at which a `width` x `height` image is painted: the shorter side is `size_px`.

    The longer side is rounded to a multiple of 16 px, by 8 px at most. Raises ConfigError for a `size_px` that is no
    multiple of 16 or below 32, ImageError for an image with a side below 32 px.
    """
    if size_px < SMALLEST_PX or size_px % MULTIPLE_PX:
        raise ConfigError(
            f"transfer.size_px: expected a multiple of {MULTIPLE_PX} px, at least {SMALLEST_PX}, "
            f"found {size_px}; "
            f"choose {nearest_size(size_px)}"
        )
    shorter = min(width, height)
    if shorter < SMALLEST_PX:
        raise ImageError(
            f"expected an image of at least {SMALLEST_PX} x {SMALLEST_PX} px, found {width} x {height}; "
            "choose a larger one"
        )
    longer_px = round(max(width, height) * size_px / shorter / MULTIPLE_PX) * MULTIPLE_PX
    return (size_px, longer_px) if width <= height else (longer_px, size_px)


def part_of(size_px: int, scale: float) -> int:
    """`size_px` times `scale`, rounded to a size to paint at: a multiple of 16 px, at least 32."""
    return nearest_size(size_px * scale) if scale != 1 else size_px


def nearest_size(size_px: int | float) -> int:
    """The nearest size to paint at: a multiple of 16 px, at least 32."""
    return max(SMALLEST_PX, round(size_px / MULTIPLE_PX) * MULTIPLE_PX)


def central_box(width: int, height: int, painted: tuple[int, int]) -> Box:
    """The largest central part of a `width` x `height` image with the aspect ratio of `painted`, px.

    Resized to `painted` this part is not distorted; a few per cent of the image are cropped.
    """
    # The side that is kept whole is not computed: a rounding error would lie outside the image.
    if width * painted[1] > height * painted[0]:
        left = (width - height * painted[0] / painted[1]) / 2
        return left, 0.0, width - left, float(height)
    upper = (height - width * painted[1] / painted[0]) / 2
    return 0.0, upper, float(width), height - upper


def scaled_box(box: Box, size: tuple[int, int], other: tuple[int, int]) -> Box:
    """`box`, a part of an image of `size`, as the same part of an image of size `other`; width and height, px."""
    (width, height), (other_width, other_height) = size, other
    left, upper, right, lower = box
    # Multiplied first, so that the edge of one image is exactly the edge of the other.
    return (
        left * other_width / width,
        upper * other_height / height,
        right * other_width / width,
        lower * other_height / height,
    )


def rounding_note(width: int, height: int, painted: tuple[int, int], *, is_cropped: bool) -> str | None:
    """A sentence about the effect of rounded sides on a `width` x `height` image; None below 1 px."""
    left, upper, _, _ = central_box(width, height, painted)
    if 2 * max(left, upper) < 1:
        return None
    if is_cropped:
        side, length, lost = ("width", width, 2 * left) if left > upper else ("height", height, 2 * upper)
        consequence = f"{lost:.0f} of {length} px of its {side} {'is' if round(lost) == 1 else 'are'} cropped"
    else:
        ratio = painted[0] * height / (painted[1] * width)
        consequence = f"it is stretched by {100 * (max(ratio, 1 / ratio) - 1):.1f} %"
    return (
        f"{width} x {height} px, painted at {painted[0]} x {painted[1]} px: "
        f"sides are multiples of {MULTIPLE_PX}, so {consequence}"
    )


def check_mask_shape(mask: tuple[int, int], content: tuple[int, int]) -> None:
    """Raise ImageError if the aspect ratio of `mask` is not that of `content` (width and height, px).

    Each side may be off by one pixel, because a scaled mask has rounded sides.
    """
    (low, high), (content_low, content_high) = (
        ((width - 1) / (height + 1), (width + 1) / (height - 1)) for width, height in (mask, content)
    )
    if low > content_high or high < content_low:
        raise ImageError(
            f"expected a mask of the content's shape, {content[0]} x {content[1]} px, "
            f"found {mask[0]} x {mask[1]} px; crop the mask as the content"
        )
