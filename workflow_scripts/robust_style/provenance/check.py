"""Check the results of a run: numbers of pictures, ranges of scores, limits of accuracies, hashes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.atomic import write_json
from robust_style.files.reconstruction_record import Reconstructions
from robust_style.provenance.job import FOLDER
from robust_style.provenance.manifest import RUN, verify_manifest
from robust_style.score.columns import ACCURACIES, LABELS, PICTURE_MEASURES
from robust_style.score.evaluation_tables import read_evaluation_table
from robust_style.score.score_tables import is_control, read_score_table

RANGES = {
    "clean_accuracy": (0.0, 1.0),
    "robust_accuracy": (0.0, 1.0),
    "content_ssim": (-1.0, 1.0),
    "content_edge_ssim": (-1.0, 1.0),
    "luma_correlation": (-1.0, 1.0),
    "style_colour_distance": (0.0, math.inf),
    "style_texture_distance": (0.0, math.inf),
    "high_frequency_excess": (-math.inf, math.inf),
    "checkerboard_excess": (-math.inf, math.inf),
    "out_of_range_fraction": (0.0, 1.0),
    "worst_rise": (0.0, math.inf),
}


def check_results(
    *,
    manifest: Path,
    products: Sequence[Path],
    table: Path,
    evaluations: Path,
    records: list[Path],
    pictures: int,
    controls: int,
    reconstructions: int,
    last_epochs: dict[str, int],
    expected: dict[str, Any],
    painters: list[str],
    check: Path,
) -> None:
    """Verify hashes, counts, ranges and limits, and write what was verified to `check`.

    `products` must be listed in `manifest` and unchanged. `pictures`, `controls` (scored pictures that no network
    painted) and `reconstructions` (checkpoints with one) are the configured numbers; `records` are those of the
    reconstructions. `expected` gives per network the lowest and highest `clean_accuracy` and `robust_accuracy`
    (fractions) at the network's epoch in `last_epochs`. `painters` are the networks without accuracy. Warnings about
    accuracies in the table `evaluations` are printed and written to `check`. Raises ResultError listing every fault;
    the products stay where they are.
    """
    # Hashes first: a file that was changed may no longer be a table.
    rows = verify_manifest(manifest, products)
    scores, warnings = read_score_table(table), _warnings(evaluations)
    faults = [
        *_count_faults(scores, pictures, controls),
        *_range_faults(scores, painters),
        *_limit_faults(scores, last_epochs, expected),
        *_reconstruction_faults(records, reconstructions),
    ]
    if faults:
        raise ResultError(f"{table}: " + "; ".join(faults))
    jobs = sum(row.path.startswith(f"{FOLDER}/") and row.path != RUN for row in rows)
    made = [row for row in rows if not row.path.startswith(f"{FOLDER}/")]
    # A lost record is no fault, but the number shows it.
    with_record = sum(row.record != "" for row in made)
    write_json(
        check,
        {
            "pictures": pictures,
            "controls": controls,
            "reconstructions": reconstructions,
            "products": len(made),
            "jobs": jobs,
            "products_with_record": with_record,
            "limits": expected,
            "warnings": warnings,
            "verdict": "all as expected",
        },
    )
    for warning in warnings:
        print(f"warning: {warning}")
    print(
        f"{pictures} pictures, {controls} controls, reconstructions of {reconstructions} checkpoints and {len(made)} "
        f"products checked, {with_record} of them by the records of {jobs} jobs: counts, ranges and hashes are as "
        "expected"
    )


def _warnings(evaluations: Path) -> list[str]:
    """Return the warnings of the evaluations, each with network, seed and epoch."""
    rows = read_evaluation_table(evaluations)
    return [
        f"{row['network']}, seed {row['seed']}, epoch {row['epoch']}: {row['warnings']}"
        for row in rows[rows["warnings"] != ""].to_dict("records")
    ]


def _count_faults(scores: pd.DataFrame, pictures: int, controls: int) -> list[str]:
    faults = []
    control_rows = int(is_control(scores).sum())
    if len(scores) - control_rows != pictures:
        faults.append(f"expected {pictures} pictures, found {len(scores) - control_rows}")
    if control_rows != controls:
        faults.append(f"expected {controls} controls, found {control_rows}")
    if repeated := int(scores.duplicated(list(LABELS)).sum()):
        faults.append(f"expected each picture once, found {repeated} twice")
    return faults


def _range_faults(scores: pd.DataFrame, painters: list[str]) -> list[str]:
    faults = []
    only_paints = scores["network"].isin(painters)
    for column, (low, high) in RANGES.items():
        # Networks that only paint have no accuracy; controls have neither accuracy nor trace.
        may_be_empty = is_control(scores) & (column not in PICTURE_MEASURES)
        if column in ACCURACIES:
            may_be_empty |= only_paints
        values = scores[column][~(may_be_empty & scores[column].isna())]
        wrong = int((~values.between(low, high) | values.isin([math.inf, -math.inf])).sum())
        if wrong:
            faults.append(f"{column}: expected {low} to {high}, found {wrong} values outside or not finite")
    return faults


def _limit_faults(scores: pd.DataFrame, last_epochs: dict[str, int], expected: dict[str, Any]) -> list[str]:
    faults = []
    for network, limits in expected.items():
        epoch = last_epochs[network]
        last = scores[(scores["network"] == network) & (scores["epoch"] == epoch)]
        if last.empty:
            faults.append(f"{network}, epoch {epoch}: expected pictures of it, found none")
        for measure, (low, high) in limits.items():
            for seed, rows in last.groupby("seed"):
                accuracy = float(rows[measure].iloc[0])
                if not low <= accuracy <= high:
                    faults.append(
                        f"{network}, seed {seed}, epoch {epoch}: expected {measure} {low} to {high} (the key "
                        f"expected.{network}.{measure}), found {accuracy:.3f}; something went wrong in training"
                    )
    return faults


def _reconstruction_faults(records: list[Path], reconstructions: int) -> list[str]:
    checkpoints = [(record.network, record.seed, record.epoch) for record in map(Reconstructions.load, records)]
    distinct = set(checkpoints)
    if len(distinct) == len(checkpoints) == reconstructions:
        return []
    return [f"expected reconstructions of {reconstructions} checkpoints, found {len(checkpoints)} of {len(distinct)}"]
