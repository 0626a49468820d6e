"""The mean and the square root of the covariance of a feature map's channels, independent of position."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

# Share of the channels' mean variance that is added to each variance: without it the root has no derivative where there
# are fewer positions than channels.
REGULARISATION = 1e-3


def mean_and_root_covariance(
    features: Float[Tensor, "batch channels height width"], mask: Float[Tensor, "batch 1 height width"] | None = None
) -> Float[Tensor, "batch channels_and_one channels"]:
    """The root of the covariance of the channels over all positions, and in one more row their mean; at least float32.

    The squared distance of two of them, of mean and root, is that of two Gaussian distributions: never below the
    squared 2-Wasserstein distance, and equal to it where the covariances commute (Bhatia, Jain and Lim 2019). With a
    `mask` in [0, 1] a position has the square of its value as weight, as in `gram.gram_matrix`.

    Source: crowsonkb/style-transfer-pytorch, `StyleLossW2`. Differs from it: the roots are compared instead of the
    covariances inside the Wasserstein distance, which needs one target for any number of styles, and the
    regularisation is relative to the variances (there 1e-4).
    """
    wide = features.to(torch.promote_types(features.dtype, torch.float32))
    values = wide.permute(0, 2, 3, 1).flatten(1, 2)
    if mask is None:
        mean = values.mean(1, keepdim=True)
        centred = (values - mean) / values.shape[1] ** 0.5
    else:
        weights = mask.to(values).square().permute(0, 2, 3, 1).flatten(1, 2)
        weights = weights / weights.sum(1, keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)
        mean = (weights * values).sum(1, keepdim=True)
        centred = (values - mean) * weights.sqrt()
    covariance = centred.transpose(1, 2) @ centred
    variance = covariance.diagonal(dim1=1, dim2=2).mean(1).clamp_min(torch.finfo(wide.dtype).tiny)
    added = torch.diag_embed((REGULARISATION * variance).unsqueeze(1).expand(-1, values.shape[2]))
    return torch.cat([_Root.apply(covariance + added), mean], 1)  # type: ignore[no-untyped-call]


class _Root(torch.autograd.Function):
    """The square root R of a symmetric positive definite matrix; its gradient X solves R X + X R = gradient of R."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        roots = values.clamp_min(torch.finfo(matrix.dtype).tiny).sqrt()
        ctx.save_for_backward(vectors, roots)
        root: Tensor = (vectors * roots.unsqueeze(1)) @ vectors.transpose(1, 2)
        return root

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        vectors, roots = ctx.saved_tensors
        (gradient,) = gradients
        rotated = vectors.transpose(1, 2) @ gradient @ vectors
        solved: Tensor = vectors @ (rotated / (roots.unsqueeze(1) + roots.unsqueeze(2))) @ vectors.transpose(1, 2)
        return solved
