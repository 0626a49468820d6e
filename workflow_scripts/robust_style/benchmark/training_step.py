"""Our training step against the `robustness` library's, in one interleaved run.

python -m robust_style.benchmark.training_step --help
"""

import argparse
import datetime
import platform
import sys
from pathlib import Path
from statistics import median
from typing import Any

import torch

from robust_style.attack.pgd import Attack
from robust_style.benchmark.steps import flops_per_image, library_step, our_step, random_batch
from robust_style.benchmark.timing import interleaved, matrix_products
from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device, choose_precision
from robust_style.files.atomic import write_text

COLUMNS = (
    "date", "hardware", "torch", "device", "threads", "precision", "width", "batch_size", "regime", "rounds",
    "library_images_per_s", "our_images_per_s", "ratio", "ratio_low", "ratio_high", "our_tflops", "peak_tflops",
    "share_of_peak",
)  # fmt: skip


def benchmark_training(
    *, table: Path, device: str, threads: int, precision: str, width: float, batch_size: int, steps: int, rounds: int
) -> None:
    """Writes one row per regime to the tab-separated `table` and prints it.

    Ratios are ours over the library's images per second: the median over rounds of the two timed one after the other,
    with the lowest and highest. The library computes in float32, as it does. `share_of_peak` is our rate of
    floating-point operations, counted as if none of them were saved, over that of large matrix products in `precision`
    timed in the same rounds on the same device and threads.
    """
    make_deterministic(threads)
    where = choose_device(device)
    how = choose_precision(precision, where)
    images, labels = random_batch(batch_size, where)
    multiply, product_flops = matrix_products(where, how)
    rows = []
    for regime, attack in (("standard", None), (f"adversarial, PGD-{steps}", Attack("l2", 0.5, 1.5, steps))):
        rivals = {
            f"library {regime}": library_step(images, labels, width=width, attack=attack),
            f"ours {regime}": our_step(images, labels, width=width, attack=attack, precision=how),
            "matrix products": multiply,
        }
        theirs, ours, products = interleaved(rivals, rounds, where).values()
        ratios = [their / our for their, our in zip(theirs, ours, strict=True)]
        flops = flops_per_image(width, attack) * batch_size / median(ours)
        peak = product_flops / median(products)
        rows.append(
            {
                "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
                "hardware": hardware(where),
                "torch": str(torch.__version__),
                "device": where.type,
                "threads": threads,
                "precision": how,
                "width": width,
                "batch_size": batch_size,
                "regime": regime,
                "rounds": rounds,
                "library_images_per_s": f"{batch_size / median(theirs):.1f}",
                "our_images_per_s": f"{batch_size / median(ours):.1f}",
                "ratio": f"{median(ratios):.2f}",
                "ratio_low": f"{min(ratios):.2f}",
                "ratio_high": f"{max(ratios):.2f}",
                "our_tflops": f"{flops / 1e12:.3f}",
                "peak_tflops": f"{peak / 1e12:.3f}",
                "share_of_peak": f"{flops / peak:.2f}",
            }
        )
    write_text(table, _as_table(rows))
    for row in rows:
        print(
            f"{row['regime']}: library {row['library_images_per_s']} images/s, ours {row['our_images_per_s']} "
            f"images/s, x{row['ratio']} ({row['ratio_low']} to {row['ratio_high']}, n = {rounds}), "
            f"{row['share_of_peak']} of the {how} matrix-product peak of {row['peak_tflops']} TFLOP/s"
        )


def hardware(device: torch.device) -> str:
    """The model of the processor that computes; nothing that names a host."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                features = [name for name in ("amx_bf16", "avx512_bf16") if name in _flags(information)]
                return f"{model} ({', '.join(features) or 'no bfloat16'})"
    return platform.processor() or platform.machine()


def _flags(information: Path) -> set[str]:
    lines = information.read_text(encoding="utf-8").splitlines()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def _as_table(rows: list[dict[str, Any]]) -> str:
    return "\n".join(["\t".join(COLUMNS), *("\t".join(str(row[name]) for name in COLUMNS) for row in rows)]) + "\n"


def main(arguments: list[str]) -> int:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description="Our training step against the robustness library's own."
    )
    parser.add_argument("--table", type=Path, default=Path("results/benchmarks/training_step.tsv"))
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20, help="of projected gradient descent")
    parser.add_argument("--rounds", type=int, default=5)
    benchmark_training(**vars(parser.parse_args(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
