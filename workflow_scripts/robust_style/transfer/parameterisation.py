"""What the optimiser changes, and how it becomes a picture: pixels, or Fourier coefficients of decorrelated colours."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.transfer.recipe import Recipe

# Square root of the correlation of ImageNet's colours, and its largest column: lucid, optvis/param/color.py.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
# SOURCE: lucid's fft_image divides by this, so that the learning rates of pixels can be used.
_CONTRAST = 4.0
# The sigmoid never reaches 0 or 1: a start image is clamped this far inside.
_MARGIN = 0.01
# Standard deviation of lucid's initial coefficients.
_NOISE = 0.01


@runtime_checkable
class Parameterisation(Protocol):
    """A differentiable map from parameters to pictures (in [0, 1] or close to it), and its inverse."""

    def decode(self, parameters: Tensor) -> Float[Tensor, "batch 3 height width"]:
        """The pictures of these parameters; differentiable."""

    def encode(self, images: Float[Tensor, "batch 3 height width"]) -> Tensor:
        """Parameters of these pictures."""

    def noise(self, like: Float[Tensor, "batch 3 height width"], generator: torch.Generator) -> Tensor:
        """Random initial parameters, drawn from `generator` (on the CPU), for pictures of the size of `like`."""


class Pixels:
    """The pixels: in [0, 1] at the start, unconstrained afterwards. The noise is uniform in [0, 1]."""

    def decode(self, parameters: Tensor) -> Tensor:
        """The parameters."""
        return parameters

    def encode(self, images: Tensor) -> Tensor:
        """A copy of the pictures."""
        return images.clone()

    def noise(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Uniform in [0, 1]."""
        return torch.rand(like.shape, generator=generator).to(like)


class Fourier:
    """Fourier coefficients of decorrelated colours over their frequency: batch x 3 x height x (width/2 + 1) x 2.

    A step of equal size in all coefficients changes coarse structure more than fine structure, like the spectrum of
    natural images. A sigmoid keeps the picture in (0, 1). Height and width are even.

    Source: Mordvintsev et al. 2018; Olah et al. 2017 (Feature Visualization), preconditioning; lucid's `fft_image` and
    `to_valid_rgb`. The noise is lucid's: coefficients of standard deviation 0.01, nearly grey.
    """

    def __init__(self, height: int, width: int) -> None:
        self.size = (height, width)
        down, across = torch.fft.fftfreq(height).unsqueeze(1), torch.fft.rfftfreq(width)
        frequency = (down.square() + across.square()).sqrt().clamp_min(1 / max(height, width))
        self.scale = (height * width) ** 0.5 / (frequency * _CONTRAST)
        colours = torch.tensor(_COLOURS, dtype=torch.float64)
        self.colours = (colours / colours.norm(dim=0).max()).float()
        self.whitening = torch.linalg.inv(colours / colours.norm(dim=0).max()).float()

    def decode(self, parameters: Tensor) -> Tensor:
        """Inverse Fourier transform, colour correlation, sigmoid."""
        spectrum = torch.view_as_complex(parameters) * self.scale.to(parameters)
        plain = torch.fft.irfft2(spectrum, s=self.size)
        return torch.einsum("ij,bjhw->bihw", self.colours.to(plain), plain).sigmoid()

    def encode(self, images: Tensor) -> Tensor:
        """The coefficients of the pictures, clamped to [0.01, 0.99] for the inverse of the sigmoid."""
        logits = images.clamp(_MARGIN, 1 - _MARGIN).logit()
        plain = torch.einsum("ij,bjhw->bihw", self.whitening.to(logits), logits)
        return torch.view_as_real(torch.fft.rfft2(plain) / self.scale.to(plain)).contiguous()

    def noise(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Normal coefficients."""
        shape = (*like.shape[:2], self.size[0], self.size[1] // 2 + 1, 2)
        return (_NOISE * torch.randn(shape, generator=generator)).to(like)


class Luminance:
    """The grey version of another parameterisation, in three equal channels."""

    def __init__(self, inner: Parameterisation) -> None:
        self.inner = inner

    def decode(self, parameters: Tensor) -> Tensor:
        """The mean of the channels of the pictures of `inner`."""
        return self.inner.decode(parameters).mean(1, keepdim=True).expand(-1, 3, -1, -1)

    def encode(self, images: Tensor) -> Tensor:
        """As `inner`."""
        return self.inner.encode(images)

    def noise(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """As `inner`."""
        return self.inner.noise(like, generator)


def parameterisation_of(recipe: Recipe, height: int, width: int) -> Parameterisation:
    """The parameterisation of `recipe` for pictures of this size."""
    inner: Parameterisation = Fourier(height, width) if recipe.parameterisation == "fourier" else Pixels()
    return Luminance(inner) if recipe.colour_preservation == "luminance" else inner
