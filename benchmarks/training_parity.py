"""Do both engines train the same network? Ours beside the `robustness` library's own loop, on real images.

    python benchmarks/training_parity.py --archive cifar-10-binary.tar.gz --sha256 0123… --train 5000 --test 1000 \\
        --width 0.25 --epochs 8 --seeds 0 1 2 --steps 3 --out parity.tsv

Trains a standard and an adversarial network by each engine and for each seed, all of a seed from the same initial
weights and all else as config/config.yaml says, and measures each on the test images: clean accuracy, and robust
accuracy under PGD-20 of the same epsilon. Writes one row per network; a run that is stopped goes on with the same
command after the last row. Ends with the difference between the engines beside the noise of seeds: their standard
deviation, and the 95 % t-interval of the differences paired by seed. An interval that holds 0 does not show that the
engines are the same, only that so many seeds cannot tell them apart: look at its width.

Each engine is as the workflow uses it: ours computes in `--precision`, the library's always in float32, jitters colours
and rotates whatever is configured; where ours is not set to do the same, that is part of the difference. `seconds` is
the wall time of the training alone, without monitoring: comparable only where nothing else ran.
"""

import argparse
import csv
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow_scripts"))

from robust_style.data.prepare_dataset import prepare_dataset  # noqa: E402
from robust_style.errors import DatasetError, ResultError, RobustStyleError  # noqa: E402
from robust_style.files.atomic import read_json, write_text  # noqa: E402
from robust_style.files.digest import sha256_of_file, sha256_of_settings  # noqa: E402
from robust_style.model.compat import import_robustness  # noqa: E402
from robust_style.training.evaluate import evaluate_checkpoint  # noqa: E402
from robust_style.training.initialise import initialise_network  # noqa: E402
from robust_style.training.segment import train_segment  # noqa: E402
from robust_style.workflow.configuration import check_configuration  # noqa: E402
from robust_style.workflow.fingerprint import fingerprint  # noqa: E402

REGIMES = ("standard", "adversarial")
ENGINES = ("fast", "robustness")
MEASURES = ("clean_accuracy", "robust_accuracy")
EPSILON = 0.5
# PGD-20 on every test image, its steps long enough to cross the ball and come back.
EVALUATION = {"constraint": "l2", "epsilon": EPSILON, "step_size": 0.1, "steps": 20, "images": None}
# No monitoring: `seconds` is to be the training's.
UNWATCHED = {"monitor_images": 0, "monitor_steps": 0}
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Row:
    """One trained network; accuracies are fractions, `settings` is the hash of what all rows have in common, the code
    that trains among it.
    """

    regime: str
    engine: str
    seed: int
    clean_accuracy: float
    robust_accuracy: float
    seconds: float
    settings: str


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    try:
        rows = measured(options)
    except RobustStyleError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(summary(rows)))
    return 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archive", type=Path, required=True, help="CIFAR-10 in its binary or python layout")
    parser.add_argument("--sha256", required=True, help="of the archive")
    parser.add_argument("--train", type=int, help="training images, class-balanced (all)")
    parser.add_argument("--test", type=int, help="test images, class-balanced (all)")
    parser.add_argument("--architecture", default="vgg19", help="of VGGs, shorter ones learn more surely (vgg19)")
    parser.add_argument("--width", type=float, default=0.25, help="factor on the number of channels (0.25)")
    parser.add_argument("--epochs", type=int, default=8, help="(8)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    parser.add_argument("--steps", type=int, default=3, help="attack steps of the adversarial regime (3)")
    parser.add_argument("--step-size", type=float, default=0.25, help="their length; epsilon is 0.5, L2 (0.25)")
    parser.add_argument("--batch-size", type=int, default=64, help="(64)")
    parser.add_argument("--learning-rate", type=float, default=0.02, help="short runs of few images want it low (0.02)")
    parser.add_argument("--drop-every", type=int, help="epochs after which the rate drops (two thirds of all)")
    parser.add_argument("--precision", default="auto", help="of our engine: auto, float32 or bfloat16 (auto)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto (cpu)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    parser.add_argument("--out", type=Path, required=True, help="the table (tab-separated)")
    return parser.parse_args(arguments)


def measured(options: argparse.Namespace) -> list[Row]:
    """The rows of the table, those that were missing made now."""
    found = sha256_of_file(options.archive) if options.archive.is_file() else "no file"
    if found != options.sha256:
        raise DatasetError(f"{options.archive}: expected the SHA-256 {options.sha256}, found {found}; correct --sha256")
    config = configuration(options)
    code = fingerprint(ROOT / "workflow_scripts" / "train_segment.py")
    chosen = {key: getattr(options, key) for key in ("train", "test", "epochs", "precision", "device", "threads")}
    settings = sha256_of_settings([config, found, code, chosen])[:12]
    rows = read_rows(options.out, settings)
    wanted = [key for key in product(options.seeds, REGIMES, ENGINES) if key not in {of(row) for row in rows}]
    with tempfile.TemporaryDirectory(prefix="parity-") as folder:
        dataset = Path(folder, "cifar10.npz")
        if wanted:
            import_robustness()  # seconds that are nobody's training
            prepare_dataset(
                name="cifar10", archive=options.archive, train_size=options.train, test_size=options.test,
                dataset=dataset,
            )  # fmt: skip
        for number, (seed, regime, engine) in enumerate(wanted, start=1):
            print(f"{number} of {len(wanted)}: {regime} by {engine}, seed {seed}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(dir=folder) as room:
                rows.append(trained(options, config, dataset, Path(room), seed, regime, engine, settings))
            write_rows(options.out, rows)
    return [row for row in rows if row.seed in options.seeds]


def configuration(options: argparse.Namespace) -> dict[str, Any]:
    """Blocks `training`, `evaluation` and `networks` of the published experiment, with what the options change."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config["training"] |= {
        "epochs": options.epochs,
        "checkpoint_every": options.epochs,
        "batch_size": options.batch_size,
        "learning_rate": options.learning_rate,
        "learning_rate_drop_every": options.drop_every or max(1, 2 * options.epochs // 3),
    }
    attack = {"epsilon": EPSILON, "steps": options.steps, "step_size": options.step_size}
    for name, changes in {"standard": {}, "adversarial": attack}.items():
        config["networks"][name] |= {"architecture": options.architecture, "width": options.width, **changes}
    config["evaluation"] |= EVALUATION
    config = check_configuration(config, ROOT / "config" / "schema.yaml")
    # As rules/training.smk: not what the weights depend on.
    for key in ("epochs", "checkpoint_every", "precision", "threads"):
        del config["training"][key]
    config["evaluation"] |= UNWATCHED
    return {key: config[key] for key in ("training", "evaluation", "networks")}


def trained(
    options: argparse.Namespace,
    config: dict[str, Any],
    dataset: Path,
    room: Path,
    seed: int,
    regime: str,
    engine: str,
    settings: str,
) -> Row:
    start, end, evaluation = room / "start.pt", room / "end.pt", room / "evaluation.json"
    network = config["networks"][regime] | {"engine": engine}
    shared: dict[str, Any] = {
        "dataset": dataset, "network": regime, "settings": network, "training": config["training"], "seed": seed,
        "code": "benchmark", "threads": options.threads,
    }  # fmt: skip
    initialise_network(checkpoint=start, **shared)
    began = time.monotonic()
    train_segment(
        previous=start, checkpoint=end, resume=room / "resume", evaluation=config["evaluation"],
        epoch=options.epochs, device=options.device, precision=options.precision, **shared,
    )  # fmt: skip
    seconds = time.monotonic() - began
    evaluate_checkpoint(
        checkpoint=end, dataset=dataset, evaluation=evaluation, settings=config["evaluation"],
        with_autoattack=False, network=regime, seed=seed, epoch=options.epochs,
        device=options.device, threads=options.threads,
    )  # fmt: skip
    accuracies = read_json(evaluation)
    clean, robust = (accuracies[measure] for measure in MEASURES)
    return Row(regime, engine, seed, clean, robust, round(seconds, 1), settings)


def of(row: Row) -> tuple[int, str, str]:
    return row.seed, row.regime, row.engine


def read_rows(path: Path, settings: str) -> list[Row]:
    """The rows in `path`, none if there is no file. Raises ResultError for rows of another kind or other settings."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            lines = list(csv.DictReader(stream, delimiter="\t"))
        rows = [Row(**{name: kind(line[name]) for name, kind in get_type_hints(Row).items()}) for line in lines]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(
            f"{path}: expected a table of this benchmark, found another ({error}); give another --out"
        ) from error
    if strangers := {row.settings for row in rows} - {settings}:
        raise ResultError(
            f"{path}: expected rows of the settings {settings}, found {', '.join(sorted(strangers))}; give the options "
            "that the table was made with, or another --out"
        )
    return rows


def write_rows(path: Path, rows: list[Row]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow([field.name for field in fields(Row)])
    writer.writerows(astuple(row) for row in sorted(rows, key=of))
    write_text(path, text.getvalue())


def summary(rows: Iterable[Row]) -> Iterator[str]:
    """The engines side by side, per regime and measure, in percent; seconds as a ratio."""
    values = {of(row): asdict(row) for row in rows}
    for regime, measure in product(REGIMES, MEASURES):
        ours, theirs = ([100 * one[measure] for one in pair] for pair in paired(values, regime))
        if not ours:
            continue
        differences = [one - other for one, other in zip(ours, theirs, strict=True)]
        yield (
            f"{regime} · {measure.replace('_', ' ')}: fast {statistics.mean(ours):.2f} %, "
            f"robustness {statistics.mean(theirs):.2f} % · difference {statistics.mean(differences):+.2f}"
            f"{interval(differences)} · {noise(ours, theirs)}"
        )
    for regime in REGIMES:
        ours, theirs = ([one["seconds"] for one in pair] for pair in paired(values, regime))
        if ours:
            yield f"{regime} · seconds: fast {statistics.mean(ours):.1f}, robustness {statistics.mean(theirs):.1f}"


def paired(values: dict[tuple[int, str, str], dict[str, Any]], regime: str) -> tuple[list[dict[str, Any]], ...]:
    """The rows of each engine, for the seeds that both have."""
    seeds = sorted({seed for seed, _, _ in values})
    both = [seed for seed in seeds if all((seed, regime, engine) in values for engine in ENGINES)]
    return tuple([values[seed, regime, engine] for seed in both] for engine in ENGINES)


def interval(differences: list[float]) -> str:
    count = len(differences)
    if count < 2:
        return " (n = 1, no interval)"
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * statistics.stdev(differences) / count**0.5
    mean = statistics.mean(differences)
    return f" (n = {count}, paired 95 % interval {mean - reach:+.2f} to {mean + reach:+.2f})"


def noise(ours: list[float], theirs: list[float]) -> str:
    if len(ours) < 2:
        return "seed noise unknown"
    return (
        f"seed noise (standard deviation) fast {statistics.stdev(ours):.2f}, robustness {statistics.stdev(theirs):.2f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
