"""Keep the colours of the content: recolour the style image, or paint the luminance alone."""

import torch
from jaxtyping import Float
from torch import Tensor

# ITU-R BT.601, as YIQ has it (and scikit-image): luminance and the two chroma axes from RGB.
_YIQ = ((0.299, 0.587, 0.114), (0.59590059, -0.27455667, -0.32134392), (0.21153661, -0.52273617, 0.31119955))
# Added to the covariance, so that it is invertible for a picture of few colours: about (0.03 grey levels)².
_LEAST_VARIANCE = 1e-8


def recolour(style: Float[Tensor, "1 3 _ _"], content: Float[Tensor, "1 3 height width"]) -> Float[Tensor, "1 3 _ _"]:
    """`style` with the mean colour and the colour covariance of `content`; values outside [0, 1] are clipped.

    Source: Gatys et al. 2016 (Preserving Color in Neural Artistic Style Transfer), § 3.1, with the symmetric square
    root of the covariance ("Image Analogies" transform).
    """
    pixels, mean, covariance = _statistics(style)
    _, content_mean, content_covariance = _statistics(content)
    transform = _power(content_covariance, 0.5) @ _power(covariance, -0.5)
    recoloured: Tensor = transform @ (pixels - mean) + content_mean
    return recoloured.clamp(0, 1).to(style).reshape(style.shape)


def luminance(images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """The luminance (BT.601) in three equal channels."""
    weights = images.new_tensor(_YIQ[0]).view(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True).expand(-1, 3, -1, -1).contiguous()


def match_luminance(
    style: Float[Tensor, "1 3 _ _"], content: Float[Tensor, "1 3 height width"]
) -> Float[Tensor, "1 3 _ _"]:
    """The luminance of `style` with the mean and standard deviation of the content's.

    Source: Gatys et al. 2016 (Preserving Color), § 3.2.
    """
    grey, target = luminance(style), luminance(content)
    scale = target.std() / grey.std().clamp_min(_LEAST_VARIANCE**0.5)
    return ((grey - grey.mean()) * scale + target.mean()).clamp(0, 1)


def add_colours_of(
    content: Float[Tensor, "batch 3 height width"], grey: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, "batch 3 height width"]:
    """The luminance of `grey` (three equal channels) with the chroma of `content`, in YIQ; not clipped."""
    to_yiq = torch.tensor(_YIQ)
    chroma = torch.einsum("ij,bjhw->bihw", to_yiq.to(content), content)[:, 1:]
    together = torch.cat([grey[:, :1].to(chroma), chroma], dim=1)
    return torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_yiq).to(content), together)


def _statistics(image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # on the CPU: Apple's GPU has no float64
    pixels = image[0].flatten(1).to("cpu", torch.float64)
    mean = pixels.mean(1, keepdim=True)
    centred = pixels - mean
    covariance = centred @ centred.T / pixels.shape[1]
    return pixels, mean, covariance + _LEAST_VARIANCE * torch.eye(3, dtype=covariance.dtype, device=covariance.device)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    power: Tensor = vectors @ torch.diag(values.clamp_min(_LEAST_VARIANCE) ** exponent) @ vectors.T
    return power
