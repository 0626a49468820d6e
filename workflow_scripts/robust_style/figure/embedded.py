"""Pictures inside an SVG, as JPEG: a sheet of photographs then weighs a tenth of what PNG would make it."""

import base64
import io
import re

from PIL import Image

# Text and lines stay vectors; of the photographs nobody tells this from lossless on paper.
QUALITY = 82
_PNG = re.compile(r'"data:image/png;base64,([^"]+)"')


def with_jpegs(svg: str) -> str:
    """The SVG with every embedded PNG replaced by a JPEG of the same pixels; pictures must be opaque."""
    return _PNG.sub(lambda found: f'"data:image/jpeg;base64,{_jpeg(found[1])}"', svg)


def _jpeg(png: str) -> str:
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture, io.BytesIO() as written:
        picture.convert("RGB").save(written, "JPEG", quality=QUALITY, subsampling=0)
        return base64.b64encode(written.getvalue()).decode("ascii")
