"""SqueezeNet as an eye: torchvision's own arithmetic, foreign files refused, real weights order the controls."""

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


def test_maps_are_torchvision_s(squeezenet_file: Path, picture: torch.Tensor) -> None:
    network = import_torchvision_squeezenet().squeezenet1_0(weights=None)
    network.load_state_dict(torch.load(squeezenet_file, weights_only=True))
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    seen = read_squeezenet(squeezenet_file, caffe_input=False)(picture)
    with torch.no_grad():
        for position, found in zip(POSITIONS, seen, strict=True):
            assert torch.equal(found, network.features[: position + 1]((picture - mean) / std))
    assert not any(one.requires_grad for one in seen)


def test_caffe_input_is_blue_first_and_0_to_255(squeezenet_file: Path, picture: torch.Tensor) -> None:
    network = import_torchvision_squeezenet().squeezenet1_0(weights=None)
    network.load_state_dict(torch.load(squeezenet_file, weights_only=True))
    seen = read_squeezenet(squeezenet_file, caffe_input=True)(picture)
    bgr = 255 * picture.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    with torch.no_grad():
        assert torch.allclose(seen[0], network.features[:2](bgr), rtol=1e-4, atol=1e-4)


def test_the_global_random_state_stays(squeezenet_file: Path) -> None:
    before = torch.get_rng_state()
    read_squeezenet(squeezenet_file, caffe_input=False)
    assert torch.equal(before, torch.get_rng_state())


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
    eye = read_squeezenet(REAL, caffe_input=True)
    found = rated(eye, controls(content, style))
    gram = {name: said["style_gram_distance"] for name, said in found.items()}
    assert gram["itself"] == pytest.approx(1)
    assert gram["style"] == 0
    # Blind to place but for the seam; a blend is on the way; artefacts are no style.
    assert gram["shifted"] < gram["blend"] < gram["matched"]
    assert min(gram["noise"], gram["checkerboard"], gram["inverted"]) > gram["blend"]
    kept = {name: said["content_perceptual_distance"] for name, said in found.items()}
    assert kept["itself"] == 0
    # Knows what the content is whatever its colours, and that the style elsewhere is none of it.
    assert kept["matched"] < kept["blend"] < kept["shifted"]
    assert kept["inverted"] < kept["shifted"]
