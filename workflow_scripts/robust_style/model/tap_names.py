"""How the layers of an architecture are called. Standard library only: the Snakefile reads it.

So that a layer that there is not is refused before hours of training, not after.
"""

from collections.abc import Iterable, Iterator

from robust_style.errors import ConfigError
from robust_style.model.architectures import Architecture, architecture_named, did_you_mean

# How many of many names a message lists.
_TOLD = 24


def tap_names(architecture: str) -> list[str]:
    """Names of all layers that can be looked at, in the order of the forward pass.

    VGG: `conv4_2` is a convolution's output before batch norm, `relu4_2` after batch norm and ReLU, as Gatys et al.
    2016 call them. ResNet: `conv1`, `relu1`; in block 2 of stage 3 `layer3.2.conv1`, `layer3.2.relu1`, …; `layer3.2`
    is the block's output after the ReLU, `layer3` that of the stage's last block, as torchvision calls them. DenseNet:
    `dense2.5` is all that block 5 hands on, `dense2` the last one's, `trans2.relu` the same after batch norm and ReLU,
    `relu` that of the last stage. MobileNetV2: `features.5` is a block's output, which has no ReLU, `features.5.conv.0`
    its expansion and `features.5.conv.1` its depthwise convolution, both after batch norm and ReLU6.
    AlexNet: `conv1`, `relu1` to `relu5`. SqueezeNet: `conv1`, `relu1`; `features.3` is the first fire module's output
    after its ReLUs, `features.3.squeeze` and the like its convolutions.
    Raises ConfigError for an unknown architecture.
    """
    found = architecture_named(architecture)
    makers = {
        "vgg": _vgg,
        "resnet": _resnet,
        "densenet": _densenet,
        "mobilenet": _mobilenet,
        "alexnet": _alexnet,
        "squeezenet": _squeezenet,
    }
    return list(makers[found.family](found))


def refuse_unknown_tap(layer: str, known: Iterable[str], whose: str) -> None:
    """Raises ConfigError, with the nearest name and a list, if `layer` is none of `known`."""
    names = list(known)
    if layer in names:
        return
    listed = ", ".join(names) if len(names) <= 2 * _TOLD else ", ".join([*names[:_TOLD], "…", *names[-3:]])
    raise ConfigError(
        f"layer: expected one of {listed} of {whose}, found {layer!r}{did_you_mean(layer, names)}; "
        "`robust-style layers` lists them"
    )


def _vgg(found: Architecture) -> Iterator[str]:
    for block, convolutions in enumerate(found.blocks, 1):
        for number in range(1, convolutions + 1):
            yield f"conv{block}_{number}"
            yield f"relu{block}_{number}"


def _resnet(found: Architecture) -> Iterator[str]:
    # Two convolutions in a block of ResNet-18, three in one of ResNet-50 (He et al. 2016, table 1).
    convolutions = 2 if found.blocks == (2, 2, 2, 2) else 3
    yield from ("conv1", "relu1")
    for stage, blocks in enumerate(found.blocks, 1):
        for block in range(blocks):
            place = f"layer{stage}.{block}"
            for number in range(1, convolutions):
                yield from (f"{place}.conv{number}", f"{place}.relu{number}")
            yield from (f"{place}.conv{convolutions}", place)
        yield f"layer{stage}"


def _densenet(found: Architecture) -> Iterator[str]:
    yield "conv1"
    for stage, blocks in enumerate(found.blocks, 1):
        for block in range(blocks):
            place = f"dense{stage}.{block}"
            yield from (f"{place}.relu1", f"{place}.conv1", f"{place}.relu2", f"{place}.conv2", place)
        yield f"dense{stage}"
        if stage < len(found.blocks):
            yield from (f"trans{stage}.relu", f"trans{stage}.conv", f"trans{stage}")
    yield "relu"


def _mobilenet(found: Architecture) -> Iterator[str]:
    yield from ("features.0.0", "features.0")
    last = sum(found.blocks) + 1
    for number in range(1, last):
        place = f"features.{number}"
        # The first block expands nothing, and is a convolution shorter (Sandler et al. 2018, table 2).
        for inner in ("conv.0",) if number == 1 else ("conv.0", "conv.1"):
            yield from (f"{place}.{inner}.0", f"{place}.{inner}")
        yield from (f"{place}.conv.{1 if number == 1 else 2}", place)
    yield from (f"features.{last}.0", f"features.{last}")


def _alexnet(found: Architecture) -> Iterator[str]:
    for number in range(1, found.blocks[0] + 1):
        yield from (f"conv{number}", f"relu{number}")


def _squeezenet(found: Architecture) -> Iterator[str]:
    yield from ("conv1", "relu1")
    # A pooling stands before each group of fire modules.
    place = 2
    for group in found.blocks:
        for number in range(place + 1, place + 1 + group):
            yield from (f"features.{number}.{inner}" for inner in ("squeeze", "expand1x1", "expand3x3"))
            yield f"features.{number}"
        place += group + 1
