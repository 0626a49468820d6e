"""The last layer of a network that was made for 32 x 32 images, when its images are larger."""

from jaxtyping import Float
from torch import Tensor, nn


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


def with_pooled(linear: nn.Module) -> PooledLinear:
    """The same linear layer, sharing its weights, as one that averages."""
    assert isinstance(linear, nn.Linear)
    pooled = PooledLinear(linear.in_features, linear.out_features)
    pooled.weight, pooled.bias = linear.weight, linear.bias
    return pooled
