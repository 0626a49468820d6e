"""A tiny dataset, an untrained checkpoint and two pictures, and the scripts that take a checkpoint run on them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from crafted_images import PIXELS
from merged_config import CONFIG, merged
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.experiment import painted_recipe
from rule_script import Outcome, run_script
from tiny_training import EVALUATION, STANDARD, TRAINING, initialise, write_tiny_dataset

ENDINGS = {"pictures": "png", "previews": "jpg", "traces": "json", "snapshots": "snapshots.png", "animations": "gif"}


@dataclass(frozen=True)
class Tiny:
    """What the scripts are given; made once, for nothing here is written to."""

    dataset: Path
    checkpoint: Path
    images: list[Path]
    recipe: dict[str, Any]

    @classmethod
    def made_in(cls, folder: Path) -> "Tiny":
        """Network `n`, seed 0, epoch 0, an eighth of VGG11's width."""
        dataset = write_tiny_dataset(folder / "tiny.npz")
        images = [folder / f"{name}.png" for name in ("content", "style")]
        for number, path in enumerate(images):
            Image.fromarray(PIXELS[:: 1 - 2 * number]).save(path)
        config = check_configuration(merged("config"), CONFIG / "schema.yaml")
        recipe = painted_recipe(config, "standard", "fair", read_stand_ins(CONFIG / "layers.yaml"))
        return cls(dataset, initialise(folder, dataset, STANDARD), images, recipe | {"iterations": 2, "snapshots": [0]})

    def evaluate(self, folder: Path, checkpoint: Path, *, dataset: Path | None = None, **changes: str) -> Outcome:
        """Into `results/evaluation.json`; `changes` are of network, seed and epoch."""
        return run_script(
            "evaluate_checkpoint",
            folder / "script.log",
            input={"checkpoint": checkpoint, "dataset": dataset or self.dataset},
            output={"evaluation": folder / "results" / "evaluation.json"},
            params={"evaluation": EVALUATION, "with_autoattack": False},
            wildcards={"seed": "0", "network": "n", "epoch": "000"} | changes,
            config={"device": "cpu", "training": {"threads": 1}},
        )

    def train(self, folder: Path, checkpoint: Path, *, dataset: Path | None = None, **changes: Any) -> Outcome:
        """One epoch into `results/epoch_001.pt`; `changes` are of network, seed, epoch, settings and training."""
        given = {"network": "n", "seed": 0, "epoch": 1, "settings": STANDARD, "training": TRAINING} | changes
        return run_script(
            "train_segment",
            folder / "script.log",
            input={"previous": checkpoint, "dataset": dataset or self.dataset},
            output={"checkpoint": folder / "results" / "epoch_001.pt"},
            params={"settings": given["settings"], "training": given["training"], "code": "code"},
            wildcards={"network": given["network"], "seed": str(given["seed"]), "epoch": f"{given['epoch']:03d}"},
            config={
                "device": "cpu",
                "evaluation": EVALUATION,
                "training": {"threads": 1, "precision": "float32"},
            },
        )

    def stylize(self, folder: Path, checkpoint: Path, **changes: Any) -> Outcome:
        """Into `results/content--style.png` and its companions; `changes` are of network, regime, seed and epoch."""
        given = {"network": "n", "regime": "standard", "seed": 0, "epoch": 0} | changes
        return run_script(
            "stylize",
            folder / "script.log",
            input={"checkpoint": checkpoint, "images": self.images},
            output={kind: [folder / "results" / f"content--style.{end}"] for kind, end in ENDINGS.items()},
            params={
                "pairs": [("content", "style")],
                "blends": {},
                "recipe": self.recipe,
                "regime": given["regime"],
                "size_px": 32,
                "preview_px": 32,
                "animation_px": 32,
                "animation_frames": 2,
            },
            wildcards={
                "recipe": "fair", "network": given["network"], "seed": str(given["seed"]),
                "epoch": f"{given['epoch']:03d}",
            },
            config={"device": "cpu", "transfer": {"threads": 1, "precision": "float32"}},
        )  # fmt: skip
