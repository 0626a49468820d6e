"""CIFAR-10's pickled batches, read without running anything that they ask for."""

import io
import pickle  # only its Unpickler, with every name refused that is not listed below
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robust_style.errors import DatasetError


def unpickle(content: bytes, name: str) -> dict[bytes, Any]:
    """The dictionary in a batch: bytes, numbers, lists, dictionaries and arrays of uint8.

    Raises DatasetError, naming the member `name`, for damage and for a pickle that asks for anything else; nothing it
    asks for is run. Source: the restricted `find_class` of the Python documentation, module pickle.
    Differs from it: the allowed names lead to stand-ins of ours; no code of numpy sees what a stranger wrote (a state
    that makes no sense can corrupt the memory of a real dtype).
    """
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except _Forbidden as error:
        raise DatasetError(
            f"{name}: expected only numbers and arrays, found a pickle that asks for {error}, which could run code; "
            "do not use this archive"
        ) from None
    # What damage raises depends on the opcode it strikes.
    except (
        pickle.UnpicklingError,
        ArithmeticError,
        AttributeError,
        EOFError,
        ImportError,
        LookupError,
        MemoryError,
        TypeError,
        ValueError,
    ) as error:
        raise DatasetError(f"{name}: expected a pickled batch, found damage ({error}); get the archive anew") from error
    if not isinstance(found, dict):
        raise DatasetError(f"{name}: expected a dictionary, found {type(found).__name__}; get the archive anew")
    return {key: _real(value, name) if isinstance(value, _Array) else value for key, value in found.items()}


def _real(array: "_Array", name: str) -> NDArray[np.uint8]:
    # The state of numpy.ndarray: version, shape, dtype, whether columns come first, and the bytes.
    match array.state:
        case (1, (int() as rows, int() as columns), _Dtype(code=("u1" | b"u1")), (False | 0), bytes() as content) if (
            min(rows, columns) >= 0 and rows * columns == len(content)
        ):
            return np.frombuffer(content, dtype=np.uint8).reshape(rows, columns)
    raise DatasetError(f"{name}: expected an array of uint8 in rows, found another kind; get the archive anew")


class _Forbidden(Exception):
    """A name outside the list."""


class _Dtype:
    """Stands for a numpy.dtype: its code, as `u1`; the state that follows (byte order) says nothing about bytes."""

    def __init__(self, code: object = None, align: object = False, copy: object = True) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        pass


class _Array:
    """Stands for a numpy.ndarray until its state is looked at."""

    def __init__(self) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


def _reconstruct(kind: object, shape: object, code: object) -> _Array:
    """What numpy pickles first: an empty array, to be filled by its state."""
    return _Array()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # numpy.core is what numpy 1 wrote, numpy._core what numpy 2 writes.
        allowed = {
            ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
            ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
            ("numpy", "ndarray"): _Array,
            ("numpy", "dtype"): _Dtype,
        }
        if (module, name) not in allowed:
            raise _Forbidden(f"{module}.{name}")
        return allowed[module, name]
