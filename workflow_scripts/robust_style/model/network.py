"""The networks: the library's and torchvision's at any width, with normalised input and global average pooling."""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robust_style.errors import ConfigError
from robust_style.model.architectures import FIRST_CHANNELS, architecture_named
from robust_style.model.compat import import_densenet, import_resnet, import_torchvision_models, import_vgg

# A DenseNet's growth rate at full width; all its channel counts are multiples of it.
_GROWTH = 32
# Sandler et al. 2018, table 2 (expansion, channels, blocks, stride). Differs from it: the strides of the first
# convolution and of the second stage are 1 instead of 2, so that 32 px end as 4 x 4 (kuangliu/pytorch-cifar,
# models/mobilenetv2.py).
_MOBILENET = [
    [1, 16, 1, 1], [6, 24, 2, 1], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1],
]  # fmt: skip
# px; an image of this side leaves one position in the last feature map.
_DESIGN_SIDE_PX = 32
# The module that outputs the last feature map: in the library's ResNet, DenseNet and VGG.
_LAST_MODULES = ("layer4", "bn", "features")


class PooledLinear(nn.Linear):
    """A linear layer that first averages each feature over its positions (global average pooling).

    The library's networks reduce an image of 32 px to one position: a VGG by five poolings, ResNet and DenseNet by an
    average over 4 x 4. Larger images leave several positions, which arrive flattened. Source: Lin et al. 2014 (Network
    In Network), as torchvision's AdaptiveAvgPool2d. Sides are multiples of 32, so that no position is lost. With one
    position the result is bit-identical to nn.Linear; the weights have the same names.
    """

    def forward(self, features: Float[Tensor, "batch values"]) -> Float[Tensor, "batch classes"]:
        """The logits; `values` are ordered by channel, then position."""
        return super().forward(average_positions(features, self.in_features))


def average_positions(values: Float[Tensor, "batch values"], features: int) -> Float[Tensor, "batch {features}"]:
    """The mean of each of `features` over its positions; the same tensor if each has one position."""
    return values if values.shape[1] == features else values.view(len(values), features, -1).mean(2)


class NormalisedNetwork(nn.Module):
    """A classifier of images in [0, 1]: (x - mean) / std, then `network`.

    Differs from the library's InputNormalize: does not clamp. The attack keeps images in [0, 1] itself, and style
    transfer needs the gradient outside.
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
        return _logits(self.network, self.normalise(images))

    def normalise(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """Images in [0, 1], of any height and width, on the scale that `network` was trained on."""
        return (images - self.mean) / self.std

    @property
    def vgg_features(self) -> list[nn.Module] | None:
        """The modules of a VGG's `features` in order; None for every other network.

        A VGG is a plain sequence of 3 x 3 convolutions, batch norms, ReLUs and poolings, followed by one linear layer.
        Attack, training and style transfer have faster code for it; every other network runs as it is.
        """
        features = getattr(self.network, "features", None)
        if not isinstance(features, nn.Module):
            return None
        modules = list(features.children())
        is_vgg = all(
            module.kernel_size == (3, 3)
            if isinstance(module, nn.Conv2d)
            else isinstance(module, nn.BatchNorm2d | nn.ReLU | nn.MaxPool2d | nn.AvgPool2d)
            for module in modules
        )
        return modules if is_vgg else None


def build_network(architecture: str, width: float, classes: int, *, seed: int = 0) -> nn.Module:
    """Build `architecture` with its channel counts multiplied by `width`, freshly initialised.

    The initial weights (mostly torch's defaults: He et al. 2015 with a = sqrt 5) are a pure function of the four
    arguments; the global random state is not changed. Modules and forward pass are the library's, or torchvision's
    for architectures that the library lacks; the last layer is a PooledLinear where images may be larger than 32 px.
    Raises ConfigError for an unknown architecture, a width that is not above 0, or one that leaves no channel.
    """
    builders = {"vgg": _vgg, "resnet": _resnet, "densenet": _densenet, "mobilenet": _mobilenet}
    family = architecture_named(architecture).family
    build = builders[family]
    if not width > 0:
        raise ConfigError(f"width: expected a number above 0, found {width}; correct it in the configuration")
    if family != "vgg" and width < 1 / FIRST_CHANNELS:
        raise ConfigError(f"width: expected 1/{FIRST_CHANNELS} or more, found {width}; choose a larger one")
    # torch's layers draw their initial weights from the global state and take no generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(architecture, width, classes)


def calibrate_batch_norm(network: nn.Module, batches: Iterable[Float[Tensor, "_ 3 height width"]]) -> None:
    """Set the running statistics of every batch norm to their average over `batches` of images in [0, 1].

    For networks that were never trained: with the initial statistics (mean 0, variance 1) activations vanish with
    depth, and the untrained control would be compared on those. Weights, momentum and the network's mode do not
    change. Each layer sees the layers before it in training mode, as in training.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    was_training = network.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    network.train()
    with torch.no_grad():
        for images in batches:
            network(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(was_training)


def _vgg(architecture: str, width: float, classes: int) -> nn.Module:
    """The library's VGG; every channel count is multiplied by `width`, rounded, and at least 1.

    The library's plan has the output channels of each convolution and "M" for each pooling. Source: Simonyan and
    Zisserman 2015, table 1 (A, B, D, E).
    """
    vgg = import_vgg()
    plan = [
        entry if isinstance(entry, str) else max(1, round(entry * width)) for entry in vgg.cfg[architecture.upper()]
    ]
    channels = [entry for entry in plan if isinstance(entry, int)]
    network: nn.Module = vgg.VGG.__new__(vgg.VGG)
    nn.Module.__init__(network)
    network.features = vgg.VGG._make_layers(network, plan)
    network.classifier = PooledLinear(channels[-1], classes)
    return network


def _resnet(architecture: str, width: float, classes: int) -> nn.Module:
    """The library's ResNet; its `wm` multiplies the channels of all four stages and rounds down."""
    network: nn.Module = getattr(import_resnet(), architecture)(num_classes=classes, wm=width)
    network.linear = _pooled(network.get_submodule("linear"))
    return network


def _densenet(architecture: str, width: float, classes: int) -> nn.Module:
    densenet = import_densenet()
    network: nn.Module = densenet.DenseNet(
        densenet.Bottleneck,
        list(architecture_named(architecture).blocks),
        growth_rate=max(1, round(_GROWTH * width)),
        num_classes=classes,
    )
    network.linear = _pooled(network.get_submodule("linear"))
    return network


def _mobilenet(_: str, width: float, classes: int) -> nn.Module:
    """torchvision's MobileNetV2; `width_mult` rounds to multiples of 8. No dropout: its random numbers have no seed."""
    network: nn.Module = import_torchvision_models().MobileNetV2(
        num_classes=classes, width_mult=width, inverted_residual_setting=_MOBILENET, dropout=0.0
    )
    network.get_submodule("features.0.0").stride = (1, 1)  # type: ignore[assignment]
    return network


def _pooled(linear: nn.Module) -> PooledLinear:
    """A PooledLinear that shares the weights of `linear`."""
    assert isinstance(linear, nn.Linear)
    pooled = PooledLinear(linear.in_features, linear.out_features)
    pooled.weight, pooled.bias = linear.weight, linear.bias
    return pooled


def _logits(network: nn.Module, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
    """`network(images)` for every memory layout of weights and feature maps.

    The library's forward passes take a `view` of the last feature map. With several positions only the contiguous
    layout allows it.
    """
    last = next((getattr(network, name) for name in _LAST_MODULES if hasattr(network, name)), None)
    if last is None or images.shape[-1] <= _DESIGN_SIDE_PX:
        logits: Tensor = network(images)
        return logits
    # For this pass only: `model.layer_graph` would trace a permanent hook.
    hook = last.register_forward_hook(lambda module, inputs, maps: maps.contiguous())
    try:
        logits = network(images)
    finally:
        hook.remove()
    return logits
