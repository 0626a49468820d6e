"""SqueezeNet as a rater: equals torchvision's, other files are refused, real weights order the controls."""

from pathlib import Path

import pytest
import torch

from robust_style.benchmark.measure_controls import controls, photograph_and_still_life, rated
from robust_style.errors import CheckpointError
from robust_style.model.compat import import_torchvision_squeezenet
from robust_style.raters.squeezenet import POSITIONS, read_squeezenet

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "weights" / "squeezenet1_0_deepcompressed_bgr.pth"


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))


def test_maps_equal_torchvisions(squeezenet_file: Path, picture: torch.Tensor) -> None:
    network = import_torchvision_squeezenet().squeezenet1_0(weights=None)
    network.load_state_dict(torch.load(squeezenet_file, weights_only=True))
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    state = torch.get_rng_state()
    maps = read_squeezenet(squeezenet_file, caffe_input=False)(picture)
    assert torch.equal(state, torch.get_rng_state())
    with torch.no_grad():
        for position, layer in zip(POSITIONS, maps, strict=True):
            assert torch.equal(layer, network.features[: position + 1]((picture - mean) / std))
    assert not any(layer.requires_grad for layer in maps)


def test_caffe_input_is_blue_first_and_0_to_255(squeezenet_file: Path, picture: torch.Tensor) -> None:
    network = import_torchvision_squeezenet().squeezenet1_0(weights=None)
    network.load_state_dict(torch.load(squeezenet_file, weights_only=True))
    maps = read_squeezenet(squeezenet_file, caffe_input=True)(picture)
    bgr = 255 * picture.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    with torch.no_grad():
        assert torch.allclose(maps[0], network.features[:2](bgr), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("version", ["squeezenet1_1", "without fire9"])
def test_another_network_is_refused(version: str, squeezenet_file: Path, tmp_path: Path) -> None:
    if version == "squeezenet1_1":
        weights = import_torchvision_squeezenet().squeezenet1_1(weights=None).state_dict()
    else:
        every = torch.load(squeezenet_file, weights_only=True)
        weights = {name: tensor for name, tensor in every.items() if not name.startswith("features.12.")}
    torch.save(weights, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"expected the weights of SqueezeNet 1\.0 .* raters\.squeezenet"):
        read_squeezenet(tmp_path / "other.pth", caffe_input=False)


@pytest.mark.shared_data
@pytest.mark.skipif(not REAL.exists(), reason="the real weights are not here")
def test_real_weights_order_the_controls() -> None:
    content, style = photograph_and_still_life(128)
    ratings = rated(read_squeezenet(REAL, caffe_input=True), controls(content, style))
    gram = {name: rating["style_gram_distance"] for name, rating in ratings.items()}
    assert gram["itself"] == pytest.approx(1)
    assert gram["style"] == 0
    # Blind to position but for the seam.
    assert gram["shifted"] < gram["blend"] < gram["matched"]
    assert min(gram["noise"], gram["checkerboard"], gram["inverted"]) > gram["blend"]
    content_distance = {name: rating["content_perceptual_distance"] for name, rating in ratings.items()}
    assert content_distance["itself"] == 0
    # Insensitive to colours.
    assert content_distance["matched"] < content_distance["blend"] < content_distance["shifted"]
    assert content_distance["inverted"] < content_distance["shifted"]
