"""The networks: the library's at any width, and the wrapper that normalises their images."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robust_style.errors import ConfigError
from robust_style.model.architectures import FIRST_CHANNELS, architecture_named
from robust_style.model.compat import import_densenet, import_resnet, import_torchvision_models, import_vgg
from robust_style.model.plan import scaled_plan
from robust_style.model.pooled_linear import PooledLinear, logits_through, with_pooled

# A DenseNet's growth rate, of which everything in it is a multiple.
_GROWTH = 32
# Sandler et al. 2018, table 2 (expansion, channels, blocks, stride), but for the strides of the first convolution and
# of the second stage, 1 in place of 2, so that 32 px end as 4 x 4: kuangliu/pytorch-cifar, models/mobilenetv2.py.
_MOBILENET = [
    [1, 16, 1, 1], [6, 24, 2, 1], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1],
]  # fmt: skip


class NormalisedNetwork(nn.Module):
    """A classifier of images in [0, 1]: (x - mean) / std, then `network`.

    Of a VGG `network.features` is the convolutional part (positions: `model.layers`), `network.classifier` one linear
    layer; how the layers of others are called: `model.tap_names`.
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
        """The logits of images in [0, 1]; height and width are equal, a multiple of 32 px."""
        return logits_through(self.network, self.normalise(images))

    def normalise(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """Images in [0, 1] on the scale that `network` was trained on, of any height and width."""
        return (images - self.mean) / self.std


def build_network(architecture: str, width: float, classes: int, *, seed: int = 0) -> nn.Module:
    """The library's `architecture` with its channel counts multiplied by `width`, freshly initialised.

    The initial weights (its own; of most torch's defaults: He et al. 2015 with a = sqrt 5) are a pure function of the
    four arguments; the global random state is left as it was. Modules and forward pass are the library's, or
    torchvision's where it has none of that architecture; the last layer averages over what images larger than 32 px
    leave of a map (`model.pooled_linear`). Raises ConfigError for an unknown architecture, a width that
    is not above 0, or one that leaves no channel.
    """
    builders = {"vgg": _vgg, "resnet": _resnet, "densenet": _densenet, "mobilenet": _mobilenet}
    family = architecture_named(architecture).family
    build = builders[family]
    if not width > 0:
        raise ConfigError(f"width: expected a number above 0, found {width}; correct it in the configuration")
    if family != "vgg" and width < 1 / FIRST_CHANNELS:
        raise ConfigError(f"width: expected 1/{FIRST_CHANNELS} or more, found {width}; choose a larger one")
    # torch's layers draw their first weights from the global state and take no generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(architecture, width, classes)


def _vgg(architecture: str, width: float, classes: int) -> nn.Module:
    vgg = import_vgg()
    plan = scaled_plan(architecture, width)
    channels = [entry for entry in plan if isinstance(entry, int)]
    network: nn.Module = vgg.VGG.__new__(vgg.VGG)
    nn.Module.__init__(network)
    network.features = vgg.VGG._make_layers(network, plan)
    network.classifier = PooledLinear(channels[-1], classes)
    return network


def _resnet(architecture: str, width: float, classes: int) -> nn.Module:
    """Its `wm` multiplies the channels of all four stages, and rounds down."""
    network: nn.Module = getattr(import_resnet(), architecture)(num_classes=classes, wm=width)
    network.linear = with_pooled(network.get_submodule("linear"))
    return network


def _densenet(architecture: str, width: float, classes: int) -> nn.Module:
    densenet = import_densenet()
    network: nn.Module = densenet.DenseNet(
        densenet.Bottleneck,
        list(architecture_named(architecture).blocks),
        growth_rate=max(1, round(_GROWTH * width)),
        num_classes=classes,
    )
    network.linear = with_pooled(network.get_submodule("linear"))
    return network


def _mobilenet(_: str, width: float, classes: int) -> nn.Module:
    """torchvision's, its `width_mult` rounding to multiples of 8; without dropout, whose randomness is not ours."""
    network: nn.Module = import_torchvision_models().MobileNetV2(
        num_classes=classes, width_mult=width, inverted_residual_setting=_MOBILENET, dropout=0.0
    )
    network.get_submodule("features.0.0").stride = (1, 1)  # type: ignore[assignment]
    return network
