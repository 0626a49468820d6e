"""Checkpoints that are damaged, foreign or misplaced, by the scripts that take one: refused, whatever is wrong."""

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from crafted_images import written
from foreign_files import torch_bytes
from refusal import contents, refusal
from robust_style.artefact.checkpoint import load_checkpoint, save_checkpoint
from rule_script import Outcome
from tiny_scripts import ENDINGS, Tiny
from tiny_training import NOISE, STANDARD, TRAINING, write_tiny_dataset

PRODUCTS = {
    "evaluate": ["evaluation.json"],
    "train": ["epoch_001.pt"],
    "stylize": [f"content--style.{end}" for end in ENDINGS.values()],
}
ANEW = "delete the file and run the workflow again to make it anew"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny.made_in(tmp_path_factory.mktemp("tiny"))


def assert_refused(folder: Path, script: str, run: Callable[[], Outcome], *said: str) -> None:
    """What was made before stays, nothing new stands beside it, and no folder to resume from is left."""
    for name in PRODUCTS[script]:
        written(folder / "results" / name, b"made before")
    before = contents(folder / "results")
    refusal(run(), *said)
    assert contents(folder / "results") == before
    assert not [path for path in (folder / "results").iterdir() if path.is_dir()]


class Canary:
    """Touches a file when unpickled carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.path}'",)


def flipped(content: bytes, needle: bytes, at: int = 5) -> bytes:
    """One bit other, at a place that is found by what stands there."""
    place = content.index(needle) + at
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes, Path], bytes]:
    """The file with its content changed and nothing else, as somebody without this project could."""

    def make(content: bytes, folder: Path) -> bytes:
        path = written(folder / "edited.pt", content)
        loaded = torch.load(path, weights_only=True)
        path.unlink()
        change(loaded)
        return torch_bytes(loaded)

    return make


def header(**changes: Any) -> Callable[[bytes, Path], bytes]:
    return edited(lambda content: content["robust_style"].update(changes))


FIRST = "module.model.features.0.weight"
DAMAGE = "expected a checkpoint, found damage"
# From the bytes of a good checkpoint and a folder to spoilt ones; and what is said.
SPOILT: dict[str, tuple[Callable[[bytes, Path], bytes], str, str]] = {
    "empty": (lambda _, __: b"", DAMAGE, ANEW),
    "a web page": (lambda _, __: b"<!DOCTYPE html><html>gone</html>", DAMAGE, ANEW),
    "a picture": (lambda _, __: b"\x89PNG\r\n\x1a\n" + bytes(100), DAMAGE, ANEW),
    "half": (lambda content, _: content[: len(content) // 2], DAMAGE, ANEW),
    "one byte short": (lambda content, _: content[:-1], DAMAGE, ANEW),
    "its head alone": (lambda content, _: content[:4], DAMAGE, ANEW),
    "a zip of something else": (lambda _, __: b"PK\x05\x06" + bytes(18), DAMAGE, ANEW),
    "code in a pickle": (lambda _, folder: pickle.dumps(Canary(folder / "canary")), DAMAGE, ANEW),
    "code in its place": (lambda _, folder: torch_bytes({"model": Canary(folder / "canary")}), DAMAGE, ANEW),
    "code in its header": (
        lambda content, folder: header(code=Canary(folder / "canary"))(content, folder), DAMAGE, ANEW,
    ),
    "one bit of a weight": (
        lambda content, folder: flipped(content, _bytes_of(content, folder, FIRST)),
        "content of the SHA-256 that its header records, found another (the file is damaged)",
        ANEW,
    ),
    "one bit of the header": (
        lambda content, _: flipped(content, b"dataset_sha256", 30), "expected", ANEW,
    ),
    "no weights": (edited(lambda c: c.pop("model")), "with the keys amp, epoch, model, optimizer", ANEW),
    "no header": (edited(lambda c: c.pop("robust_style")), "robust_style, schedule, found amp, epoch, model", ANEW),
    "one key more": (edited(lambda c: c.update(extra=1)), "expected a checkpoint with the keys", ANEW),
    "a bare list": (lambda _, __: torch_bytes([1, 2]), "expected a checkpoint with the keys amp", "found list"),
    "weights by number": (
        edited(lambda c: c.update(model={1: torch.ones(1)})), "model with keys module.model.*, found 1", ANEW,
    ),
    "weights that are none": (edited(lambda c: c["model"].update(x=1)), "model to be a dictionary of tensors", ANEW),
    "no header to speak of": (edited(lambda c: c.update(robust_style=[1])), "robust_style to be a dictionary", ANEW),
    "signs for the terminal": (header(format_version="\x1b[2J\n" * 999), r"version 1, found \x1b[2J \x1b[2J", ANEW),
    "an older format": (header(format_version=0), "expected format version 1, found 0", ANEW),
    "no format": (edited(lambda c: c["robust_style"].pop("format_version")), "format version 1, found None", ANEW),
    "a newer format": (
        header(format_version=2), "version 1, found 2; a newer version of this project made it: update yours", ANEW,
    ),
    "no seed": (edited(lambda c: c["robust_style"].pop("seed")), "a header with seed (int), found nothing", ANEW),
    "an epoch in words": (header(epoch="one"), "a header with epoch (int), found str", ANEW),
    "no width": (header(width=None), "a header with width (int or float), found NoneType", ANEW),
    "another network's name put in": (header(network="other"), "content of the SHA-256", ANEW),
    "a later epoch put in": (header(epoch=9), "content of the SHA-256", ANEW),
    "a tensor in the header": (header(note=torch.ones(1)), "expected plain data and tensors", ANEW),
    "an optimiser without order": (
        edited(lambda c: c["optimizer"].update({1: 2})), "expected plain data and tensors", ANEW,
    ),
}  # fmt: skip


def _bytes_of(content: bytes, folder: Path, name: str) -> bytes:
    path = written(folder / "read.pt", content)
    weight = torch.load(path, weights_only=True)["model"][name]
    path.unlink()
    return bytes(weight.contiguous().numpy().tobytes())


@pytest.mark.parametrize("kind", SPOILT)
@pytest.mark.parametrize("script", PRODUCTS)
def test_a_spoilt_checkpoint(tiny: Tiny, tmp_path: Path, script: str, kind: str) -> None:
    make, *said = SPOILT[kind]
    path = written(tmp_path / "epoch_000.pt", make(tiny.checkpoint.read_bytes(), tmp_path))
    assert_refused(tmp_path, script, lambda: getattr(tiny, script)(tmp_path, path), f"{path}: ", *said)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("script", PRODUCTS)
def test_no_checkpoint_and_a_folder(tiny: Tiny, tmp_path: Path, script: str) -> None:
    """Nothing to delete, so nobody is told to."""
    path = tmp_path / "epoch_000.pt"
    run = lambda: getattr(tiny, script)(tmp_path, path)  # noqa: E731
    assert_refused(
        tmp_path, script, run, f"{path}: expected a checkpoint, found no file; run the workflow again to make it"
    )
    path.mkdir()
    assert_refused(tmp_path, script, run, f"{path}: expected a checkpoint, found a folder; move it away and run")


@pytest.mark.parametrize("script", PRODUCTS)
@pytest.mark.parametrize(
    "change", [{"width": 0.25}, {"architecture": "vgg13"}, {"architecture": "vgg7"}, {"mean": (0.3, 0.3)}], ids=str
)
def test_weights_of_another_network_under_a_good_header(
    tiny: Tiny, tmp_path: Path, script: str, change: dict[str, Any]
) -> None:
    path = tmp_path / "epoch_000.pt"
    save_checkpoint(path, replace(load_checkpoint(tiny.checkpoint), **change))
    wanted = STANDARD | change
    said = (
        f"n, seed 0, epoch 0: expected the weights of {wanted['architecture']} at width {wanted['width']}, found others"
    )
    assert_refused(tmp_path, script, lambda: getattr(tiny, script)(tmp_path, path), said, "delete the file and run")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"network": "other"},
            "expected network 'other', found 'n' in its header; put the file back under its own name",
        ),
        ({"regime": "noise"}, "expected regime 'noise', found 'standard' in its header"),
        ({"seed": 1}, "expected seed 1, found 0 in its header"),
        ({"epoch": 25}, "expected epoch 25, found 0 in its header"),
    ],
)
def test_a_checkpoint_under_another_s_name_does_not_paint(
    tiny: Tiny, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    run = lambda: tiny.stylize(tmp_path, tiny.checkpoint, **change)  # noqa: E731
    assert_refused(tmp_path, "stylize", run, f"{tiny.checkpoint}: ", message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "other"}, "expected network other, found n; delete the checkpoints of this network and seed"),
        ({"seed": 1}, "expected seed 1, found 0; delete the checkpoints of this network and seed"),
        ({"settings": NOISE}, "expected settings {'network': {'architecture': 'vgg11'"),
        ({"settings": STANDARD | {"width": 0.25}}, "expected settings"),
        ({"training": TRAINING | {"learning_rate": 0.1}}, "expected settings"),
        ({"epoch": 0}, "expected a checkpoint from before epoch 0, found one of epoch 0; delete it and run"),
    ],
    ids=str,
)
def test_a_checkpoint_under_another_s_name_is_not_trained_on(
    tiny: Tiny, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    run = lambda: tiny.train(tmp_path, tiny.checkpoint, **change)  # noqa: E731
    assert_refused(tmp_path, "train", run, f"{tiny.checkpoint}: ", message)


@pytest.mark.parametrize("script", ["evaluate", "train"])
def test_a_checkpoint_of_another_dataset(tiny: Tiny, tmp_path: Path, script: str) -> None:
    other = write_tiny_dataset(tmp_path / "other.npz", seed=5)
    run = lambda: getattr(tiny, script)(tmp_path, tiny.checkpoint, dataset=other)  # noqa: E731
    assert_refused(tmp_path, script, run, f"{tiny.checkpoint}: expected dataset_sha256")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "m"}, "expected network m, found n"),
        ({"seed": "1"}, "expected seed 1, found 0"),
        ({"epoch": "025"}, "expected epoch 25, found 0"),
    ],
    ids=str,
)
def test_a_checkpoint_under_another_s_name_is_not_evaluated(
    tiny: Tiny, tmp_path: Path, change: dict[str, str], message: str
) -> None:
    run = lambda: tiny.evaluate(tmp_path, tiny.checkpoint, **change)  # noqa: E731
    assert_refused(tmp_path, "evaluate", run, f"{tiny.checkpoint}: {message}; delete the file and run")


@pytest.mark.parametrize("script", ["evaluate", "train"])
def test_no_dataset(tiny: Tiny, tmp_path: Path, script: str) -> None:
    run = lambda: getattr(tiny, script)(tmp_path, tiny.checkpoint, dataset=tmp_path / "absent.npz")  # noqa: E731
    assert_refused(tmp_path, script, run, "absent.npz: no prepared dataset. Run rule prepare_dataset.")


@pytest.mark.parametrize("script", PRODUCTS)
def test_the_good_checkpoint_is_taken(tiny: Tiny, tmp_path: Path, script: str) -> None:
    """So that what is refused above is refused for its fault."""
    end = getattr(tiny, script)(tmp_path, tiny.checkpoint)
    assert end.code == 0, end.log
    assert sorted(contents(tmp_path / "results")) == sorted(PRODUCTS[script])
