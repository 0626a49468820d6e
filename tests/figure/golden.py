"""One figure of each kind of layout, drawn from made-up results; the expected pictures are in golden/.

Make them anew after an intended change, and look at them:
PYTHONPATH=tests:workflow_scripts python tests/figure/golden.py
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from made_results import add_controls, claim_row, make_results, write_claims
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.figure.standard_vs_adversarial import draw_overview
from robust_style.figure.trade_off import draw_trade_off

GOLDEN = Path(__file__).with_name("golden")
# Enough to see what stands where; in so many colours below 60 kB.
LONGEST_PX = 560
COLOURS = 64
NETWORKS = ["standard", "adversarial", "noise"]
RECIPES = ["fair", "fair_noise", "original"]


def small(figure: Path) -> Image.Image:
    """The figure as it is compared: reduced by averaging, so that differences of hinting vanish."""
    with Image.open(figure) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BOX, reducing_gap=None)
    return picture.quantize(COLOURS)


def draw_all(folder: Path) -> dict[str, Path]:
    """Draw the figures into `folder`; returns their paths by name."""
    made = make_results(folder, networks=NETWORKS, recipes=RECIPES, seeds=(0, 1, 2))
    add_controls(folder, made).collect(folder / "scores.tsv")
    few = dict.fromkeys(("interval_low", "interval_high", "crossed_low", "crossed_high"), np.nan)
    claims = [
        claim_row(),
        claim_row(recipe="original", **few, seeds=1, verdict="undecided (n = 1 seed)"),
        claim_row("collapse", statement="The standard network falls apart", verdict="refuted", contrast="a - b"),
    ]
    write_claims(folder / "claims.tsv", claims)
    paths = {}

    def draw(name, function, **given):
        paths[name] = folder / f"{name}.png"
        function(**given, figure=paths[name], vector=folder / f"{name}.svg")

    overview = [trace for trace in made.traces if "/fair/" in trace.as_posix()]
    one_pair = [trace for trace in made.traces if trace.stem == "rocket--flow_field"]
    chosen = {"networks": NETWORKS, "recipes": RECIPES}
    preview = folder / "preview.jpg"
    shown = {"traces": overview, "evaluations": made.evaluations, "images": made.images, "networks": NETWORKS}
    draw("overview", draw_overview, **shown, preview=preview)
    draw("optimisation", draw_optimisation, traces=one_pair, preview=preview, **chosen)
    draw("score_vs_epoch", draw_score_vs_epoch, table=folder / "scores.tsv", **chosen)
    draw("trade_off", draw_trade_off, table=folder / "scores.tsv", ratios={}, **chosen)
    draw("claims_forest", draw_claims_forest, claims=folder / "claims.tsv")
    return paths


def main() -> None:
    for old in GOLDEN.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in draw_all(Path(folder)).items():
            small(figure).save(GOLDEN / f"{name}.png", optimize=True)
            print(f"{name}: {(GOLDEN / f'{name}.png').stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
