"""One image of a folder as the small square that networks are trained on."""

import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from robust_style.data.image_decoder import LARGEST_PIXELS, has_eight_bits
from robust_style.data.srgb import flattened, in_srgb

_FORMATS = ("PNG", "JPEG", "WEBP")
# How much larger than wanted a JPEG is decoded, so that the filter, not the decoder, decides what is seen. As Pillow's
# `thumbnail` has it (reducing_gap).
_GAP = 2


@dataclass(frozen=True)
class Unusable:
    """An image that cannot be used: its path, and why, in a few words."""

    path: str
    reason: str


def read_square(path: str, side_px: int) -> UInt8[np.ndarray, "3 {side_px} {side_px}"] | Unusable:
    """The middle of the image in `path`, its shorter side brought to `side_px`; sRGB, upright, channels first.

    Orientation, colour profile, transparency, grey and CMYK as in `image_file.read_image`; smaller images are
    enlarged, and none is too long. Metadata that make no sense (ImageNet has some) are passed over: the pixels are
    whole. A JPEG is decoded at the smallest of its own scales (1/8, 1/4, 1/2) that is twice as large as wanted or more.
    Bicubic with the filter's support scaled (Parmar et al. 2022, On Aliased Resizing). The square is cut and resized in
    one step, so that no rounded side distorts it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we have a limit of our own
            with Image.open(path, formats=_FORMATS) as picture:
                reason = _unfit(picture)
                if reason is not None:
                    return Unusable(path, reason)
                width, height = picture.size
                picture.draft(None, (_GAP * side_px, _GAP * side_px))
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                if upright.size != picture.size:  # turned by a quarter
                    width, height = height, width
            square = _middle(flattened(_in_srgb_if_it_can(upright)), width, height, side_px)
            return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))
    except UnidentifiedImageError:
        return Unusable(path, f"no picture ({', '.join(_FORMATS)})")
    except Image.DecompressionBombError:
        return Unusable(path, f"more than {LARGEST_PIXELS // 10**6} megapixels")
    # What Pillow raises for damage depends on the format and on the place.
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, struct.error, zlib.error) as error:
        return Unusable(path, f"damaged ({error})")


def _unfit(picture: Image.Image) -> str | None:
    width, height = picture.size
    if width * height > LARGEST_PIXELS:
        return f"more than {LARGEST_PIXELS // 10**6} megapixels ({width}x{height} px)"
    # MPO is a camera's JPEG with a preview or depth map behind it; the picture is the first.
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        return "animated"
    return None if has_eight_bits(picture) else f"more than 8 bits per channel (mode {picture.mode})"


def _in_srgb_if_it_can(picture: Image.Image) -> Image.Image:
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
