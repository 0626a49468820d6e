"""The pages for users, read as a user reads them: every file in them is written, every command run, in their order."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from robustness import cifar_models
from skimage import data

from checkout import Finished, copy_project, environment, jobs
from cifar_archive import binary_members, random_batches, write_archive
from folder_of_images import write_folder, write_tiny_imagenet

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
HASH = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project with what the pages take for granted: a photo, a painting, an archive, a network of somebody's."""
    return with_belongings(copy_project(tmp_path / "project"))


@pytest.fixture
def lived_in(finished: Finished, tmp_path: Path) -> Path:
    """The same for a reader who has run the miniature before, so that a page adds to it."""
    return with_belongings(shutil.copytree(finished.folder, tmp_path / "project", symlinks=True))


def with_belongings(place: Path) -> Path:
    """Puts the user's own files there."""
    Image.fromarray(data.astronaut()[:200, :180]).save(place / "my_dog.jpg")
    Image.fromarray(data.coffee()[:160, :200]).save(place / "my canvas.png")
    write_archive(place / "cifar-10-binary.tar.gz", binary_members(random_batches(200)))
    write_folder(place / "my_images", colours={"apple": (170, 60, 60), "ball": (60, 170, 60), "box": (60, 60, 170)})
    write_tiny_imagenet(place / "tiny-imagenet-200")
    torch.manual_seed(0)
    torch.save({"net": cifar_models.vgg19().state_dict(), "acc": 93.0, "epoch": 100}, place / "their.pt")
    return place


def run_page(folder: Path, page: str, after: Mapping[str, str] | None = None) -> str:
    """Writes and runs the blocks of a page, one after the other; all that was printed.

    `after`: what is added to commands that begin with these words.
    """
    printed = []
    # The copied project, whether or not the environment has it installed.
    commands = folder / ".commands"
    commands.mkdir(exist_ok=True)
    (commands / "robust-style").write_text(
        f"#!{sys.executable}\nfrom robust_style.commands.start import main\nmain()\n", encoding="utf-8"
    )
    (commands / "robust-style").chmod(0o755)
    places = [str(commands), str(Path(sys.executable).parent), os.environ["PATH"]]
    path = {**environment(), "PATH": os.pathsep.join(places), "PYTHONPATH": str(folder / "workflow_scripts")}
    for language, text in BLOCK.findall((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")):
        if page == "results":  # the miniature has run, not the demo
            text = re.sub(r"(config/|results/)demo", r"\1miniature", text)
        if language == "yaml":
            name = re.match(r"# (\S+\.yaml)\n", text)
            assert name, f"{page}: a block of YAML begins with the name of its file"
            (folder / name[1]).write_text(_with_hash_of_its_file(folder, text), encoding="utf-8")
            continue
        for words, added in (after or {}).items():
            text = re.sub(rf"^({words} (?:.|(?<=\\)\n)*)$", rf"\1{added}", text, flags=re.MULTILINE)
        command = {"sh": ["bash", "-euo", "pipefail", "-c", text], "python": [sys.executable, "-c", text]}[language]
        answer = subprocess.run(
            command, cwd=folder, env=path, timeout=1500, check=False,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert answer.returncode == 0, f"{page}: {text}\n{answer.stdout[-6000:]}"
        printed.append(answer.stdout)
    return "\n".join(printed)


def _with_hash_of_its_file(folder: Path, text: str) -> str:
    """A page prints a hash of its own; the file that stands here for the reader's has another."""
    named = re.search(r"(?:archive|source): ([\w./-]+)", text)
    if named is None:
        return text
    return HASH.sub(hashlib.sha256((folder / named[1]).read_bytes()).hexdigest(), text)


def has_other_bytes(product: str, folder: Path, finished: Finished) -> bool:
    """Whether the page's commands made `product` anew: it was there before."""
    before, after = finished.results / product, folder / "results" / "miniature" / product
    return before.read_bytes() != after.read_bytes()


def test_images(folder: Path) -> None:
    printed = run_page(folder, "images")
    assert "stylize" not in jobs(printed), "only the images were to be checked"
    assert re.search(rf"^stylize +{2 * 3 * 2 * 2}$", printed, re.MULTILINE)  # networks, checkpoints, pairs, recipes
    prepared = folder / "results" / "miniature" / "data" / "images"
    assert {path.stem for path in prepared.iterdir()} >= {"my_dog", "my_canvas", "voronoi_mosaic"}
    with np.load(folder / "results" / "archive" / "data" / "cifar10.npz") as stored:
        assert {name: len(values) for name, values in stored.items() if name.endswith("images")} == {
            "train_images": 1000, "test_images": 200,
        }  # fmt: skip


def test_datasets(folder: Path) -> None:
    printed = run_page(folder, "datasets")
    assert re.search(r"64 px, 2 processes: \d+ images/s", printed)
    classes = {}
    for name in ("miniature", "tiny", "classes"):
        with np.load(folder / "results" / name / "data" / "folder.npz") as stored:
            classes[name] = (stored["class_names"].tolist(), stored["train_images"].shape)
    assert classes == {
        "miniature": (["apple", "ball", "box"], (18, 3, 64, 64)),
        "tiny": (["n01", "n02"], (8, 3, 64, 64)),
        "classes": (["round", "square"], (18, 3, 96, 96)),
    }
    assert "adversarial" in (folder / "results" / "miniature" / "evaluations.tsv").read_text(encoding="utf-8")


def test_networks(lived_in: Path, finished: Finished) -> None:
    printed = run_page(lived_in, "networks")
    results = lived_in / "results" / "miniature"
    rows = (results / "evaluations.tsv").read_text(encoding="utf-8")
    assert {"noise", "untrained", "stronger", "adversarial"} <= set(re.split(r"[\t\n]", rows))
    assert rows in printed
    assert has_other_bytes("figures/training_curves.png", lived_in, finished)
    assert re.search(r"^layer3\t256\t8 x 8\t", printed, re.MULTILINE)
    assert has_other_bytes("figures/reconstructions.png", lived_in, finished)
    assert (results / "stylized" / "fair" / "residual" / "seed_0" / "epoch_002").is_dir()
    assert (results / "checkpoints" / "theirs" / "seed_0" / "epoch_101.pt").exists()
    assert (lived_in / "stronger.safetensors").exists()


def test_paint(folder: Path) -> None:
    (folder / "photos").mkdir()
    shutil.copy(folder / "my_dog.jpg", folder / "photo.jpg")
    shutil.copy(folder / "my_dog.jpg", folder / "photos" / "dog.jpg")
    shutil.copy(folder / "my canvas.png", folder / "canvas.png")
    Image.open(folder / "canvas.png").rotate(180).save(folder / "painting.jpg")
    left_half = Image.new("L", (180, 200), 0)
    left_half.paste(255, (0, 0, 90, 200))
    left_half.save(folder / "mask.png")
    shapes = {0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128)}  # torchvision's VGG19, its first four convolutions
    torch.manual_seed(0)
    weights = {f"features.{at}.weight": torch.randn(*shape, 3, 3) / 9 for at, shape in shapes.items()}
    biases = {f"features.{at}.bias": torch.zeros(shape[0]) for at, shape in shapes.items()}
    torch.save(weights | biases, folder / "vgg19.pth")
    # An option given twice has its last value: small pictures and two iterations, whatever the page says.
    printed = run_page(folder, "paint", after={"robust-style paint": " --size 64 --iterations 2"})
    assert re.search(r"^relu2_2\t128\t16 x 16\t", printed, re.MULTILINE)
    for name in re.findall(r"--output (\S+\.\w+)", (ROOT / "docs" / "paint.md").read_text(encoding="utf-8")):
        with Image.open(folder / name) as picture:
            assert min(picture.size) == 64, name
    assert (folder / "softer.gif").exists()
    assert {path.name for path in (folder / "paintings").iterdir()} == {
        "dog--painting.png", "dog--painting.jpg", "dog--canvas.jpg",
    }  # fmt: skip
    names = {".png", ".standard.png", ".adversarial.png", ".both.png"}
    assert {path.name.removeprefix("photo--painting") for path in folder.glob("photo--*")} == names
    assert (folder / "so_far.png").exists()
    assert (folder / "from_python.png").exists()


def test_recipes(lived_in: Path, finished: Finished) -> None:
    run_page(lived_in, "recipes")
    with Image.open(lived_in / "dog.png") as picture:
        assert min(picture.size) == 64
    assert (lived_in / "dog.gif").exists()
    recipes = {path.name for path in (lived_in / "results" / "miniature" / "stylized").iterdir()}
    assert recipes >= {"fair", "soft", "lucid"}
    assert has_other_bytes("figures/recipes.png", lived_in, finished)


def test_results(finished: Finished, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(finished.folder, folder, symlinks=True)  # the page's first command has been run there
    printed = run_page(folder, "results")
    assert "Nothing to be done" in printed
    results = folder / "results" / "miniature"
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([\w/]+\.(?:html|tsv|json))`", text):
        assert (results / name).exists(), name
    assert "statement" in printed
    assert "adversarial" in printed


def test_studies(folder: Path) -> None:
    printed = run_page(folder, "studies")
    assert re.search(r"^train_segment +5$", printed, re.MULTILINE)
