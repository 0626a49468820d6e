"""Small pictures of every figure, drawn from made results; what they should look like lies in golden/.

Make them anew after a change that is meant, and look at them:
PYTHONPATH=tests python tests/figure/golden.py
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from made_results import (
    claim_row,
    make_reconstructions,
    make_results,
    noise_picture,
    save_picture,
    write_by_iteration,
    write_claims,
)
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.original_layout import draw_original_layout
from robust_style.figure.recipes import draw_recipes
from robust_style.figure.reconstructions import draw_reconstructions
from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.figure.score_vs_iteration import draw_score_vs_iteration
from robust_style.figure.score_vs_robustness import draw_score_vs_robustness
from robust_style.figure.standard_vs_adversarial import draw_overview, draw_standard_vs_adversarial
from robust_style.figure.trade_off import draw_trade_off
from robust_style.figure.training_curves import draw_training_curves

GOLDEN = Path(__file__).with_name("golden")
# Enough to see what stands where; in so many colours below 60 kB.
LONGEST_PX = 560
COLOURS = 64
NETWORKS = ["standard", "adversarial", "noise"]
RECIPES = ["fair", "fair_noise", "original"]


def small(figure: Path) -> Image.Image:
    """The figure as it is compared: reduced by averaging, so that a pixel's breadth of hinting does not show."""
    with Image.open(figure) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BOX, reducing_gap=None)
    return picture.quantize(COLOURS)


def draw_all(folder: Path) -> dict[str, Path]:
    """Draws every figure into `folder` and gives their paths by name."""
    made = make_results(folder, networks=NETWORKS, recipes=RECIPES, seeds=(0, 1, 2))
    table = folder / "scores.tsv"
    made.collect(table)
    by_iteration = write_by_iteration(folder / "scores_by_iteration.tsv", made.traces)
    undecided = {
        "interval_low": np.nan,
        "interval_high": np.nan,
        "crossed_low": np.nan,
        "crossed_high": np.nan,
        "seeds": 1,
        "verdict": "undecided (n = 1 seed)",
    }
    claims = [
        claim_row(),
        claim_row(recipe="original", **undecided),
        claim_row("collapse", statement="The standard network falls apart", verdict="refuted", contrast="a - b"),
    ]
    write_claims(folder / "claims.tsv", claims)
    pair = {"content": made.images["rocket"], "style": made.images["flow_field"], "networks": NETWORKS}
    one_pair = [trace for trace in made.traces if trace.stem == "rocket--flow_field"]

    def of(recipe, traces=one_pair):
        return [trace for trace in traces if f"/{recipe}/" in trace.as_posix()]

    def draw(name, function, **given):
        found[name] = folder / f"{name}.png"
        function(**given, figure=found[name], vector=folder / f"{name}.svg")

    found: dict[str, Path] = {}
    evaluations, preview = {"evaluations": made.evaluations}, {"preview": folder / "preview.jpg"}
    curves = {"networks": NETWORKS, "recipes": RECIPES}
    draw(
        "overview", draw_overview, traces=of("fair", made.traces), images=made.images, networks=NETWORKS, **evaluations
    )
    draw("standard_vs_adversarial", draw_standard_vs_adversarial, traces=of("fair"), **pair, **evaluations, **preview)
    draw("original_layout", draw_original_layout, traces=of("original"), **pair)
    draw("recipes", draw_recipes, traces=one_pair, recipes=RECIPES, **pair)
    draw("optimisation", draw_optimisation, traces=one_pair, recipes=RECIPES, networks=NETWORKS, **preview)
    draw("training_curves", draw_training_curves, networks=NETWORKS, **evaluations)
    draw("score_vs_epoch", draw_score_vs_epoch, table=table, **curves)
    draw("score_vs_iteration", draw_score_vs_iteration, table=by_iteration, traces=made.traces, **curves)
    draw("trade_off", draw_trade_off, table=table, ratios={"ratio 30 to 300": ["fair_noise", "fair"]}, **curves)
    families = dict.fromkeys(NETWORKS, "vgg19")
    draw("score_vs_robustness", draw_score_vs_robustness, table=table, architectures=families, **curves)
    draw("claims_forest", draw_claims_forest, claims=folder / "claims.tsv")
    sources = {name: folder / f"{name}.png" for name in ("content", "style")}
    for name, path in sources.items():
        save_picture(path, noise_picture(name, (96, 64)))
    draw("reconstructions", draw_reconstructions, records=make_reconstructions(folder), networks=NETWORKS, **sources)
    return found


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in draw_all(Path(folder)).items():
            small(figure).save(GOLDEN / f"{name}.png", optimize=True)
            print(f"{name}: {(GOLDEN / f'{name}.png').stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
