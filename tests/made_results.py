"""A small tree of results without any network: what the score, figure and page rooms read."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

REGIMES = {
    "standard": "standard", "adversarial": "adversarial", "noise": "gaussian_noise",
    "imported": "adversarial", "control": "untrained",
}  # fmt: skip
PAIRS = (("rocket", "flow_field"), ("astronaut", "op_art"))


@dataclass(frozen=True)
class MadeResults:
    """Paths of the tree, in the shapes that the entry functions take."""

    traces: list[Path] = field(default_factory=list)
    evaluations: list[Path] = field(default_factory=list)
    scores: list[Path] = field(default_factory=list)
    images: dict[str, Path] = field(default_factory=dict)


def make_results(
    folder: Path,
    *,
    networks=("standard", "adversarial"),
    recipes=("seed", "fair"),
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
                        trace, score = _stylisation(folder, labels, size)
                        made.traces.append(trace)
                        made.scores.append(score)
    return made


def make_uneven_results(folder: Path, **settings) -> MadeResults:
    """Two trained networks of two seeds, one imported after 76 epochs under the second of them, one untrained."""
    made = make_results(folder, seeds=(1, 3), **settings)
    few = {"recipes": settings.get("recipes", ("seed", "fair")), "pairs": settings.get("pairs", PAIRS), "made": made}
    make_results(folder, networks=("imported",), seeds=(3,), epochs=(76,), **few)
    return make_results(folder, networks=("control",), seeds=(1, 3), epochs=(0,), **few)


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
        "style_colour_distance": 0.35 / (1 + 0.1 * labels["epoch"]) - gain / 2 + 0.01 * random.standard_normal(),
        "high_frequency_excess": 1 - 10 * gain + 0.1 * random.standard_normal(),
        "worst_rise": 1.0 if labels["recipe"] != "seed" else float(np.exp(random.uniform(1, 6))),
        "final_over_best": 1.0,
        "final_content_loss": 0.5,
        "final_style_loss": 0.004,
        "out_of_range_fraction": 0.01,
    }


def _stylisation(folder: Path, labels: dict[str, object], size) -> tuple[Path, Path]:
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
    evaluation = list(range(101))
    style_loss = [float(2 * np.exp(-step / 15) + 0.004) for step in evaluation]
    content_loss = [float(0.5 * (1 - np.exp(-step / 15))) for step in evaluation]
    total_loss = [a + 30 * b for a, b in zip(content_loss, style_loss, strict=True)]
    if labels["recipe"] == "seed":
        total_loss[40] *= 50
    measures = score_row(labels, random)
    kept = ("worst_rise", "final_over_best", "out_of_range_fraction")
    trace.write_text(
        json.dumps(
            {
                "labels": labels,
                "size_px": size[1],
                "width_px": size[0],
                "height_px": size[1],
                "evaluation": evaluation,
                "total_loss": total_loss,
                "content_loss": content_loss,
                "style_loss": style_loss,
                "snapshots": [0, 50, 100],
                **{name: measures[name] for name in kept},
                "precision": "float32",
                "threads": 1,
                "device": "cpu",
                "stopped": "evaluations",
                "recipe": {"style_weight": 30.0},
            }
        )
    )
    score = folder / "scores" / below / f"{labels['content']}--{labels['style']}.json"
    score.parent.mkdir(parents=True, exist_ok=True)
    score.write_text(json.dumps({"labels": labels, **measures}))
    return trace, score


def _evaluation(folder: Path, network: str, seed: int, epoch: int) -> Path:
    path = folder / "evaluation" / network / f"seed_{seed}" / f"epoch_{epoch:03d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    robust = network == "adversarial"

    def accuracies(at: int) -> tuple[float, float]:
        learnt = 1 - np.exp(-at / 4)
        return 0.1 + (0.55 if robust else 0.7) * learnt + 0.01 * seed, 0.1 * (1 - learnt) + (
            0.45 if robust else 0.02
        ) * learnt

    clean, hard = accuracies(epoch)
    history = [
        {
            "epoch": at,
            "learning_rate": 0.02,
            "train_loss": 1.0,
            "train_accuracy": 0.5,
            "test_clean_accuracy": accuracies(at)[0] - 0.01,
            "test_robust_accuracy": accuracies(at)[1] + 0.01,
        }
        for at in range(1, 1 if network == "imported" else epoch + 1)
    ]
    path.write_text(
        json.dumps(
            {
                "network": network,
                "regime": REGIMES.get(network, "standard"),
                "seed": seed,
                "epoch": epoch,
                "clean_accuracy": clean,
                "test_images": 1000,
                "robust_accuracy": hard,
                "images": 500,
                "attack": {"constraint": "l2", "epsilon": 0.5, "step_size": 0.125, "steps": 10, "restarts": 1},
                "warnings": [],
                "autoattack_accuracy": None,
                "autoattack_images": 0,
                "history": history,
            }
        )
    )
    return path
