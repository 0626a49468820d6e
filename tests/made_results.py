"""A small tree of results without any network: what the score, figure and page rooms read."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from robust_style.claims.table import ClaimRow
from robust_style.claims.table import write_claims as save_claims
from robust_style.files.evaluation import Evaluation, HistoryRow
from robust_style.files.reconstruction_record import Part, Reconstructions
from robust_style.files.trace import Labels, Trace
from robust_style.files.tsv import write_table
from robust_style.score.columns import CONTROL_RECIPE, CONTROL_REGIME, ITERATION_COLUMNS, PICTURE_MEASURES
from robust_style.score.score_files import PictureScores, save_scores
from robust_style.score.score_tables import collect_scores

REGIMES = {
    "standard": "standard", "adversarial": "adversarial", "noise": "gaussian_noise",
    "imported": "adversarial", "control": "untrained",
    "standard_matched": "standard", "adversarial_linf": "adversarial",
}  # fmt: skip
PAIRS = (("rocket", "flow_field"), ("astronaut", "op_art"))


@dataclass(frozen=True)
class MadeResults:
    """Paths of the tree, in the shapes that the entry functions take."""

    traces: list[Path] = field(default_factory=list)
    evaluations: list[Path] = field(default_factory=list)
    scores: list[Path] = field(default_factory=list)
    images: dict[str, Path] = field(default_factory=dict)

    @property
    def pictures(self) -> list[Path]:
        return [trace.with_suffix(".png") for trace in self.traces]

    def collect(self, table: Path, answers: Sequence[Path] = ()) -> None:
        """Writes the table of scores, and beside it that of the snapshots as `moments.tsv`."""
        collect_scores(
            scores=self.scores,
            evaluations=self.evaluations,
            ratings=[],
            answers=list(answers),
            table=table,
            by_iteration=table.with_name("moments.tsv"),
        )


def make_results(
    folder: Path,
    *,
    networks=("standard", "adversarial"),
    recipes=("original", "fair"),
    seeds=(0,),
    epochs=(0, 4, 8),
    pairs=PAIRS,
    size=(48, 32),
    made=None,
) -> MadeResults:
    """Writes pictures, traces, evaluations and scores of every combination; `size` is width and height.

    `made` is what an earlier call made in this folder, to which this one adds.
    """
    made = made or MadeResults()
    for name in {name for pair in pairs for name in pair}:
        made.images[name] = folder / "images" / f"{name}.png"
        save_picture(made.images[name], noise_picture(name, (size[0] * 2, size[1] * 2)))
    for network in networks:
        for seed in seeds:
            for epoch in epochs:
                made.evaluations.append(_evaluation(folder, network, seed, epoch))
                for recipe in recipes:
                    for content, style in pairs:
                        labels = {
                            "recipe": recipe,
                            "network": network,
                            "regime": REGIMES.get(network, "standard"),
                            "seed": seed,
                            "epoch": epoch,
                            "content": content,
                            "style": style,
                        }
                        trace, score = _stylization(folder, labels, size)
                        made.traces.append(trace)
                        made.scores.append(score)
    return made


def add_controls(folder: Path, made: MadeResults, pairs=PAIRS) -> MadeResults:
    """Writes the scores of every control of the pairs; the recoloured content is at .3 and .9 in colour and texture."""
    values = {"content": (1.0, 1.0, 1.0), "histogram_matched": (0.85, 0.3, 0.9), "histogram_blend": (0.5, 0.3, 0.6)}
    for name, (ssim, colour, texture) in values.items():
        for content, style in pairs:
            labels = Labels(CONTROL_RECIPE, name, CONTROL_REGIME, 0, 0, content, style)
            measures = dict.fromkeys(PICTURE_MEASURES, 0.0) | {
                "content_ssim": ssim, "style_colour_distance": colour, "style_texture_distance": texture,
            }  # fmt: skip
            path = folder / "scores" / "none" / name / f"{content}--{style}.json"
            save_scores(path, [PictureScores(labels, measures, None, [])])
            made.scores.append(path)
    return made


def make_uneven_results(folder: Path, **settings) -> MadeResults:
    """Two trained networks of two seeds, one imported after 76 epochs under the second of them, one untrained."""
    made = make_results(folder, seeds=(1, 3), **settings)
    few = {
        "recipes": settings.get("recipes", ("original", "fair")),
        "pairs": settings.get("pairs", PAIRS),
        "made": made,
    }
    make_results(folder, networks=("imported",), seeds=(3,), epochs=(76,), **few)
    return make_results(folder, networks=("control",), seeds=(1, 3), epochs=(0,), **few)


def make_results_of_fewer_checkpoints(folder: Path, **settings) -> MadeResults:
    """As `make_results`, but recipe `original` paints with the last checkpoint only (`checkpoints: last`)."""
    made = make_results(folder, **settings)
    last = f"epoch_{max(settings.get('epochs', (0, 4, 8))):03d}"

    def kept(paths: list[Path]) -> list[Path]:
        return [path for path in paths if "original" not in path.parts or last in path.parts]

    return replace(made, traces=kept(made.traces), scores=kept(made.scores))


@contextmanager
def edited(path: Path) -> Iterator[dict[str, object]]:
    """The record in a JSON file, to change; a file of scores is a list, here of one picture."""
    content = json.loads(path.read_text())
    yield content[0] if isinstance(content, list) else content
    path.write_text(json.dumps(content))


def save_picture(path: Path, pixels) -> None:
    """Writes uint8 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def noise_picture(name: str, size):
    """A smooth random picture that depends on its name only; `size` is width and height."""
    random = np.random.default_rng(list(name.encode()))
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def score_row(labels: dict[str, object], random) -> dict[str, float]:
    """Measures as `score_stylization` writes them."""
    gain = 0.1 * (labels["network"] == "adversarial") * (labels["epoch"] > 0)
    return {
        "content_ssim": 0.4 - gain + 0.02 * random.standard_normal(),
        "content_edge_ssim": 0.3 - gain + 0.02 * random.standard_normal(),
        "luma_correlation": 0.9 - gain + 0.02 * random.standard_normal(),
        "style_colour_distance": 0.35 / (1 + 0.1 * labels["epoch"]) - gain / 5 + 0.01 * abs(random.standard_normal()),
        "style_texture_distance": 0.4 + 0.4 / (1 + 0.1 * labels["epoch"]) - gain + 0.02 * random.standard_normal(),
        "high_frequency_excess": 1 - 10 * gain + 0.1 * random.standard_normal(),
        "checkerboard_excess": 0.5 - 5 * gain + 0.1 * random.standard_normal(),
        "worst_rise": 1.0 if labels["recipe"] != "original" else float(np.exp(random.uniform(1, 6))),
        "final_over_best": 1.0,
        "final_content_loss": 0.5,
        "final_style_loss": 0.004,
        "out_of_range_fraction": 0.01,
    }


def _moments(measures: dict[str, float]) -> list[dict[str, float]]:
    """Half way at iteration 50."""
    first = {"content_ssim": 1.0, "style_colour_distance": 1.0, "style_texture_distance": 1.0}
    shares = {0: 1.0, 50: 0.5, 100: 0.0}
    return [
        {"iteration": at, **{name: share * value + (1 - share) * measures[name] for name, value in first.items()}}
        for at, share in shares.items()
    ]


def _stylization(folder: Path, labels: dict[str, object], size) -> tuple[Path, Path]:
    below = Path(labels["recipe"], labels["network"], f"seed_{labels['seed']}", f"epoch_{labels['epoch']:03d}")
    trace = folder / "stylized" / below / f"{labels['content']}--{labels['style']}.json"
    random = np.random.default_rng(list(json.dumps(labels).encode()))
    # Untrained networks are one network, so they paint one picture.
    painter = "untrained" if labels["epoch"] == 0 else labels["network"] + str(labels["epoch"])
    picture = noise_picture(f"{painter} {labels['content']} {labels['style']}", size)
    save_picture(trace.with_suffix(".png"), picture)
    save_picture(trace.with_suffix(".jpg"), picture)
    first = noise_picture(str(labels["content"]), size)
    save_picture(trace.with_suffix(".snapshots.png"), np.concatenate([first, (first // 2 + picture // 2), picture], 1))
    iterations = list(range(101))
    style_loss = [float(2 * np.exp(-step / 15) + 0.004) for step in iterations]
    content_loss = [float(0.5 * (1 - np.exp(-step / 15))) for step in iterations]
    total_loss = [a + 30 * b for a, b in zip(content_loss, style_loss, strict=True)]
    if labels["recipe"] == "original":
        total_loss[40] *= 50
    measures = score_row(labels, random)
    Trace(
        path=trace,
        labels=Labels(**labels),
        size_px=size[1],
        width_px=size[0],
        height_px=size[1],
        iteration=tuple(range(101)),
        total_loss=tuple(total_loss),
        content_loss=tuple(content_loss),
        style_loss=tuple(style_loss),
        total_variation=(0.0,) * 101,
        float32_from=None,
        coarse=(),
        snapshots=(0, 50, 100),
        **{name: measures[name] for name in ("worst_rise", "final_over_best", "out_of_range_fraction")},
        precision="float32",
        threads=1,
        device="cpu",
        batch_size=1,
        stopped="iterations",
        content_target=None,
        recipe={
            "style_weight": 300.0 if labels["recipe"] == "fair" else 30.0,
            "content_weight": 1.0,
            "initialisation": "noise" if "noise" in labels["recipe"] else "content",
            "optimiser": "lbfgs_unguarded" if labels["recipe"] == "original" else "lbfgs",
        },
    ).save()
    score = folder / "scores" / below / f"{labels['content']}--{labels['style']}.json"
    save_scores(score, [PictureScores(Labels(**labels), measures, None, _moments(measures))])
    return trace, score


def _evaluation(folder: Path, network: str, seed: int, epoch: int) -> Path:
    path = folder / "evaluation" / network / f"seed_{seed}" / f"epoch_{epoch:03d}.json"
    robust = network == "adversarial"

    def accuracies(at: int) -> tuple[float, float]:
        learnt = 1 - np.exp(-at / 4)
        return 0.1 + (0.55 if robust else 0.7) * learnt + 0.01 * seed, 0.1 * (1 - learnt) + (
            0.45 if robust else 0.02
        ) * learnt

    clean, hard = accuracies(epoch)
    history = tuple(
        HistoryRow(at, 0.02, accuracies(at)[0] - 0.01, accuracies(at)[1] + 0.01, 0.5, 1.0)
        for at in range(1, 1 if network == "imported" else epoch + 1)
    )
    Evaluation(
        network=network,
        regime=REGIMES.get(network, "standard"),
        seed=seed,
        epoch=epoch,
        clean_accuracy=clean,
        test_images=1000,
        robust_accuracy=hard,
        images=500,
        autoattack_accuracy=None,
        autoattack_images=0,
        warnings=(),
        attack={"constraint": "l2", "epsilon": 0.5, "step_size": 0.125, "steps": 10, "restarts": 1},
        history=history,
    ).save(path)
    return path


def make_reconstructions(
    folder: Path,
    *,
    networks=("standard", "adversarial"),
    seeds=(0,),
    epochs=(0, 4, 8),
    layers=5,
    size=(48, 32),
    names=None,
) -> list[Path]:
    """Writes strip and record of every checkpoint's reconstructions; untrained networks of one seed are one."""
    records = []
    names = names or [f"relu{block}_1" for block in range(1, layers + 1)]
    for network in networks:
        for seed in seeds:
            for epoch in epochs:
                record = folder / "reconstructions" / network / f"seed_{seed}" / f"epoch_{epoch:03d}.json"
                painter = "untrained" if epoch == 0 else f"{network} {epoch}"
                tiles = [noise_picture(f"{painter} {seed} {tile}", size) for tile in range(2 * layers)]
                save_picture(record.with_suffix(".png"), np.concatenate(tiles, axis=1))
                losses = [
                    (5.0, 1e-4, 0.004 * layer, 0.5 * layer, 100, 1.0, "iterations", 0.0) for layer in range(layers)
                ]
                Reconstructions(
                    path=record,
                    network=network,
                    regime=REGIMES.get(network, "standard"),
                    seed=seed,
                    epoch=epoch,
                    content_name="rocket",
                    style_name="flow_field",
                    layers=tuple(names),
                    size_px=min(size),
                    width_px=size[0],
                    height_px=size[1],
                    content=tuple(Part((names[at],), *values) for at, values in enumerate(losses)),
                    texture=tuple(Part(tuple(names[: at + 1]), *values) for at, values in enumerate(losses)),
                    precision="float32",
                    threads=1,
                    device="cpu",
                ).save()
                records.append(record)
    return records


def write_by_iteration(path: Path, traces: list[Path], snapshots=(0, 50, 100)) -> Path:
    """Writes scores of every snapshot as `collect_scores` does; adversarial networks get nearer to the style."""
    rows = []
    for trace in traces:
        labels = json.loads(trace.read_text())["labels"]
        random = np.random.default_rng(list(json.dumps(labels).encode()))
        for iteration in snapshots:
            left = np.exp(-iteration / (40 if labels["network"] == "adversarial" else 60))
            shift = 0.02 * random.standard_normal()
            rows.append(
                labels
                | {
                    "iteration": iteration,
                    "content_ssim": 0.35 + 0.65 * left + shift,
                    "style_colour_distance": 0.2 + 0.8 * left + shift,
                    "style_texture_distance": 0.4 + 0.6 * left + shift,
                }
            )
    write_table(path, pd.DataFrame(rows, columns=list(ITERATION_COLUMNS)))
    return path


def claim_row(claim: str = "style_faster", recipe: str = "fair", **settings) -> dict[str, object]:
    """One row of the table of claims: supported by three seeds, unless `settings` say otherwise."""
    return {
        "claim": claim,
        "statement": "The adversarial network captures the style faster",
        "source": "Shatz",
        "recipe": recipe,
        "quote": "",
        "family": "primary",
        "unit": "seeds",
        "contrast": "adversarial < standard",
        "measure": "style_texture_distance",
        "estimate": -0.11,
        "threshold": 0.0,
        "claimed_side": "below",
        "smallest_effect": 0.05,
        "confidence": 0.95,
        "interval_low": -0.16,
        "interval_high": -0.06,
        "crossed_low": -0.21,
        "crossed_high": -0.01,
        "p_value": 0.01,
        "adjusted_p": 0.01,
        "seeds_needed": None,
        "per_seed": "",
        "seeds": 3,
        "pairs": 2,
        "verdict": "supported",
        "reading": "On average 0.11 nearer to the style, in every seed.",
        "strongest_for": "",
        "strongest_against": "",
    } | settings


def write_claims(path: Path, rows: list[dict[str, object]]) -> Path:
    """Writes rows of `claim_row` as `judge_claims` does."""
    save_claims(path, [ClaimRow(**row) for row in rows])
    return path
