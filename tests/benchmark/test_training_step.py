"""The benchmark times the same work on both sides; how long it takes is not asserted."""

import csv
import re
from pathlib import Path

import pytest
import torch

from robust_style.attack.pgd import Attack
from robust_style.benchmark.steps import _network, flops_per_image, library_step, our_step, random_batch
from robust_style.benchmark.timing import interleaved, matrix_products
from robust_style.benchmark.training_step import COLUMNS, main

CPU = torch.device("cpu")


@pytest.mark.nightly  # 20 s
def test_a_table_with_a_row_per_regime(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "made" / "table.tsv"
    tiny = "--device cpu --threads 1 --width 0.0625 --batch-size 4 --steps 1 --rounds 2 --precision float32"
    assert main(["--table", str(table), *tiny.split()]) == 0
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [row["regime"] for row in rows] == ["standard", "adversarial, PGD-1"]
    for row in rows:
        assert tuple(row) == COLUMNS
        assert float(row["ratio_low"]) <= float(row["ratio"]) <= float(row["ratio_high"])
    assert "standard: library" in capsys.readouterr().out


@pytest.mark.parametrize("attack", [None, Attack("l2", 0.5, 0.3, 2)])
def test_both_steps_do_the_same_to_the_weights(attack: Attack | None, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = random_batch(8, CPU)
    made = []
    build = _network

    def kept(width: float) -> object:
        made.append(build(width))
        return made[-1]

    monkeypatch.setattr("robust_style.benchmark.steps._network", kept)
    our_step(images, labels, width=0.0625, attack=attack, precision="float32")()
    library_step(images, labels, width=0.0625, attack=attack)()
    ours, theirs = (network.network.state_dict() for network in made)
    start = build(0.0625).network.state_dict()
    assert not torch.equal(ours["features.0.weight"], start["features.0.weight"])
    for name, value in ours.items():
        # Of an adversarial step only the statistics of the first layers: the rest is decided by rounding, since the
        # network is untrained (MEASURED: updates differ by their own size on a CPU with AVX2, not on one with AMX).
        if attack is None or re.match(r"features\.[14]\.running_", name):
            torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-4, msg=name)


def test_operations_are_those_of_the_literature() -> None:
    """398.1 million multiply-adds of a full-width VGG19 at 32 px (robustness.cifar_models)."""
    assert flops_per_image(1.0, None) == pytest.approx(2 * 398.1e6 * 3, rel=1e-3)
    assert flops_per_image(1.0, Attack("l2", 0.5, 1.5, 20)) == pytest.approx(2 * 398.1e6 * 44, rel=1e-3)


def test_rivals_take_turns() -> None:
    turns: list[str] = []
    seconds = interleaved({name: lambda name=name: turns.append(name) for name in "ab"}, 2, CPU)
    assert turns == ["a", "b", "a", "b", "a", "b"]
    assert [len(times) for times in seconds.values()] == [2, 2]


def test_matrix_products_are_counted() -> None:
    multiply, operations = matrix_products(CPU, "float32")
    multiply()
    assert operations == 8 * 2 * 2048**3
