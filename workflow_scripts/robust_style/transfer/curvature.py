"""What L-BFGS remembers of the curvature of several problems at once, each problem for itself."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

# Pairs of steps and gradient changes kept. MEASURED (pilot, 256 px): torch's 100 cost as much time as the network.
HISTORY = 20


@dataclass
class _Pair:
    """One step s of some rows, the change of the gradient y along it, and 1 / s·y; 0 for the rows that took none."""

    step: Float[Tensor, "batch values"]
    change: Float[Tensor, "batch values"]
    inverse: Float[Tensor, " batch"]
    rows: set[int]


class Curvature:
    """The memory of a batch of problems. A row's pairs are its own: at most `HISTORY`, whatever other rows do.

    Source: Nocedal & Wright 2006, algorithm 7.4, for each row of a batch.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._pairs: deque[_Pair] = deque()
        self._scale: Tensor | None = None

    def knows(self, row: int) -> bool:
        """Whether there is any pair of this row."""
        return any(row in pair.rows for pair in self._pairs)

    def forget(self, row: int) -> None:
        """Drops the pairs of one row."""
        for pair in self._pairs:
            if row in pair.rows:
                self._drop(pair, row)
        self._tidy()

    def remember(self, step: Tensor, change: Tensor, rows: Collection[int]) -> None:
        """Adds a pair for `rows`; the others' part of `step` and `change` is ignored. s·y of each must be above 0."""
        step, change = step.flatten(1), change.flatten(1)
        took = torch.zeros(len(step), device=step.device, dtype=step.dtype)
        took[list(rows)] = 1
        product = _dot(step, change)
        inverse = torch.where(took > 0, 1 / product, torch.zeros_like(product))
        scale = torch.where(took > 0, product / _dot(change, change), torch.ones_like(product))
        self._scale = scale if self._scale is None else torch.where(took > 0, scale, self._scale)
        if len(rows) < self._rows:
            # what other rows have there may be anything, also no number
            step, change = (torch.where(took.unsqueeze(1) > 0, t, torch.zeros_like(t)) for t in (step, change))
        self._pairs.append(_Pair(step, change, inverse, set(rows)))
        for row in rows:
            own = [pair for pair in self._pairs if row in pair.rows]
            if len(own) > HISTORY:
                self._drop(own[0], row)
        self._tidy()

    def direction(self, gradient: Tensor) -> Tensor:
        """For each row minus its inverse Hessian, as its memory knows it, times its gradient (the two-loop recursion).

        A row without memory goes down the gradient, by 1 in the value that changes most.
        """
        flat = gradient.flatten(1)
        first = 1 / flat.abs().amax(1).clamp_min(torch.finfo(torch.float32).tiny)
        scale = first
        if self._scale is not None:
            known = torch.tensor([self.knows(row) for row in range(self._rows)], device=flat.device)
            scale = torch.where(known, self._scale, first)
        direction, shares = -flat, []
        for pair in reversed(self._pairs):
            share = pair.inverse * _dot(pair.step, direction)
            direction = torch.addcmul(direction, share.unsqueeze(1), pair.change, value=-1)
            shares.append(share)
        direction = direction * scale.unsqueeze(1)
        for pair, share in zip(self._pairs, reversed(shares), strict=True):
            rest = share - pair.inverse * _dot(pair.change, direction)
            direction = torch.addcmul(direction, rest.unsqueeze(1), pair.step)
        return direction.view_as(gradient)

    def _drop(self, pair: _Pair, row: int) -> None:
        pair.rows.discard(row)
        pair.inverse[row] = 0

    def _tidy(self) -> None:
        while self._pairs and not self._pairs[0].rows:
            self._pairs.popleft()


def _dot(left: Tensor, right: Tensor) -> Float[Tensor, " batch"]:
    if left.is_cuda:
        # A matrix product whose only long side is the one summed over keeps one multiprocessor of a GPU busy.
        return (left * right).sum(1)
    return (left.unsqueeze(1) @ right.unsqueeze(2)).flatten()
