"""The networks: the library's VGG at any width, and the wrapper that normalises its images."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robust_style.model.compat import import_vgg
from robust_style.model.plan import scaled_plan


class NormalisedNetwork(nn.Module):
    """A classifier of images in [0, 1]: (x - mean) / std, then `network`.

    `network.features` is the convolutional part (positions: `model.layers`), `network.classifier` one linear layer.
    Differs from the library's InputNormalize: does not clamp, since the attack keeps images in [0, 1] itself and
    style transfer wants the gradient outside.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(3, 1, 1))

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
        """The logits of images in [0, 1]; height and width are 32 px (five poolings, then one position)."""
        logits: Tensor = self.network(self.normalise(images))
        return logits

    def normalise(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """Images in [0, 1] on the scale that `network` was trained on, of any height and width."""
        return (images - self.mean) / self.std


def build_network(architecture: str, width: float, classes: int, *, seed: int = 0) -> nn.Module:
    """The library's VGG `architecture` with all channel counts multiplied by `width`, freshly initialised.

    The initial weights (torch's defaults: He et al. 2015 with a = sqrt 5) are a pure function of the four arguments;
    the global random state is left as it was. `features`, `classifier` and the forward pass are the library's own.
    Raises ConfigError for an unknown architecture or a width that is not above 0.
    """
    vgg = import_vgg()
    plan = scaled_plan(architecture, width)
    channels = [entry for entry in plan if isinstance(entry, int)]
    network: nn.Module = vgg.VGG.__new__(vgg.VGG)
    nn.Module.__init__(network)
    # torch's layers draw their first weights from the global state and take no generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network.features = vgg.VGG._make_layers(network, plan)
        network.classifier = nn.Linear(channels[-1], classes)
    return network
