"""The results checked: as many as configured, within their ranges, unchanged since they were made."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.artefact.json_file import write_json
from robust_style.artefact.manifest import verify_manifest
from robust_style.errors import ResultError

KEY = ["recipe", "network", "seed", "epoch", "content", "style"]
RANGES = {
    "clean_accuracy": (0.0, 1.0),
    "robust_accuracy": (0.0, 1.0),
    "content_ssim": (-1.0, 1.0),
    "style_colour_distance": (0.0, math.inf),
    "high_frequency_excess": (-math.inf, math.inf),
    "out_of_range_fraction": (0.0, 1.0),
    "worst_rise": (0.0, math.inf),
}


def check_results(
    *,
    manifest: Path,
    table: Path,
    pictures: int,
    last_epochs: dict[str, int],
    expected: dict[str, Any],
    check: Path,
) -> None:
    """Verifies counts, ranges, limits and hashes and writes what was verified.

    `expected` gives, per network, the lowest and highest `clean_accuracy` and `robust_accuracy` (fractions) at
    its own last checkpoint, `last_epochs`. Raises ResultError listing every fault; the products stay where they are.
    """
    scores = pd.read_csv(table, sep="\t")
    faults = [
        *_count_faults(scores, pictures),
        *_range_faults(scores),
        *_limit_faults(scores, last_epochs, expected),
    ]
    if faults:
        raise ResultError(f"{table}: " + "; ".join(faults))
    verified = verify_manifest(manifest)
    write_json(check, {"pictures": pictures, "products": verified, "limits": expected, "verdict": "all as expected"})
    print(f"{pictures} pictures and {verified} products checked: counts, ranges and hashes are as expected")


def _count_faults(scores: pd.DataFrame, pictures: int) -> list[str]:
    faults = []
    if len(scores) != pictures:
        faults.append(f"expected {pictures} pictures, found {len(scores)}")
    if scores.duplicated(KEY).any():
        faults.append(f"expected each picture once, found {int(scores.duplicated(KEY).sum())} twice")
    return faults


def _range_faults(scores: pd.DataFrame) -> list[str]:
    faults = []
    for column, (low, high) in RANGES.items():
        values = scores[column]
        wrong = int((~values.between(low, high) | values.isin([math.inf, -math.inf])).sum())
        if wrong:
            faults.append(f"{column}: expected {low} to {high}, found {wrong} values outside or not finite")
    return faults


def _limit_faults(scores: pd.DataFrame, last_epochs: dict[str, int], expected: dict[str, Any]) -> list[str]:
    faults = []
    for network, limits in expected.items():
        epoch = last_epochs[network]
        last = scores[(scores["network"] == network) & (scores["epoch"] == epoch)]
        for accuracy, (low, high) in limits.items():
            for seed, rows in last.groupby("seed"):
                found = float(rows[accuracy].iloc[0])
                if not low <= found <= high:
                    faults.append(
                        f"{network}, seed {seed}, epoch {epoch}: expected {accuracy} {low} to {high} (the key "
                        f"expected.{network}.{accuracy}), found {found:.3f}; something went wrong in training"
                    )
    return faults
