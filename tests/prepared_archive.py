"""The script that makes a dataset of an archive."""

from pathlib import Path

from rule_script import Outcome, run_script


def prepare(folder: Path, archive: Path | None, **sizes: int | None) -> Outcome:
    """Makes `results/cifar10.npz` in the folder."""
    return run_script(
        "prepare_dataset",
        folder / "prepare.log",
        input={"archive": archive or []},
        output={"dataset": folder / "results" / "cifar10.npz"},
        params={"train_size": None, "test_size": None, "classes": None, "size_px": 32, **sizes},
        config={"dataset": {"path": None}},
        wildcards={"dataset": "cifar10"},
    )
