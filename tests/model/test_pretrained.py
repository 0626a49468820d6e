"""Networks for ImageNet as painters: the same maps as torchvision's, from whole, truncated and Caffe files."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.errors import CheckpointError, ConfigError
from robust_style.model.compat import import_torchvision_vgg
from robust_style.model.convert import converted
from robust_style.model.pretrained import CAFFE_MEAN
from robust_style.model.restore import restore_network
from robust_style.transfer.features import Encoder

IMAGES = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
MEAN, STD = (torch.tensor(three).view(3, 1, 1) for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


@pytest.fixture(scope="module")
def theirs() -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network: torch.nn.Module = import_torchvision_vgg().vgg11()
    return network.eval().requires_grad_(False)


def checkpoint_of(folder: Path, state: dict[str, Tensor], **changes: Any) -> Checkpoint:
    torch.save(state, folder / "theirs.pth")
    settings: dict[str, Any] = {
        "origin": "theirs.pth",
        "network": "imagenet",
        "architecture": "imagenet_vgg11",
        "width": 1.0,
        "regime": "standard",
        "seed": 0,
        "epoch": 74,
        "class_names": None,
        "dataset_sha256": "",
        "settings": {},
        "code": "",
    }
    return converted(folder / "theirs.pth", **(settings | changes))


def maps_of(path: Path, checkpoint: Checkpoint, layers: list[str]) -> dict[str, Tensor]:
    save_checkpoint(path, checkpoint)
    network, _ = restore_network(path)
    with torch.no_grad():
        return Encoder(network, layers, pooling="max")(IMAGES)


def features(state: dict[str, Tensor], deepest: int) -> dict[str, Tensor]:
    return {
        name: tensor
        for name, tensor in state.items()
        if name.startswith("features.") and int(name.split(".")[1]) <= deepest
    }


def test_a_whole_file_gives_torchvision_s_feature_maps_without_its_classifier(
    tmp_path: Path, theirs: torch.nn.Module
) -> None:
    checkpoint = checkpoint_of(tmp_path, theirs.state_dict())
    assert not any(name.startswith("classifier") for name in checkpoint.weights)
    found = maps_of(tmp_path / "ours.pt", checkpoint, ["relu1_1", "relu5_2"])
    assert torch.allclose(found["relu1_1"], theirs.features[:2]((IMAGES - MEAN) / STD), atol=1e-5)
    assert torch.allclose(found["relu5_2"], theirs.features[:20]((IMAGES - MEAN) / STD), atol=1e-5)
    assert load_checkpoint(tmp_path / "ours.pt").class_names == ()


def test_a_file_with_the_first_layers_alone_will_do_and_says_what_it_lacks(
    tmp_path: Path, theirs: torch.nn.Module
) -> None:
    checkpoint = checkpoint_of(tmp_path, features(theirs.state_dict(), 6))
    found = maps_of(tmp_path / "ours.pt", checkpoint, ["relu3_1"])
    assert torch.allclose(found["relu3_1"], theirs.features[:8]((IMAGES - MEAN) / STD), atol=1e-5)
    with pytest.raises(ConfigError, match=r"relu3_1 of this network, found 'relu4_1'"):
        maps_of(tmp_path / "ours.pt", checkpoint, ["relu4_1"])


def test_a_hole_between_the_layers_is_refused(tmp_path: Path, theirs: torch.nn.Module) -> None:
    state = features(theirs.state_dict(), 6)
    del state["features.3.weight"]
    with pytest.raises(CheckpointError, match=r"missing features\.3\.weight"):
        checkpoint_of(tmp_path, state)


def test_weights_for_blue_green_red_see_the_same_of_our_images(tmp_path: Path, theirs: torch.nn.Module) -> None:
    checkpoint = checkpoint_of(tmp_path, features(theirs.state_dict(), 6), caffe_input=True)
    found = maps_of(tmp_path / "ours.pt", checkpoint, ["relu2_1"])
    bgr = (IMAGES * 255 - 255 * torch.tensor(CAFFE_MEAN).view(3, 1, 1)).flip(1)
    expected = theirs.features[:5](bgr)
    assert torch.allclose(found["relu2_1"], expected, rtol=1e-4, atol=1e-3)
    assert not torch.allclose(expected, theirs.features[:5](bgr.flip(1)), rtol=1e-2, atol=1e-1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "imagenet_resnet50"}, "expected one of imagenet_vgg11"),
        ({"architecture": "vgg11", "caffe_input": True}, "input caffe: expected a network for ImageNet, found vgg11"),
        ({"width": 0.5}, r"width: expected 1 for imagenet_vgg11, found 0\.5"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, theirs: torch.nn.Module, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        checkpoint_of(tmp_path, features(theirs.state_dict(), 6), **changes)
