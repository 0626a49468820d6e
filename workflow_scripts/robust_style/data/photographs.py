"""Ten photographs in the public domain or under CC0 that are part of the scikit-image wheel (no download)."""

from importlib.resources import files

import numpy as np
from jaxtyping import UInt8

from robust_style.data.image_file import open_image
from robust_style.errors import ImageError

# Name in scikit-image -> file in the wheel.
_FILES = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "hubble_deep_field": "hubble_deep_field.jpg",
    "immunohistochemistry": "ihc.png",
    "retina": "retina.jpg",
    "brick": "brick.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
}

PHOTOGRAPHS: tuple[str, ...] = tuple(_FILES)


def photograph(name: str) -> UInt8[np.ndarray, "height width 3"]:
    """The photograph `name`: sRGB, 8 bit, full resolution; grey ones are repeated to three channels.

    Raises ImageError for an unknown name, or if the installed scikit-image lacks the file.
    Source: van der Walt et al. 2014, scikit-image; licences in the documentation of `skimage.data`.
    Differs from `skimage.data.astronaut()`: never uses a cache folder and never downloads.
    """
    if name not in _FILES:
        raise ImageError(f"photograph:{name}: must be one of {', '.join(PHOTOGRAPHS)}. Correct the row in images.tsv.")
    path = files("skimage") / "data" / _FILES[name]
    if not path.is_file():
        raise ImageError(
            f"photograph:{name}: the installed scikit-image has no file {_FILES[name]}. Install the version in "
            "requirements.lock."
        )
    with path.open("rb") as stream, open_image(stream) as picture:
        return np.array(picture.convert("RGB"))
