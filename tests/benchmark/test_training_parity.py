"""The comparison of the engines runs, goes on where it stopped, and reads its own table rightly."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cifar_archive import binary_members, random_batches, write_archive
from robust_style.files.digest import sha256_of_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def parity() -> ModuleType:
    spec = importlib.util.spec_from_file_location("training_parity", ROOT / "benchmarks" / "training_parity.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(folder: Path, *more: str) -> list[str]:
    archive = folder / "cifar.tar.gz"
    if not archive.exists():
        write_archive(archive, binary_members(random_batches()))
    fixed = {"archive": archive, "sha256": sha256_of_file(archive), "out": folder / "parity.tsv"}
    small = {"width": 0.03, "epochs": 1, "steps": 2, "precision": "float32"}
    return [*(text for key, value in (fixed | small).items() for text in (f"--{key}", str(value))), *more]


def test_it_measures_every_network_once(
    parity: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parity.main(arguments(tmp_path, "--seeds", "0")) == 0
    said = capsys.readouterr()
    assert "4 of 4: adversarial by robustness, seed 0" in said.err
    assert "adversarial · robust accuracy: fast " in said.out
    table = (tmp_path / "parity.tsv").read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1 + 4
    trained = parity.trained

    def all_but_the_last(*some: Any) -> Any:
        if some[4:7] == (1, "adversarial", "robustness"):
            raise KeyboardInterrupt
        return trained(*some)

    monkeypatch.setattr(parity, "trained", all_but_the_last)
    with pytest.raises(KeyboardInterrupt):
        parity.main(arguments(tmp_path, "--seeds", "0", "1"))
    monkeypatch.undo()
    capsys.readouterr()
    assert parity.main(arguments(tmp_path, "--seeds", "0", "1")) == 0
    assert "1 of 1: adversarial by robustness, seed 1" in capsys.readouterr().err
    assert len((tmp_path / "parity.tsv").read_text(encoding="utf-8").splitlines()) == 1 + 8
    assert parity.main(arguments(tmp_path, "--seeds", "0", "--learning-rate", "0.5")) == 1
    assert "expected rows of the settings" in capsys.readouterr().err


def test_what_is_not_there_is_told_in_one_sentence(
    parity: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parity.main(arguments(tmp_path, "--sha256", "0" * 64)) == 1
    assert "expected the SHA-256 0000" in capsys.readouterr().err
    (tmp_path / "parity.tsv").write_text("a\tb\n1\t2\n", encoding="utf-8")
    assert parity.main(arguments(tmp_path)) == 1
    assert "expected a table of this benchmark" in capsys.readouterr().err


def test_the_summary_pairs_by_seed(parity: ModuleType) -> None:
    """Differences 1, 2, 3 %: mean 2, standard deviation 1, t(0.975, 2) = 4.303, so 2 ± 2.48."""
    rows = [parity.Row("standard", "robustness", seed, 0.5 + seed / 10, 0.0, 4.0, "s") for seed in range(3)]
    rows += [
        parity.Row("standard", "fast", seed, 0.5 + seed / 10 + (seed + 1) / 100, 0.0, 2.0, "s") for seed in range(3)
    ]
    rows.append(parity.Row("standard", "fast", 9, 0.0, 0.0, 99.0, "s"))  # its partner is not there yet
    clean, _, seconds = parity.summary(rows)
    assert "difference +2.00 (n = 3, paired 95 % interval -0.48 to +4.48)" in clean
    assert clean.endswith("seed noise (standard deviation) fast 11.00, robustness 10.00")
    assert seconds == "standard · seconds: fast 2.0, robustness 4.0"
