"""One image of a folder as the small square that networks are trained on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from robust_style.data.image_file import DAMAGE, MAX_PIXELS, flattened, has_eight_bits, in_srgb, open_image

_FORMATS = ("PNG", "JPEG", "WEBP")
# A JPEG is decoded at least this much larger than needed, so that the filter, not the decoder, reduces it. As
# `reducing_gap` of Pillow's `thumbnail`.
_GAP = 2


@dataclass(frozen=True)
class Unusable:
    """An image that cannot be used: its path, and why, in a few words."""

    path: str
    reason: str


def read_square(path: str, side_px: int) -> UInt8[np.ndarray, "3 {side_px} {side_px}"] | Unusable:
    """The central square of the image in `path`, resized to `side_px`; sRGB, upright, channels first.

    Orientation, colour profile, transparency, grey and CMYK as in `image_file.read_image`; smaller images are
    enlarged, and any aspect ratio is accepted. Broken metadata (ImageNet has some) are ignored. A JPEG is decoded at
    the smallest of its scales (1/8, 1/4, 1/2) that is at least twice as large as needed.
    Bicubic with the filter's support scaled (Parmar et al. 2022, On Aliased Resizing). The square is cut and resized in
    one step, so that no rounded side distorts it.
    """
    try:
        with open_image(Path(path), _FORMATS) as picture:
            if (reason := _unusable_because(picture)) is not None:
                return Unusable(path, reason)
            width, height = picture.size
            picture.draft(None, (_GAP * side_px, _GAP * side_px))
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            if upright.size != picture.size:  # turned by a quarter
                width, height = height, width
            square = _middle(flattened(_in_srgb_if_possible(upright)), width, height, side_px)
            return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))
    except UnidentifiedImageError:
        return Unusable(path, f"no picture ({', '.join(_FORMATS)})")
    except Image.DecompressionBombError:
        return Unusable(path, f"more than {MAX_PIXELS // 10**6} megapixels")
    except DAMAGE as error:
        return Unusable(path, f"damaged ({error})")


def _unusable_because(picture: Image.Image) -> str | None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        return f"more than {MAX_PIXELS // 10**6} megapixels ({width}x{height} px)"
    # MPO is a camera's JPEG with a preview or depth map behind it; the picture is the first.
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        return "animated"
    return None if has_eight_bits(picture) else f"more than 8 bits per channel (mode {picture.mode})"


def _in_srgb_if_possible(picture: Image.Image) -> Image.Image:
    try:
        return in_srgb(picture)
    except ImageCms.PyCMSError:
        del picture.info["icc_profile"]
        return in_srgb(picture)


def _middle(picture: Image.Image, width_px: int, height_px: int, side_px: int) -> Image.Image:
    """The middle of a picture that had `width_px` x `height_px` before it was decoded at a scale of its own.

    The scales are halves, and sides are rounded up: 375 px become 188, of which only 187.5 are the picture.
    """
    factor = round(width_px / picture.width)
    width, height = width_px / factor, height_px / factor
    shorter = min(width, height)
    left, top = (width - shorter) / 2, (height - shorter) / 2
    box = (left, top, left + shorter, top + shorter)
    return picture.resize((side_px, side_px), Image.Resampling.BICUBIC, box)
