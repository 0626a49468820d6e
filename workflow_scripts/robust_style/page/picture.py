"""One picture of the page: its images along the optimisation, its scores, its loss."""

from typing import Any

from robust_style.figure.pictures import snapshot_tiles
from robust_style.files.trace import Trace
from robust_style.page.axes import Axes
from robust_style.page.images import ImageShelf
from robust_style.page.scores import Scores

# As wide as a cell of the grid; a tenth of what the preview takes.
THUMBNAIL_PX = 160
# On the way a picture is shown coarser, or all snapshots together would take more than the pictures.
TILE_PX = 224


def shown_picture(trace: Trace, axes: Axes, shelf: ImageShelf, scores: Scores) -> dict[str, Any]:
    """A picture as plain data; images are numbers on the shelf. Raises ResultError if a file is missing or damaged.

    `steps` has an entry [iteration, image, scores] per snapshot before the end; the end itself is `image`, and
    `thumbnail` the same in small.
    """
    tiles = snapshot_tiles(trace)
    last = trace.iteration[-1]
    return {
        "at": axes.place(trace.labels),
        "image": shelf.add_jpeg(trace.preview),
        "thumbnail": shelf.add_thumbnail(trace.preview, THUMBNAIL_PX),
        "width": trace.width_px,
        "height": trace.height_px,
        "end": last,
        "scores": scores.of(trace),
        "steps": [
            [tile.iteration, shelf.add_tile(tile.picture, TILE_PX), scores.at(trace, tile.iteration)]
            for tile in tiles
            if tile.iteration < last
        ],
        # Four digits draw the same curve and halve the page; infinity has no place on an axis.
        "loss": [float(f"{loss:.4g}") if abs(loss) < float("inf") else None for loss in trace.total_loss],
    }
