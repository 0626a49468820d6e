"""Does the original recipe fall apart by training, or by its optimiser? Clamp by line search, on its own loss.

    python benchmarks/optimiser_cells.py --checkpoints epoch_000.pt epoch_100.pt --contents a.jpg b.jpg \\
        --styles c.jpg d.jpg --size 96 --iterations 100 --out cells.tsv
    python benchmarks/optimiser_cells.py --draw cells.tsv more.tsv --figure report/optimiser_cells.png

Recipe `original` with torch's L-BFGS in its four cells (pixels clamped inside the closure or not, strong Wolfe line
search or none) and with our `lbfgs`, for every checkpoint and pair. One row per picture: worst rise over the best loss
so far, final loss, and the correlation of its blurred luminance with the content's, below 0 for an inverted picture.
"""

import argparse
import csv
import io
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from PIL import Image
from scipy.ndimage import gaussian_filter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow_scripts"))

from robust_style.compute.determinism import make_deterministic  # noqa: E402
from robust_style.data.image_file import read_image  # noqa: E402
from robust_style.errors import RobustStyleError  # noqa: E402
from robust_style.files.atomic import write_text  # noqa: E402
from robust_style.model.restore import restore_network  # noqa: E402
from robust_style.transfer.input_image import resized  # noqa: E402
from robust_style.transfer.optimise import (  # noqa: E402
    Observer,
    PaintingRequest,
    StyleSource,
    paint,
)
from robust_style.transfer.recipe import recipe_from_settings  # noqa: E402
from robust_style.transfer.stand_ins import recipe_for  # noqa: E402
from robust_style.workflow.schema import built_in_recipes, fill_defaults  # noqa: E402

CELLS: dict[str, dict[str, Any]] = {
    "clamp, no line search (the original)": {},
    "clamp, strong Wolfe": {"line_search": "strong_wolfe"},
    "no clamp, no line search": {"clamp": False},
    "no clamp, strong Wolfe": {"clamp": False, "line_search": "strong_wolfe"},
    "ours (lbfgs)": {"optimiser": "lbfgs"},
}
COLUMNS = (
    "network",
    "cell",
    "content",
    "style",
    "start_loss",
    "final_loss",
    "worst_rise",
    "luma_correlation",
    "stopped",
)
# Wide enough that only light and dark masses are left; part of the shorter side.
BLUR = 1 / 32


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, nargs="+", default=[])
    parser.add_argument("--contents", type=Path, nargs="+", default=[])
    parser.add_argument("--styles", type=Path, nargs="+", default=[])
    parser.add_argument("--size", type=int, default=96, help="shorter side, px (96)")
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--draw", type=Path, nargs="+", help="tables to draw instead")
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.draw:
            draw(options.draw, options.figure)
        else:
            make_deterministic(options.threads)
            measure(options)
    except RobustStyleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measure(options: argparse.Namespace) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    table.writeheader()
    for checkpoint in options.checkpoints:
        network, header = restore_network(checkpoint)
        for (cell, changes), content, style in product(CELLS.items(), options.contents, options.styles):
            order = PaintingRequest(
                (content.stem, style.stem),
                0,
                source(content),
                [StyleSource(source(style))],
                Observer((), lambda iteration, loss: None),
            )
            recipe = recipe_from_settings(seed_recipe(options.iterations, changes))
            where = torch.device("cpu")
            ((_, (painting,)),) = paint(
                network, recipe, [order], size_px=options.size, dtype=torch.float32, device=where
            )
            course = painting.trajectory
            row = {
                "network": header.network, "cell": cell, "content": content.stem, "style": style.stem,
                "start_loss": course.total[0], "final_loss": course.total[-1], "worst_rise": course.worst_rise,
                "luma_correlation": luma_correlation(painting.picture, source(content)(options.size)),
                "stopped": painting.stopped,
            }  # fmt: skip
            table.writerow(row)
            print("\t".join(str(row[key]) for key in COLUMNS), flush=True)
    write_text(options.out, text.getvalue())


def source(path: Path) -> Any:
    image = Image.fromarray(read_image(path).pixels)
    return lambda size_px: resized(path, image, size_px)


def seed_recipe(iterations: int, changes: dict[str, Any]) -> dict[str, Any]:
    schema = yaml.safe_load((ROOT / "config" / "schema.yaml").read_text(encoding="utf-8"))
    recipe = built_in_recipes(ROOT / "config" / "recipes.yaml")["original"]
    recipe |= {"iterations": iterations, "snapshots": [0], **changes}
    fill_defaults(recipe, schema["properties"]["transfer"]["properties"]["recipes"]["additionalProperties"])
    return recipe_for(recipe, "vgg19", {})


def luma_correlation(picture: torch.Tensor, content: torch.Tensor) -> float:
    weights = np.array([0.299, 0.587, 0.114]).reshape(3, 1, 1)
    lumas = [(weights * image).sum(0) for image in (picture.double().numpy(), content[0].double().numpy() * 255)]
    blurred = [gaussian_filter(luma, BLUR * min(luma.shape)) for luma in lumas]
    return float(np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1])


def draw(tables: list[Path], figure: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [row for path in tables for row in csv.DictReader(path.open(encoding="utf-8"), delimiter="\t")]
    networks = list(dict.fromkeys(row["network"] for row in rows))
    colours = dict(zip(networks, ("#888888", "#1f77b4", "#d62728", "#2ca02c", "#9467bd"), strict=False))
    panels = (
        ("worst_rise", "worst rise over the best loss so far", True, 1.0),
        ("luma_correlation", "luminance kept (correlation with the content)", False, 0.0),
        ("final_loss", "final loss", True, None),
    )
    drawing, axes = plt.subplots(1, 3, figsize=(13, 4.2), sharey=True, layout="constrained")
    for axis, (key, title, logarithmic, line) in zip(axes, panels, strict=True):
        for position, cell in enumerate(CELLS):
            for offset, network in enumerate(networks):
                values = [float(row[key]) for row in rows if row["cell"] == cell and row["network"] == network]
                height = position + 0.22 * (offset - (len(networks) - 1) / 2)
                axis.plot(values, [height] * len(values), "o", color=colours[network], alpha=0.45, markersize=5, mew=0)
                if values:
                    axis.plot([np.median(values)] * 2, [height - 0.1, height + 0.1], color=colours[network], lw=2.5)
        if logarithmic:
            axis.set_xscale("log")
        if line is not None:
            axis.axvline(line, color="black", lw=0.8, zorder=0)
        axis.set_title(title, fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(CELLS)), list(CELLS))
    axes[0].invert_yaxis()
    for network in networks:
        axes[2].plot([], [], "o", color=colours[network], label=network)
    axes[2].legend(frameon=False, fontsize=9, loc="best")
    drawing.savefig(figure, dpi=110)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
