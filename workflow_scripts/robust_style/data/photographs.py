"""Ten photographs that need no download: they lie inside the scikit-image wheel, public domain or CC0."""

from importlib.resources import files

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from robust_style.errors import ImageError

# scikit-image's own name -> its file in the wheel.
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
    """The photograph `name`, sRGB, 8 bit, full resolution; a grey one repeated to three channels.

    Raises ImageError for a name outside `PHOTOGRAPHS`, or where the installed scikit-image has no such file.
    Source: van der Walt et al. 2014, scikit-image; licences in its `skimage/data` documentation.
    Differs from `skimage.data.astronaut()` and its kin: never looks into a cache folder and never downloads.
    """
    if name not in _FILES:
        raise ImageError(
            f"photograph:{name}: expected one of {', '.join(PHOTOGRAPHS)}, found {name}; correct the row in images.tsv"
        )
    path = files("skimage") / "data" / _FILES[name]
    if not path.is_file():
        raise ImageError(
            f"photograph:{name}: expected {_FILES[name]} inside the installed scikit-image, found none; "
            "install the pinned version with the envs/ file"
        )
    with path.open("rb") as stream, Image.open(stream) as picture:
        return np.array(picture.convert("RGB"))
