"""How large a picture is painted."""

from robust_style.errors import ConfigError, ImageError

# Four poolings lie before block 5, each dropping a leftover row or column, which its deeper layers would never see.
MULTIPLE_PX = 16
# Two positions of relu5_1: below, its Gram matrix holds no more than an average.
SMALLEST_PX = 32


def painting_size(width: int, height: int, size_px: int) -> tuple[int, int]:
    """Width and height of a `width` x `height` image for transfer: the shorter side `size_px`, the shape kept.

    The longer side is rounded to a multiple of 16 px, so it is off by 8 px at most. Raises ConfigError for a `size_px`
    that is no multiple of 16 or below 32, ImageError for an image with a side below 32 px.
    """
    if size_px < SMALLEST_PX or size_px % MULTIPLE_PX:
        raise ConfigError(
            f"transfer.size_px: expected a multiple of {MULTIPLE_PX} from {SMALLEST_PX} px on, found {size_px}; "
            f"choose {max(SMALLEST_PX, round(size_px / MULTIPLE_PX) * MULTIPLE_PX)}"
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
    """`size_px` times `scale` as a size to paint at: the nearest multiple of 16 px, at least 32."""
    return max(SMALLEST_PX, round(size_px * scale / MULTIPLE_PX) * MULTIPLE_PX) if scale != 1 else size_px
