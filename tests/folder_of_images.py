"""Folders of small images, a class each, in the layouts that there are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"crimson": (180, 60, 60), "forest ☃": (60, 170, 60), 'o\'cean, "deep"': (60, 60, 190)}


def tinted(colour: Sequence[int], seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    """Noise of a colour, `size` is (width, height)."""
    noise = np.random.default_rng(seed).integers(-50, 50, (size[1], size[0], 3))
    return Image.fromarray((noise + np.array(colour)).clip(0, 255).astype(np.uint8))


def write_folder(
    place: Path, counts: Mapping[str, int] = {"train": 6, "val": 3}, colours: Mapping[str, Sequence[int]] = COLOURS
) -> Path:
    """ImageNet's layout: so many images of each class in each part, JPEG and PNG in turn."""
    for part, count in counts.items():
        for label, (name, colour) in enumerate(colours.items()):
            folder = place / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                seed = 1000 * label + number + (500 if part != "train" else 0)
                tinted(colour, seed).save(folder / f"{number:03d}.{'png' if number % 2 else 'JPEG'}")
    return place


def write_tiny_imagenet(place: Path, classes: Sequence[str] = ("n01", "n02"), train: int = 4, val: int = 2) -> Path:
    """Tiny ImageNet's layout: images one folder deeper, those to validate with in one folder, and a table of them."""
    lines = []
    for label, name in enumerate(classes):
        folder = place / "train" / name / "images"
        folder.mkdir(parents=True)
        (folder.parent / f"{name}_boxes.txt").write_text("0\t0\t62\t62\n", encoding="utf-8")
        for number in range(train):
            tinted((60 + 90 * label,) * 3, number, (64, 64)).save(folder / f"{name}_{number}.JPEG")
    (place / "val" / "images").mkdir(parents=True)
    for number in range(val * len(classes)):
        name, file = classes[number % len(classes)], f"val_{number}.JPEG"
        tinted((60 + 90 * (number % len(classes)),) * 3, 50 + number, (64, 64)).save(place / "val" / "images" / file)
        lines.append(f"{file}\t{name}\t0\t32\t44\t62")
    (place / "val" / "val_annotations.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (place / "test" / "images").mkdir(parents=True)  # without labels
    return place
