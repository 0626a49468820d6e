"""The short list of what is rebuilt from a stranger's pickle: tensors, dictionaries, shapes, bytes, numbers."""

import struct
from collections.abc import Mapping
from functools import partial

from torch import Tensor

from robust_style.files.foreign.storages import DTYPES, Storage, Storages, tensor_in
from robust_style.files.inert_pickle import Builder, FormatError, Global, Placeholder, plain_key

# numpy's codes of numbers, as struct spells them (little-endian).
_NUMBERS = {
    "f2": "<e", "f4": "<f", "f8": "<d", "i1": "<b", "i2": "<h", "i4": "<i", "i8": "<q",
    "u1": "<B", "u2": "<H", "u4": "<I", "u8": "<Q", "b1": "<?",
}  # fmt: skip


def storage_of(identifier: tuple[object, ...], storages: Storages) -> object:
    """What a persistent id of torch stands for: a storage, or a class (of a module pickled whole), inert."""
    match identifier:
        case ("module", Placeholder() as kind, *_):
            return kind
        case ("storage", _, _, _, _, None) | ("storage", _, _, _, _):
            name, key, count = storage_named(identifier)
            return storages.get(name, key, count) if name in DTYPES else Placeholder(f"torch.{name}")
    raise FormatError("a persistent id that is not torch's")


def storage_named(identifier: tuple[object, ...]) -> tuple[str, str, int]:
    """Kind, key and number of elements in a persistent id of a storage. Raises FormatError if they are not there."""
    match identifier:
        case ("storage", Global(origin=origin), str() as key, _, int() as count, *_) if count >= 0:
            module, _, kind = origin.rpartition(".")
            # torch.cuda: what files saved on a GPU by torch before 1.6 name.
            if module in ("torch", "torch.cuda"):
                return kind, key, count
            raise FormatError("a storage that is not torch's")
    raise FormatError("a persistent id that is not a storage's")


def builders() -> Mapping[str, Builder]:
    """What each function and class of the list becomes, by its name in the pickle."""
    return {
        "collections.OrderedDict": _dictionary,
        "collections.defaultdict": lambda arguments: {},
        "torch.Size": _shape,
        "torch._utils._rebuild_tensor": partial(_tensor, "torch._utils._rebuild_tensor"),
        "torch._utils._rebuild_tensor_v2": partial(_tensor, "torch._utils._rebuild_tensor_v2"),
        "torch._utils._rebuild_parameter": _parameter,
        "torch._utils._rebuild_parameter_with_state": _parameter,
        "numpy.core.multiarray.scalar": _number,
        "numpy._core.multiarray.scalar": _number,
        "_codecs.encode": _bytes,
    }


def _tensor(origin: str, arguments: tuple[object, ...]) -> object:
    match arguments:
        case (Storage() as storage, offset, size, stride, *_):
            return tensor_in(storage, offset, size, stride)
        case (Placeholder(), _, _, _, *_):  # of a kind that is not rebuilt
            return Placeholder(origin, arguments)
    raise FormatError("a tensor without a storage")


def _parameter(arguments: tuple[object, ...]) -> object:
    match arguments:
        case (Tensor() as data, *_):
            return data
    return Placeholder("torch.nn.Parameter", arguments)


def _dictionary(arguments: tuple[object, ...]) -> object:
    match arguments:
        case ():
            return {}
        case (list() as items,) if all(isinstance(item, list | tuple) and len(item) == 2 for item in items):
            # How Python 2 pickled it; the library's first files are that old.
            return {plain_key(key): value for key, value in items}
    return Placeholder("collections.OrderedDict", arguments)


def _shape(arguments: tuple[object, ...]) -> object:
    match arguments:
        case (tuple() | list() as sides,):
            return tuple(sides)
    return Placeholder("torch.Size", arguments)


def _number(arguments: tuple[object, ...]) -> object:
    """A numpy scalar as Python's number, from the state of its dtype: version, byte order, …"""
    match arguments:
        case (
            Placeholder(origin="numpy.dtype", arguments=(str() as code, *_), state=(_, "<" | "|", *_)),
            bytes() as content,
        ) if code in _NUMBERS and len(content) == struct.calcsize(_NUMBERS[code]):
            (value,) = struct.unpack(_NUMBERS[code], content)
            return value
    return Placeholder("numpy.generic", arguments)


def _bytes(arguments: tuple[object, ...]) -> object:
    """How protocol 2 spells bytes."""
    match arguments:
        case (str() as text, "latin1" | "latin-1"):
            return text.encode("latin-1")
    return Placeholder("_codecs.encode", arguments)
