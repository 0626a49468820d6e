"""The gallery of the documentation: embedded photographs in procedural styles, by both painters of the package.

python -m robust_style.figure.gallery docs/gallery.jpg
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from robust_style.data.paintings import paint as procedural
from robust_style.data.photographs import photograph
from robust_style.figure.palette import looks
from robust_style.figure.picture_grid import EMPTY, GAP, Block, Cell, Label, PictureGrid
from robust_style.figure.style import figure_style, save
from robust_style.figure.words import spoken
from robust_style.files.atomic import whole_file
from robust_style.model.painters import painters
from robust_style.transfer.paint_photo import paint
from robust_style.transfer.painter import load_painter

PHOTOS = ("astronaut", "chelsea", "coffee")
STYLES = ("flow_field", "voronoi_mosaic", "woodblock_waves")
SIZE_PX = 256
_STYLE_PX = 512
# Strokes must be visible: twice the size of a figure's preview.
_WIDTH_PX, _QUALITY = 1600, 85
# mm; narrower pictures cannot be judged.
_WIDE_ENOUGH = 18.0


def draw_gallery(path: Path, size_px: int = SIZE_PX) -> None:
    """Paint every photo in every style by each painter, with the defaults of the command, and draw one figure (JPEG).

    Photos are cropped to squares; pictures have sides of `size_px`.
    """
    loaded = {name: load_painter(name) for name in painters()}
    heads = [Label(name, colour=look.colour) for name, look in looks({name: name for name in loaded}).items()]
    photos = [ImageOps.fit(Image.fromarray(photograph(name)), (_STYLE_PX, _STYLE_PX)) for name in PHOTOS]
    rows = [Label()] * (1 + len(photos))
    blocks = [Block([Label("photo")], rows, [[EMPTY], *([Cell(np.asarray(photo))] for photo in photos)], aspect=1.0)]
    for style in STYLES:
        painting = Image.fromarray(procedural(style, 1, _STYLE_PX))
        painted = [
            [Cell(np.asarray(paint(photo, painting, painter, size_px=size_px))) for painter in loaded.values()]
            for photo in photos
        ]
        blocks.append(Block(heads, rows, [[Cell(np.asarray(painting), spoken(style))], *painted], aspect=1.0))
    note = f"Painted with the defaults of robust-style paint at {size_px} px."
    with figure_style():
        figure = PictureGrid(blocks, note, block_gap=2 * GAP, wide_enough=_WIDE_ENOUGH).draw()
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "gallery.png"
        save(figure, printed)
        with Image.open(printed) as opened, whole_file(path) as unfinished:
            picture = opened.convert("RGB")
            picture.thumbnail((_WIDTH_PX, _WIDTH_PX), Image.Resampling.LANCZOS)
            picture.save(unfinished, "JPEG", quality=_QUALITY, optimize=True, progressive=True)


if __name__ == "__main__":
    draw_gallery(Path(sys.argv[1]), *map(int, sys.argv[2:]))
