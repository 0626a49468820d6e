"""The architectures there are, and what is known of each without building it.

Standard library only: the Snakefile reads it.
"""

from dataclasses import dataclass, replace

from robust_style.errors import ConfigError
from robust_style.messages import did_you_mean as did_you_mean

# COUNTED (multiply-adds, VGG19 at full width): of one 32 x 32 image, and for each pixel of a picture up to relu5_1.
VGG19_IMAGE_MACS, VGG19_PIXEL_MACS = 398.1e6, 361.2e3
VGG19_PARAMETERS = 20.04e6
# COUNTED: values of its feature maps for each pixel of a picture, up to relu5_1.
VGG19_PIXEL_VALUES = 610.0
# Of the first layer of a VGG and of the first stage of a ResNet at full width.
FIRST_CHANNELS = 64


@dataclass(frozen=True)
class Architecture:
    """What is known of an architecture.

    `family` says how its layers are called, `blocks` how many convolutions (VGG) or blocks each of its stages has,
    `head` how its last layer is called that tells classes apart. COUNTED at full width (tests/model): `parameters`;
    `image_macs`, the multiply-adds of a 32 x 32 image; and for each pixel of a picture, up to what stands for relu5_1
    (config/layers.yaml), `pixel_macs`, multiply-adds, and `pixel_values`, values of the feature maps. A network for
    ImageNet has no head, and `image_macs` is not asked for.
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
# torchvision's networks for 224 x 224 images, which only paint; with `imagenet_` before, so that none is taken for a
# CIFAR network. Counted without their classifiers.
IMAGENET = "imagenet_"
ARCHITECTURES |= {
    f"{IMAGENET}{name}{norm}": replace(ARCHITECTURES[name], head="") for name in _VGG for norm in ("", "_bn")
} | {
    f"{IMAGENET}resnet18": Architecture("resnet", (2, 2, 2, 2), "", 11.18e6, 0.0, 36.1e3, 114.5),
    f"{IMAGENET}resnet50": Architecture("resnet", (3, 4, 6, 3), "", 23.51e6, 0.0, 81.5e3, 527.0),
    f"{IMAGENET}alexnet": Architecture("alexnet", (5,), "", 2.47e6, 0.0, 13.9e3, 21.9),
    f"{IMAGENET}squeezenet1_0": Architecture("squeezenet", (3, 4, 1), "", 0.74e6, 0.0, 15.2e3, 240.9),
    f"{IMAGENET}mobilenet_v2": Architecture("mobilenet", (1, 2, 3, 4, 3, 3, 1), "", 2.22e6, 0.0, 4.64e3, 246.3),
}
# Families of which the robustness library makes and trains networks for 32 x 32 images by these names.
_OF_LIBRARY = ("vgg", "resnet", "densenet")


def is_pretrained(name: str) -> bool:
    """Whether it is the name of a network for ImageNet, which only paints."""
    return name.startswith(IMAGENET)


def is_of_library(name: str) -> bool:
    """Whether the robustness library makes the architecture for 32 x 32 images."""
    return not is_pretrained(name) and architecture_named(name).family in _OF_LIBRARY


def architecture_named(name: str) -> Architecture:
    """The architecture of that name. Raises ConfigError, with the nearest there is, for an unknown one."""
    if name not in ARCHITECTURES:
        raise ConfigError(
            f"architecture: expected one of {', '.join(ARCHITECTURES)}, found {name!r}"
            f"{did_you_mean(name, ARCHITECTURES)}"
        )
    return ARCHITECTURES[name]


def relative_costs(name: str, width: float) -> tuple[float, float, float]:
    """Parameters, multiply-adds of an image and of a picture's pixel, each against those of VGG19 at full width.

    Channels count twice in a convolution, so that width does, too.
    """
    found = architecture_named(name)
    square = width**2
    return (
        square * found.parameters / VGG19_PARAMETERS,
        square * found.image_macs / VGG19_IMAGE_MACS,
        square * found.pixel_macs / VGG19_PIXEL_MACS,
    )


def relative_maps(name: str, width: float) -> float:
    """How much the feature maps of a picture hold, against those of VGG19 at full width."""
    return width * architecture_named(name).pixel_values / VGG19_PIXEL_VALUES
