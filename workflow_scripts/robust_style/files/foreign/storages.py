"""Tensors in the storages of a file, every one inside its bounds."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from robust_style.files.inert_pickle import FormatError, Placeholder

# torch's names of its storages. Complex and quantised ones are left out: no weights of ours are of that kind.
DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
# A tensor without elements may have long sides; beyond this their product would no longer be a number to torch.
_LONGEST = 2**31
_MOST_DIMENSIONS = 16


class Storage(Placeholder):
    """A storage as the pickle refers to it; `elements` is one-dimensional, of the file's dtype."""

    def __init__(self, elements: Tensor) -> None:
        super().__init__("torch.Storage")
        self.elements = elements


class Storages:
    """The storages of a file by key, each made a tensor when it is first asked for."""

    def __init__(self, raw: Mapping[str, memoryview], *, is_swapped: bool = False) -> None:
        self._raw = raw
        self._is_swapped = is_swapped
        self._made: dict[str, Storage] = {}

    def get(self, kind: str, key: str, count: int) -> Storage:
        """The storage `key` of `count` elements of `kind` (a name among DTYPES).

        Raises FormatError if the file has no such storage, or one of another length or of another kind than before.
        """
        dtype = DTYPES[kind]
        if key not in self._raw:
            raise FormatError(f"no storage {key[:20]!r}")
        if key not in self._made:
            if len(self._raw[key]) != count * dtype.itemsize:
                raise FormatError(
                    f"a storage of {len(self._raw[key])} bytes for {count} elements of {dtype.itemsize} bytes"
                )
            self._made[key] = Storage(_elements(self._raw[key], dtype, self._is_swapped))
        found = self._made[key]
        if found.elements.dtype != dtype or len(found.elements) != count:
            raise FormatError(f"one storage as {len(found.elements)} {found.elements.dtype} and as {count} {dtype}")
        return found


def tensor_in(storage: Storage, offset: object, size: object, stride: object) -> Tensor:
    """The tensor of `size` and `stride` from `offset` on, in elements of `storage`; it shares the storage's memory.

    Raises FormatError if it reaches outside the storage, or shows an element twice (so that it is never larger than the
    file).
    """
    sizes, strides = _whole_numbers(size), _whole_numbers(stride)
    start, count = _whole_numbers((offset,))[0], len(storage.elements)
    if len(sizes) != len(strides) or len(sizes) > _MOST_DIMENSIONS:
        raise FormatError(f"a tensor of {len(sizes)} sides and {len(strides)} strides")
    if 0 in sizes:
        if max(math.prod(max(side, 1) for side in sizes), *strides, start) > _LONGEST:
            raise FormatError("an empty tensor with sides beyond measure")
        return torch.empty(sizes, dtype=storage.elements.dtype)
    last = start + sum((side - 1) * step for side, step in zip(sizes, strides, strict=True))
    if last >= count or math.prod(sizes) > count:
        raise FormatError(f"a tensor that reaches to element {last} of a storage of {count}")
    return torch.as_strided(storage.elements, sizes, strides, start)


def _whole_numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or not all(type(value) is int and value >= 0 for value in values):
        raise FormatError("a tensor whose shape is not in whole numbers")
    return tuple(values)


def _elements(raw: memoryview, dtype: torch.dtype, is_swapped: bool) -> Tensor:
    if not len(raw):
        return torch.empty(0, dtype=dtype)
    # A copy of its own: aligned, and writable, as torch wants it.
    content = bytearray(raw)
    if is_swapped:
        content = bytearray(np.frombuffer(content, dtype=f"u{dtype.itemsize}").byteswap().tobytes())
    if dtype == torch.bool:
        # A byte that is neither 0 nor 1 is no truth value that torch could compute with.
        return torch.frombuffer(content, dtype=torch.uint8) != 0
    return torch.frombuffer(content, dtype=dtype)
