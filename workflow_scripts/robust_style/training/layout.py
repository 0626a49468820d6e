"""How images and weights lie in memory while training."""

import torch

# MEASURED (Xeon with AMX, 1 thread, batch 128, VGG19, images/s contiguous -> channels_last, standard regime):
# bfloat16: 879 -> 1164 at width 1/4, 78 -> 93 at width 1; float32: 537 -> 659 at 1/4, 178 -> 184 at 1/2, 49 -> 44 at 1.
# Under PGD-3 the ratios are the same to 10 %.
_NARROW = 0.5
# Below it the first stage of a ResNet has fewer than 16 channels, and oneDNN, which torch computes with on a CPU,
# writes past the end of its memory in the gradient of a strided 1 x 1 convolution laid out channels last, its
# shortcut: https://github.com/uxlfoundation/oneDNN/issues/6035. SEEN (Xeon with AMX, torch 2.13, 8 channels, float32):
# a segmentation fault for maps of 64 to 224 px, 8 of 8 sizes.
_NARROWEST_RESNET = 0.25


def layout_for(precision: str, width: float, architecture: str = "vgg19") -> torch.memory_format:
    """The memory format in which convolutions of `precision` and `width` are fastest, and safe.

    It decides the order of sums, and with it the last bits: a pure function of what a checkpoint records.
    """
    if architecture.startswith("resnet") and width < _NARROWEST_RESNET:
        return torch.contiguous_format
    if precision == "bfloat16" or width <= _NARROW:
        return torch.channels_last
    return torch.contiguous_format
