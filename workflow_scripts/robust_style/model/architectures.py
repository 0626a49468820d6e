"""The known architectures: sizes, costs and layer names, without building a network.

Standard library only: the Snakefile imports it, to reject unknown layers before hours of training.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from robust_style.errors import ConfigError
from robust_style.messages import did_you_mean as did_you_mean

# COUNTED (VGG19 at full width): multiply-adds of one 32 x 32 image, and of each pixel of a picture up to relu5_1.
VGG19_IMAGE_MACS, VGG19_PIXEL_MACS = 398.1e6, 361.2e3
VGG19_PARAMETERS = 20.04e6
# COUNTED: feature map values for each pixel of a picture, up to relu5_1.
VGG19_PIXEL_VALUES = 610.0
# Channels of a VGG's first layer and of a ResNet's first stage at full width.
FIRST_CHANNELS = 64
# An error message lists this many of a network's layers.
_LISTED_LAYERS = 24


@dataclass(frozen=True)
class Architecture:
    """Facts about an architecture.

    `family` decides the layer names. `blocks`: the number of convolutions (VGG) or blocks in each stage. `head`: the
    name of the last linear layer. COUNTED at full width (tests/model): `parameters`; `image_macs`, multiply-adds of a
    32 x 32 image; `pixel_macs` and `pixel_values`, multiply-adds and feature map values for each pixel of a picture, up
    to the layer that corresponds to relu5_1 (config/layers.yaml). For ImageNet networks `head` is empty and
    `image_macs` is 0, because they are not evaluated.
    """

    family: str
    blocks: tuple[int, ...]
    head: str
    parameters: float
    image_macs: float
    pixel_macs: float
    pixel_values: float


_VGG = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2,) * 5, "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_COUNTS = {
    "vgg11": (9.23e6, 152.8e6, 140.0e3, 322.0),
    "vgg13": (9.42e6, 228.3e6, 213.7e3, 514.0),
    "vgg16": (14.73e6, 313.2e6, 287.4e3, 562.0),
    "vgg19": (VGG19_PARAMETERS, VGG19_IMAGE_MACS, VGG19_PIXEL_MACS, VGG19_PIXEL_VALUES),
}
ARCHITECTURES = {
    **{name: Architecture("vgg", _VGG[name], "classifier", *counts) for name, counts in _VGG_COUNTS.items()},
    "resnet18": Architecture("resnet", (2, 2, 2, 2), "linear", 11.17e6, 555.4e6, 542.4e3, 1384.0),
    "resnet50": Architecture("resnet", (3, 4, 6, 3), "linear", 23.52e6, 1297.8e6, 1267.4e3, 7984.0),
    "densenet121": Architecture("densenet", (6, 12, 24, 16), "linear", 6.96e6, 888.4e6, 867.5e3, 13412.0),
    "mobilenet_v2": Architecture("mobilenet", (1, 2, 3, 4, 3, 3, 1), "classifier.1", 2.24e6, 88.0e6, 64.7e3, 2932.5),
}
# torchvision's networks for 224 x 224 images, for painting only; counted without their classifiers. The prefix
# distinguishes them from CIFAR networks.
IMAGENET = "imagenet_"
ARCHITECTURES |= {
    f"{IMAGENET}{name}{norm}": replace(ARCHITECTURES[name], head="") for name in _VGG for norm in ("", "_bn")
} | {
    f"{IMAGENET}resnet18": Architecture("resnet", (2, 2, 2, 2), "", 11.18e6, 0.0, 36.1e3, 114.5),
    f"{IMAGENET}resnet50": Architecture("resnet", (3, 4, 6, 3), "", 23.51e6, 0.0, 81.5e3, 527.0),
    f"{IMAGENET}wide_resnet50_2": Architecture("resnet", (3, 4, 6, 3), "", 66.83e6, 0.0, 227.1e3, 658.0),
    f"{IMAGENET}resnext50_32x4d": Architecture("resnet", (3, 4, 6, 3), "", 22.98e6, 0.0, 84.3e3, 658.0),
    f"{IMAGENET}alexnet": Architecture("alexnet", (5,), "", 2.47e6, 0.0, 13.9e3, 21.9),
    f"{IMAGENET}squeezenet1_0": Architecture("squeezenet", (3, 4, 1), "", 0.74e6, 0.0, 15.2e3, 240.9),
    f"{IMAGENET}mobilenet_v2": Architecture("mobilenet", (1, 2, 3, 4, 3, 3, 1), "", 2.22e6, 0.0, 4.64e3, 246.3),
}
# Families that the robustness library builds for 32 x 32 images under the same names.
_LIBRARY_FAMILIES = ("vgg", "resnet", "densenet")


def is_pretrained(name: str) -> bool:
    """True for an ImageNet network, which is used for painting only."""
    return name.startswith(IMAGENET)


def is_of_library(name: str) -> bool:
    """True if the robustness library builds the architecture for 32 x 32 images."""
    return not is_pretrained(name) and architecture_named(name).family in _LIBRARY_FAMILIES


def architecture_named(name: str) -> Architecture:
    """Return the architecture. Raises ConfigError, with the nearest name, for an unknown one."""
    if name not in ARCHITECTURES:
        raise ConfigError(
            f"architecture: expected one of {', '.join(ARCHITECTURES)}, found {name!r}"
            f"{did_you_mean(name, ARCHITECTURES)}"
        )
    return ARCHITECTURES[name]


def relative_costs(name: str, width: float) -> tuple[float, float, float]:
    """Parameters, multiply-adds of an image and of a picture's pixel, relative to VGG19 at full width.

    A convolution's cost grows with the square of the width.
    """
    architecture = architecture_named(name)
    square = width**2
    return (
        square * architecture.parameters / VGG19_PARAMETERS,
        square * architecture.image_macs / VGG19_IMAGE_MACS,
        square * architecture.pixel_macs / VGG19_PIXEL_MACS,
    )


def relative_maps(name: str, width: float) -> float:
    """Values of a picture's feature maps, relative to VGG19 at full width."""
    return width * architecture_named(name).pixel_values / VGG19_PIXEL_VALUES


def layer_names(architecture: str) -> list[str]:
    """Names of all layers with a feature map, in the order of the forward pass.

    VGG: `conv4_2` is a convolution's output before batch norm, `relu4_2` after batch norm and ReLU (Gatys et al. 2016).
    ResNet: `conv1`, `relu1`; in block 2 of stage 3 `layer3.2.conv1`, `layer3.2.relu1`, …; `layer3.2` is the block's
    output after the ReLU, `layer3` that of the stage's last block (torchvision's names). DenseNet: `dense2.5` is the
    concatenated output of block 5, `dense2` that of the last block, `trans2.relu` the same after batch norm and ReLU,
    `relu` that of the last stage. MobileNetV2: `features.5` is a block's output (without ReLU), `features.5.conv.0` its
    expansion and `features.5.conv.1` its depthwise convolution, both after batch norm and ReLU6.
    AlexNet: `conv1`, `relu1` to `relu5`. SqueezeNet: `conv1`, `relu1`; `features.3` is the first fire module's output
    after its ReLUs, `features.3.squeeze` and so on its convolutions.
    Raises ConfigError for an unknown architecture.
    """
    facts = architecture_named(architecture)
    generators = {
        "vgg": _vgg,
        "resnet": _resnet,
        "densenet": _densenet,
        "mobilenet": _mobilenet,
        "alexnet": _alexnet,
        "squeezenet": _squeezenet,
    }
    return list(generators[facts.family](facts))


def check_layer(layer: str, known: Iterable[str], network: str) -> None:
    """Raise ConfigError, with the nearest name and a list, if `layer` is not in `known`, the layers of `network`."""
    names = list(known)
    if layer in names:
        return
    listed = (
        ", ".join(names) if len(names) <= 2 * _LISTED_LAYERS else ", ".join([*names[:_LISTED_LAYERS], "…", *names[-3:]])
    )
    raise ConfigError(
        f"layer: expected one of {listed} of {network}, found {layer!r}{did_you_mean(layer, names)}; "
        "`robust-style layers` lists them"
    )


def _vgg(architecture: Architecture) -> Iterator[str]:
    for block, convolutions in enumerate(architecture.blocks, 1):
        for number in range(1, convolutions + 1):
            yield f"conv{block}_{number}"
            yield f"relu{block}_{number}"


def _resnet(architecture: Architecture) -> Iterator[str]:
    # Two convolutions in a block of ResNet-18, three in one of ResNet-50 (He et al. 2016, table 1).
    convolutions = 2 if architecture.blocks == (2, 2, 2, 2) else 3
    yield from ("conv1", "relu1")
    for stage, blocks in enumerate(architecture.blocks, 1):
        for block in range(blocks):
            place = f"layer{stage}.{block}"
            for number in range(1, convolutions):
                yield from (f"{place}.conv{number}", f"{place}.relu{number}")
            yield from (f"{place}.conv{convolutions}", place)
        yield f"layer{stage}"


def _densenet(architecture: Architecture) -> Iterator[str]:
    yield "conv1"
    for stage, blocks in enumerate(architecture.blocks, 1):
        for block in range(blocks):
            place = f"dense{stage}.{block}"
            yield from (f"{place}.relu1", f"{place}.conv1", f"{place}.relu2", f"{place}.conv2", place)
        yield f"dense{stage}"
        if stage < len(architecture.blocks):
            yield from (f"trans{stage}.relu", f"trans{stage}.conv", f"trans{stage}")
    yield "relu"


def _mobilenet(architecture: Architecture) -> Iterator[str]:
    yield from ("features.0.0", "features.0")
    last = sum(architecture.blocks) + 1
    for number in range(1, last):
        place = f"features.{number}"
        # The first block expands nothing, and is a convolution shorter (Sandler et al. 2018, table 2).
        for inner in ("conv.0",) if number == 1 else ("conv.0", "conv.1"):
            yield from (f"{place}.{inner}.0", f"{place}.{inner}")
        yield from (f"{place}.conv.{1 if number == 1 else 2}", place)
    yield from (f"features.{last}.0", f"features.{last}")


def _alexnet(architecture: Architecture) -> Iterator[str]:
    for number in range(1, architecture.blocks[0] + 1):
        yield from (f"conv{number}", f"relu{number}")


def _squeezenet(architecture: Architecture) -> Iterator[str]:
    yield from ("conv1", "relu1")
    # A pooling stands before each group of fire modules.
    place = 2
    for group in architecture.blocks:
        for number in range(place + 1, place + 1 + group):
            yield from (f"features.{number}.{inner}" for inner in ("squeeze", "expand1x1", "expand3x3"))
            yield f"features.{number}"
        place += group + 1
