"""The whole journey with a folder of images: other classes, another side, names as people give them."""

import os
from pathlib import Path

import numpy as np
import pytest

from checkout import MINIATURE, copy_project, jobs, snakemake
from folder_of_images import COLOURS, write_folder
from robust_style.files.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow
# One network, two checkpoints, one picture each; what the other tests of this shelf look at is left out.
FOLDER = """\
pathvars: {results: results/folder}
dataset: {name: folder, path: "my images", size_px: 64, train_size: null, test_size: 6}
training: {epochs: 1, batch_size: 9}
evaluation: {images: 10, monitor_images: 10}
networks: {standard: null, adversarial: {architecture: resnet18}}
transfer: {recipes: {original: null}}
reconstruction: {checkpoints: none}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_project(tmp_path_factory.mktemp("ördner") / "robust style")
    write_folder(folder / "my images")
    (folder / "folder.yaml").write_text(FOLDER, encoding="utf-8")
    return folder


def test_a_folder_becomes_pictures_figures_and_pages(project: Path) -> None:
    run = snakemake(project, "--cores", "2", *MINIATURE, "folder.yaml")
    assert run.returncode == 0, run.stdout[-6000:]
    results = project / "results" / "folder"
    with np.load(results / "data" / "folder.npz") as stored:
        assert stored["train_images"].shape == (18, 3, 64, 64)
        assert np.bincount(stored["test_labels"]).tolist() == [2, 2, 2]
        mean = stored["mean"].tolist()
    checkpoint = load_checkpoint(results / "checkpoints" / "adversarial" / "seed_0" / "epoch_001.pt")
    assert checkpoint.class_names == tuple(sorted(COLOURS))
    assert list(checkpoint.mean) == mean
    assert len(list(results.glob("stylized/fair/adversarial/seed_0/epoch_*/*.gif"))) == 2
    for name in ("check.json", "figures/training_curves.png", "comparison/index.html", "methods.html"):
        assert (results / name).stat().st_size > 100
    for product in results.rglob("*.html"):
        assert str(project) not in product.read_text(encoding="utf-8"), product
    again = snakemake(project, "-n", *MINIATURE, "folder.yaml")
    assert "Nothing to be done" in again.stdout
    _a_changed_image_is_prepared_anew(project)


def _a_changed_image_is_prepared_anew(project: Path) -> None:
    image = project / "my images" / "train" / "crimson" / "000.JPEG"
    before = image.stat()
    os.utime(image)
    found = jobs(snakemake(project, "-n", *MINIATURE, "folder.yaml").stdout)
    assert found["prepare_dataset"] == found["train_segment"] == 1
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert jobs(snakemake(project, "-n", *MINIATURE, "folder.yaml").stdout) == {}
    (project / "my images").rename(project / "moved")
    moved = snakemake(project, "-n", *MINIATURE, "folder.yaml", "--config", "dataset={path: moved}")
    assert not {"prepare_dataset", "train_segment", "stylize"} & set(jobs(moved.stdout))
    (project / "moved").rename(project / "my images")
