"""Our attack against the `robustness` library's, on one trained network, from the same start.

    python benchmarks/attack_fidelity.py CHECKPOINT DATASET [--images 1000] [--steps 20] [--step-size 1.5]

CHECKPOINT and DATASET are products of the workflow (checkpoints/…/epoch_100.pt, data/cifar10.npz). Prints robust
accuracy and mean adversarial loss under both attacks, judged by the network itself in float32.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from robust_style.attack.pgd import Attack, pgd
from robust_style.data.dataset import read_dataset
from robust_style.model.compat import import_robustness, without_cuda
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import restore_network
from robust_style.training.subset import class_balanced

BATCH = 250
AttackOfBatch = Callable[[Tensor, Tensor], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--step-size", type=float, default=1.5)
    parser.add_argument("--epsilon", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    network, checkpoint = restore_network(chosen.checkpoint)
    data = read_dataset(chosen.dataset)
    labels = torch.from_numpy(data.test_labels)
    which = class_balanced(labels, chosen.images, checkpoint.classes)
    images, labels = torch.from_numpy(data.test_images)[which].float() / 255, labels[which]
    attack = Attack("l2", chosen.epsilon, chosen.step_size, chosen.steps)
    print(f"{checkpoint.network}, epoch {checkpoint.epoch}, width {checkpoint.width}; {len(labels)} images, {attack}")
    print("attack\trobust accuracy\tmean adversarial loss")
    report("none", network, images, labels)
    report("library, float32", network, in_batches(library_attack(network, attack), images, labels), labels)
    for precision in ("float32", "bfloat16"):
        our_attack = partial(pgd, network, attack=attack, generator=torch.Generator(), precision=precision)
        ours = in_batches(our_attack, images, labels)
        report(f"ours, {precision}", network, ours, labels)


def library_attack(network: NormalisedNetwork, attack: Attack) -> AttackOfBatch:
    normalised = SimpleNamespace(mean=network.mean.flatten(), std=network.std.flatten())
    attacker = import_robustness().attacker.Attacker(network.network, normalised)

    def run(images: Tensor, labels: Tensor) -> Tensor:
        with without_cuda():
            found: Tensor = attacker(
                images, labels, constraint="2", eps=attack.epsilon, step_size=attack.step_size,
                iterations=attack.steps, use_best=True,
            )  # fmt: skip
            return found.detach()

    return run


def in_batches(attack: AttackOfBatch, images: Tensor, labels: Tensor) -> Tensor:
    parts = zip(torch.split(images, BATCH), torch.split(labels, BATCH), strict=True)
    return torch.cat([attack(some, their_labels) for some, their_labels in parts])


def report(name: str, network: NormalisedNetwork, images: Tensor, labels: Tensor) -> None:
    with torch.no_grad():
        logits = torch.cat([network(some) for some in torch.split(images, BATCH)])
    accuracy = (logits.argmax(1) == labels).double().mean().item()
    print(f"{name}\t{accuracy:.4f}\t{F.cross_entropy(logits, labels).item():.5f}", flush=True)


if __name__ == "__main__":
    main()
