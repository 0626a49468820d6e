"""Networks for ImageNet as painters: the same maps as torchvision's, from whole, truncated and Caffe files."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from merged_config import CONFIG
from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.model.compat import import_torchvision_models
from robust_style.model.convert import converted
from robust_style.model.pretrained import CAFFE_MEAN
from robust_style.model.restore import restore_network
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.stand_ins import layer_for, read_stand_ins

IMAGES = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
MEAN, STD = (torch.tensor(three).view(3, 1, 1) for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


@pytest.fixture(scope="module")
def theirs() -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network: torch.nn.Module = import_torchvision_models().vgg11()
    return network.eval().requires_grad_(False)


def checkpoint_of(folder: Path, state: dict[str, Any], **changes: Any) -> Checkpoint:
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
        ({"architecture": "imagenet_resnet51"}, r"found 'imagenet_resnet51'; did you mean imagenet_resnet50\?"),
        ({"architecture": "vgg11", "caffe_input": True}, "input caffe: expected a network for ImageNet, found vgg11"),
        ({"width": 0.5}, r"width: expected 1 for imagenet_vgg11, found 0\.5"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, theirs: torch.nn.Module, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        checkpoint_of(tmp_path, features(theirs.state_dict(), 6), **changes)


# A layer in the middle, what it takes of torchvision's network by hand, and the first weight that it does not need.
BRANCHED = {
    "resnet18": (
        "layer2",
        lambda n, x: n.layer2(n.layer1(n.maxpool(n.relu(n.bn1(n.conv1(x)))))),
        "layer3.0.conv1.weight",
    ),
    "resnet50": (
        "layer2",
        lambda n, x: n.layer2(n.layer1(n.maxpool(n.relu(n.bn1(n.conv1(x)))))),
        "layer3.0.conv1.weight",
    ),
    "wide_resnet50_2": (
        "layer1",
        lambda n, x: n.layer1(n.maxpool(n.relu(n.bn1(n.conv1(x))))),
        "layer2.0.conv1.weight",
    ),
    "resnext50_32x4d": (
        "layer1",
        lambda n, x: n.layer1(n.maxpool(n.relu(n.bn1(n.conv1(x))))),
        "layer2.0.conv1.weight",
    ),
    "alexnet": ("relu3", lambda n, x: n.features[:8](x), "features.8.weight"),
    "squeezenet1_0": ("features.7", lambda n, x: n.features[:8](x), "features.8.squeeze.weight"),
    "mobilenet_v2": ("features.4", lambda n, x: n.features[:5](x), "features.5.conv.0.0.weight"),
}


def made(architecture: str) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        network: torch.nn.Module = getattr(import_torchvision_models(), architecture)()
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("architecture", list(BRANCHED))
def test_other_networks_whole_and_cut_off(tmp_path: Path, architecture: str) -> None:
    layer, by_hand, first_needless = BRANCHED[architecture]
    whole = made(architecture)
    picture = torch.rand(1, 3, 64, 80, generator=torch.Generator().manual_seed(1))
    expected = by_hand(whole, (picture - MEAN) / STD)
    state = whole.state_dict()
    cut = dict(list(state.items())[: list(state).index(first_needless)])
    for weights in (state, cut):
        checkpoint = checkpoint_of(tmp_path, weights, architecture=f"imagenet_{architecture}")
        save_checkpoint(tmp_path / "ours.pt", checkpoint)
        network, _ = restore_network(tmp_path / "ours.pt")
        found = Encoder(network, [layer], pooling="max")(picture)[layer]
        assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))
        assert not any(name.startswith(("fc.", "classifier.")) for name in checkpoint.weights)
    deepest = layer_for("relu5_1", f"imagenet_{architecture}", read_stand_ins(CONFIG / "layers.yaml"))
    with pytest.raises(ConfigError, match=rf"layer: expected one of .* of this network, found '{deepest}'"):
        Encoder(network, [deepest], pooling="average")


def test_madry_s_robust_resnet_with_its_wrapping_and_its_normaliser(tmp_path: Path) -> None:
    """As published for ImageNet: `model` with `module.model.…` and the same again in the attacker, and a normaliser."""
    state = {name: tensor for name, tensor in made("resnet50").state_dict().items() if "num_batches" not in name}
    wrapped = {
        f"module.{place}.{name}": tensor for place in ("model", "attacker.model") for name, tensor in state.items()
    }
    for place in ("normalizer", "attacker.normalize"):
        wrapped |= {f"module.{place}.new_mean": MEAN, f"module.{place}.new_std": STD}
    content = {"model": wrapped, "epoch": 90}
    checkpoint = checkpoint_of(tmp_path, content, architecture="imagenet_resnet50", epoch=None)
    assert checkpoint.epoch == 90
    assert checkpoint.mean == pytest.approx((0.485, 0.456, 0.406))
    assert set(state) <= set(checkpoint.weights) | {"fc.weight", "fc.bias"}


def test_a_hole_in_a_branched_network_is_refused(tmp_path: Path) -> None:
    state = dict(made("resnet18").state_dict())
    del state["layer1.1.conv2.weight"]
    with pytest.raises(CheckpointError, match=r"missing layer1\.1\.conv2\.weight"):
        checkpoint_of(tmp_path, state, architecture="imagenet_resnet18")
    with pytest.raises(CheckpointError, match=r"weights of imagenet_alexnet at width 1\.0, found missing features\.0"):
        checkpoint_of(tmp_path, state, architecture="imagenet_alexnet")
