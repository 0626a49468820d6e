"""The page of made results, as the workflow builds it."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from made_results import MadeResults
from robust_style.claims.table import COLUMNS, Exhibit
from robust_style.page.comparison import build_comparison

KEY = ["recipe", "network", "seed", "epoch", "content", "style"]
CLAIM_COLUMNS = COLUMNS


def build_page(folder: Path, made: MadeResults, title: str, *, claims=True, by_iteration=True, further=True) -> Path:
    """The index of the page; its edition in one file lies beside the folder, the tables that it was made of too."""
    table, page = folder / "scores.tsv", folder / "page"
    made.collect(table)
    if further:
        add_measures(table)
    build_comparison(
        traces=made.traces,
        evaluations=made.evaluations,
        table=table,
        by_iteration=write_by_iteration(folder / "scores_by_iteration.tsv", table) if by_iteration else None,
        claims=write_claims(folder / "claims.tsv", made_claims(table)) if claims else None,
        images=made.images,
        folder=page,
        edition=folder / "page.html",
        title=title,
    )
    return page / "index.html"


def add_measures(table: Path) -> None:
    """Adds to a score table what the made score files do not hold; every fourth picture's texture was not measured."""
    rows = pd.read_csv(table, sep="\t", keep_default_na=False, na_values=[""])
    number = np.arange(len(rows))
    rows["style_texture_distance"] = (0.9 - 0.04 * number % 0.7).round(4)
    rows.loc[number % 4 == 3, "style_texture_distance"] = np.nan
    rows["luma_correlation"] = np.where(number % 5 == 1, -0.31, 0.92)
    rows["rater_standard_style_distance"] = np.nan
    rows.to_csv(table, sep="\t", index=False)


def write_by_iteration(path: Path, table: Path) -> Path:
    """Scores at the iterations 0, 50 and 100 of every picture of the table."""
    rows = pd.read_csv(table, sep="\t", keep_default_na=False)[[*KEY, "regime"]]
    every = pd.concat(
        [
            rows.assign(iteration=at, content_ssim=1 - at / 200, style_colour_distance=1 - at / 150)
            for at in (0, 50, 100)
        ]
    )
    every.assign(style_texture_distance="").to_csv(path, sep="\t", index=False)
    return path


def made_claims(table: Path) -> list[dict[str, object]]:
    """Two claims about networks, one about recipes where there are two, one that nothing could test."""
    rows = pd.read_csv(table, sep="\t", keep_default_na=False)
    row = rows[rows["network"] == "adversarial"].iloc[-1]
    place = {"seed": int(row["seed"]), "epoch": int(row["epoch"]), "content": row["content"], "style": row["style"]}
    recipes = list(dict.fromkeys(rows["recipe"]))
    networks = Exhibit(recipes=(row["recipe"],), networks=("standard", "adversarial"), **place)
    claims = [
        _claim("captures_style_faster", "captures the style faster", "supported", str(row["recipe"]), str(networks)),
        _claim("falls_apart", "falls apart late in training", "undecided (n = 1 seed)", str(row["recipe"]), ""),
        _claim("pooling", "loses its artefacts with average pooling", "not tested", "", "nobody/knows/this")
        | {
            "estimate": "",
            "per_seed": "",
            "interval_low": "",
            "interval_high": "",
            "crossed_low": "",
            "crossed_high": "",
            "seeds": 0,
            "pairs": 0,
        },
    ]
    if len(recipes) > 1:
        exhibit = Exhibit(recipes=tuple(recipes[:2]), networks=("standard",), **place)
        claims.append(_claim("optimiser", "collapses by the optimiser", "refuted", "+".join(recipes[:2]), str(exhibit)))
    return claims


def _claim(slug: str, words: str, verdict: str, recipe: str, exhibit: str) -> dict[str, object]:
    return {
        "claim": slug, "statement": f"A network {words}.", "source": "Shatz", "recipe": recipe,
        "quote": "", "family": "primary", "unit": "seeds",
        "contrast": "adversarial < standard", "measure": "style_colour_distance",
        "estimate": -0.151, "threshold": 0.0, "claimed_side": "below",
        "smallest_effect": 0.05, "confidence": 0.95, "per_seed": "0:-0.151",
        "interval_low": -0.25, "interval_high": -0.05,
        "crossed_low": "", "crossed_high": "", "p_value": "", "adjusted_p": "", "seeds_needed": "",
        "seeds": 1, "pairs": 2,
        "verdict": verdict, "reading": "-0.151 on average over 1 seed and 2 pairs.", "strongest_for": exhibit,
        "strongest_against": "",
    }  # fmt: skip


def write_claims(path: Path, claims: Iterable[Mapping[str, object]], columns=CLAIM_COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, delimiter="\t", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(claims)
    return path
