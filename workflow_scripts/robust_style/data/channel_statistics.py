"""Mean and standard deviation of each colour channel, of images that pass by in pieces."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

# The largest value of 8 bits.
_WHITE = 255
# A dataset of one colour has no scale to normalise by; a thousandth of a grey level is none.
_LEAST_STD = 1e-6

Three = tuple[float, float, float]


@dataclass
class ChannelStatistics:
    """Sums over all pixels seen so far, in whole numbers: exact, whatever the pieces and their order."""

    count: int = 0
    sums: list[int] = field(default_factory=lambda: [0, 0, 0])
    squares: list[int] = field(default_factory=lambda: [0, 0, 0])

    def of(
        self, pieces: Iterable[UInt8[np.ndarray, "_ 3 height width"]]
    ) -> Iterator[UInt8[np.ndarray, "_ 3 height width"]]:
        """The same pieces, counted as they pass."""
        values = np.arange(_WHITE + 1)
        for piece in pieces:
            self.count += piece[:, 0].size
            for channel in range(3):
                # A histogram: squares of bytes in bytes would overflow, and wider ones take eight times the memory.
                histogram = np.bincount(piece[:, channel].ravel(), minlength=_WHITE + 1)
                self.sums[channel] += int(histogram @ values)
                self.squares[channel] += int(histogram @ values**2)
            yield piece

    def normalisation(self) -> tuple[Three, Three]:
        """Mean and standard deviation (of the population) per channel on the pixel scale [0, 1]; std is above 0."""
        means = [total / self.count for total in self.sums]
        # The variance times count^2 in whole numbers: no digits are lost.
        variances = [
            (self.count * square - total**2) / self.count**2
            for total, square in zip(self.sums, self.squares, strict=True)
        ]
        red, green, blue = (mean / _WHITE for mean in means)
        deviations = (max(variance**0.5 / _WHITE, _LEAST_STD) for variance in variances)
        red_std, green_std, blue_std = deviations
        return (red, green, blue), (red_std, green_std, blue_std)
