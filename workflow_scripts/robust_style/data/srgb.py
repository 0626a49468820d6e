"""Pictures of any Pillow mode as opaque sRGB."""

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms


def in_srgb(picture: Image.Image) -> Image.Image:
    """The picture by its embedded colour profile in sRGB, if it has one. Raises ImageCms.PyCMSError for a bad one."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("P", "PA"):
        picture = picture.convert("RGBA")
    elif picture.mode in ("1", "YCbCr"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    if not profile:
        return picture
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    opaque = picture.convert({"LA": "L", "RGBA": "RGB"}.get(picture.mode, picture.mode))
    converted = ImageCms.profileToProfile(opaque, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None, "only a conversion in place gives None"
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def flattened(picture: Image.Image) -> Image.Image:
    """The picture as RGB, transparency composed on white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def alpha_of(picture: Image.Image) -> UInt8[np.ndarray, "height width"] | None:
    """The transparency of a picture, 255 is opaque; None where all of it is opaque."""
    if not picture.has_transparency_data:
        return None
    alpha = np.array(picture.convert("RGBA").getchannel("A"))
    return None if alpha.min() == 255 else alpha
