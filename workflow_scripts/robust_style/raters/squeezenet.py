"""SqueezeNet 1.0 for ImageNet (Iandola et al. 2016) as a rater."""

from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robust_style.errors import CheckpointError
from robust_style.files.foreign import read_foreign
from robust_style.model.compat import import_torchvision_squeezenet
from robust_style.model.foreign_weights import weights_in
from robust_style.model.pretrained import CAFFE_MEAN, CAFFE_STD, IMAGENET_MEAN, IMAGENET_STD, painting_weights

# Positions in torchvision's `features`: the first ReLU, then fire2, fire4, fire5, fire8 and fire9, both sides of each
# pooling, as LPIPS does with SqueezeNet 1.1 (Zhang et al. 2018).
POSITIONS = (1, 3, 5, 7, 10, 12)


class SqueezeNetRater:
    """Map images in [0, 1], batch x 3 x height x width, to the feature maps at `POSITIONS`; no gradients."""

    def __init__(self, features: nn.Sequential, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        self.stages = list(features.eval().requires_grad_(False))
        self.mean = torch.tensor(mean).view(3, 1, 1)
        self.std = torch.tensor(std).view(3, 1, 1)

    def __call__(self, images: Float[Tensor, "batch 3 height width"]) -> list[Float[Tensor, "batch _ _ _"]]:
        """Return the feature maps, shallowest first."""
        activations, maps = (images - self.mean) / self.std, []
        for position, stage in enumerate(self.stages):
            activations = stage(activations)
            if position in POSITIONS:
                maps.append(activations)
        return maps


def read_squeezenet(path: Path, *, caffe_input: bool) -> SqueezeNetRater:
    """Read the convolutional part of the SqueezeNet 1.0 in the file `path`, weights under torchvision's names.

    `caffe_input`: the weights expect blue, green, red in [0, 255] minus the mean colour, as the authors' own do.
    No code in the file is run. Raises CheckpointError if it is damaged or contains another network.
    """
    weights = painting_weights(weights_in(path, read_foreign(path)).weights, blue_first=caffe_input)
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        features = import_torchvision_squeezenet().squeezenet1_0(weights=None).features
    features = features.to_empty(device="cpu")
    _load_weights(path, features, {name.removeprefix("features."): tensor for name, tensor in weights.items()})
    mean, std = (CAFFE_MEAN, CAFFE_STD) if caffe_input else (IMAGENET_MEAN, IMAGENET_STD)
    return SqueezeNetRater(features, mean, std)


def _load_weights(path: Path, features: nn.Module, weights: Mapping[str, Tensor]) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in features.state_dict().items()}
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if expected != shapes:
        names = sorted(name for name in expected.keys() | shapes.keys() if expected.get(name) != shapes.get(name))
        raise CheckpointError(
            f"{path}: expected the weights of SqueezeNet 1.0 under torchvision's names, found a difference in "
            f"features.{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}; correct raters.squeezenet"
        )
    features.load_state_dict(dict(weights))
