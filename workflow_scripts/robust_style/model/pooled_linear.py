"""The last layer of a network that was made for 32 x 32 images, when its images are larger."""

from jaxtyping import Float
from torch import Tensor, nn

# px; one place is left of an image of this side.
_MADE_FOR_PX = 32
# What gives the last feature map, by the names of the library's ResNet, DenseNet and VGG.
_LAST_MAP = ("layer4", "bn", "features")


class PooledLinear(nn.Linear):
    """A linear layer whose input may hold several places of each feature, which it averages over.

    The library's networks pool a map down to one place for images of 32 px: a VGG by its five poolings, ResNet and
    DenseNet by an average over 4 x 4. Of larger images more places are left, and flattened into features. Their average
    is global average pooling (Lin et al. 2014, Network In Network), as torchvision's networks have it
    (AdaptiveAvgPool2d). Sides are multiples of 32, so that no place is lost. With one place left, hence at 32 px, it is
    its base class to the bit; weights have the same names.
    """

    def forward(self, features: Float[Tensor, "batch values"]) -> Float[Tensor, "batch classes"]:
        """The logits; `values` counts channel by channel, the places of each side by side."""
        return super().forward(averaged(features, self.in_features))


def averaged(values: Float[Tensor, "batch values"], features: int) -> Float[Tensor, "batch {features}"]:
    """The mean of each of `features` over its places; the same tensor where each has one."""
    return values if values.shape[1] == features else values.view(len(values), features, -1).mean(2)


def logits_through(network: nn.Module, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
    """`network(images)`, however its weights and maps lie in memory.

    The library's forward passes take a `view` of the last map, which of several places only the contiguous layout has.
    """
    last = next((getattr(network, name) for name in _LAST_MAP if hasattr(network, name)), None)
    if last is None or images.shape[-1] <= _MADE_FOR_PX:
        logits: Tensor = network(images)
        return logits
    # For this pass only: a hook that stays would be part of what `model.traced` reads.
    hook = last.register_forward_hook(lambda module, given, maps: maps.contiguous())
    try:
        logits = network(images)
    finally:
        hook.remove()
    return logits


def with_pooled(linear: nn.Module) -> PooledLinear:
    """The same linear layer, sharing its weights, as one that averages."""
    assert isinstance(linear, nn.Linear)
    pooled = PooledLinear(linear.in_features, linear.out_features)
    pooled.weight, pooled.bias = linear.weight, linear.bias
    return pooled
