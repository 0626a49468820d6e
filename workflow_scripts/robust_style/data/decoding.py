"""Many images decoded by several processes, in order, a few of them in memory at a time."""

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import numpy as np
from jaxtyping import UInt8

from robust_style.data.square_image import Unusable, read_square
from robust_style.errors import DatasetError

# Images that a process is given at a time: enough that handing them over costs nothing, few enough to share fairly.
_AT_A_TIME = 64
# Pieces under way or waiting for each process.
_AHEAD = 3

Piece = UInt8[np.ndarray, "images 3 side side"]


def decoded(paths: Sequence[str], side_px: int, processes: int, unusable: list[Unusable]) -> Iterator[Piece]:
    """The images in `paths` (`square_image.read_square`) in pieces, in their order, whatever the number of processes.

    One that cannot be used is black in its piece and joins the list `unusable`; the others are looked at all the same.

    Raises DatasetError if a process is killed.
    """
    pieces = [paths[first : first + _AT_A_TIME] for first in range(0, len(paths), _AT_A_TIME)]
    for several, refused in _in_order(pieces, side_px, processes):
        unusable += refused
        yield several


def _in_order(pieces: Sequence[Sequence[str]], side_px: int, processes: int) -> Iterator[tuple[Piece, list[Unusable]]]:
    read = partial(_read, side_px=side_px)
    if processes == 1:
        yield from map(read, pieces)
        return
    # Forked: any other way would run the main program, a rule's script, once more in each process.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting: deque[Future[tuple[Piece, list[Unusable]]]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(read, piece))
                if len(waiting) > _AHEAD * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise DatasetError(
                f"dataset.path: expected {processes} processes that decode images, found one killed (perhaps for want "
                "of memory); run again with fewer --cores"
            ) from None
        finally:
            for future in waiting:
                future.cancel()


def _read(paths: Sequence[str], side_px: int) -> tuple[Piece, list[Unusable]]:
    squares, unusable = np.zeros((len(paths), 3, side_px, side_px), np.uint8), []
    for number, path in enumerate(paths):
        found = read_square(path, side_px)
        if isinstance(found, Unusable):
            unusable.append(found)
        else:
            squares[number] = found
    return squares, unusable
