"""What the machine can do at best: one large matrix product."""

from collections.abc import Callable

import torch

from robust_style.compute.device import dtype_of

# Large enough that launching and memory do not count; on a GPU larger, or it would not be filled.
_SIDE = {"cpu": 2048, "cuda": 8192}
# So that a product takes about as long as what it is held against.
_PRODUCTS = 8


def matrix_products(device: torch.device, precision: str) -> tuple[Callable[[], None], float]:
    """Eight square matrix products in `precision`, and the floating-point operations they need."""
    side = _SIDE[device.type]
    generator = torch.Generator().manual_seed(0)
    left, right = (
        torch.randn(side, side, generator=generator).to(device=device, dtype=dtype_of(precision)) for _ in range(2)
    )

    def multiply() -> None:
        for _ in range(_PRODUCTS):
            torch.matmul(left, right)

    return multiply, _PRODUCTS * 2.0 * side**3
