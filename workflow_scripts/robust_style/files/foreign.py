"""Read checkpoint files of other programs without running any of their code.

Torch's two layouts (zip and legacy) hold a pickle, which `inert_pickle` reads as plain data, and the storages of the
tensors. Every tensor stays inside the bounds of its storage, and every storage inside the file. The safetensors format
has no code.
"""

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from robust_style.errors import CheckpointError
from robust_style.files.inert_pickle import Builder, FormatError, Global, Placeholder, load_inert, plain_key
from robust_style.messages import escaped

# First bytes of other kinds of files. SOURCE: the specifications of the formats.
_MAGIC_BYTES = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"BM", "a BMP image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"version https://git-lfs", "a Git LFS pointer (get the file itself with `git lfs pull`)"),
    (b"<", "a web page"),
)
SAFETENSORS = "a safetensors file"
_MAX_SAFETENSORS_HEADER = 100_000_000
# First bytes of a zip file; the first pickles of a legacy file. SOURCE: torch/serialization.py.
_ZIP = b"PK\x03\x04"
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_COUNT_BYTES = 8
# torch's names of its storages. Complex and quantised ones are not supported.
_DTYPES = {
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
# Limits of tensors without elements, whose sides are arbitrary: torch refuses larger products.
_MAX_EMPTY = 2**31
_MAX_DIMENSIONS = 16
# numpy's codes of numbers -> those of struct (little-endian).
_NUMBERS = {
    "f2": "<e", "f4": "<f", "f8": "<d", "i1": "<b", "i2": "<h", "i4": "<i", "i8": "<q",
    "u1": "<B", "u2": "<H", "u4": "<I", "u8": "<Q", "b1": "<?",
}  # fmt: skip


def read_foreign(path: Path) -> object:
    """The object that `torch.save` wrote to `path`, with any pickle module (pickle, dill), or a safetensors file.

    Tensors (on the CPU, sharing storages as saved; parameters as tensors) and plain data are rebuilt. Everything else
    is a Placeholder with the name of its class or function. No code in the file, or named by it, is imported or run.
    Storages take at most the size of the file; the pickle has at most 2^24 opcodes. A safetensors file gives tensors by
    name; one of `robust-style export` the layout of the library, with its normaliser and epoch.
    Raises CheckpointError if the file is missing or of another format, if a tensor reaches outside its storage, or a
    storage outside the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"{path}: expected a file written by torch.save, found {error.strerror}; correct the path"
        ) from None
    if kind_of(content[:64]) == SAFETENSORS:
        return _read_safetensors(path, content)
    try:
        container = _open_container(content)
        storages = container.storages
        return load_inert(
            io.BytesIO(container.pickle), _builders(), lambda identifier: _storage_of(identifier, storages)
        )
    # The exception depends on the damaged byte.
    except (
        ArithmeticError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = kind_of(content[:64]) or escaped(error)
        raise CheckpointError(
            f"{path}: expected a file written by torch.save, found {reason}; get the file anew"
        ) from None


def _read_safetensors(path: Path, content: bytes) -> object:
    try:
        tensors = load_safetensors(content)
        end = _COUNT_BYTES + int.from_bytes(content[:_COUNT_BYTES], "little")
        metadata = json.loads(content[_COUNT_BYTES:end]).get("__metadata__", {})
        if not {"mean", "std", "epoch"} <= set(metadata):
            return tensors
        # written by `files.export`
        normaliser = {f"normalizer.new_{key}": torch.tensor(json.loads(metadata[key])) for key in ("mean", "std")}
        return {"model": tensors | normaliser, "epoch": json.loads(metadata["epoch"])}
    except (SafetensorError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path}: damaged safetensors file ({escaped(error)}); get the file anew") from None


def kind_of(start: bytes) -> str | None:
    """The kind of the file that begins with `start` (64 bytes or more of it), with its article; None if unknown."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "a WebP image"
    if start[4:8] == b"ftyp":
        return f"an {'AVIF' if start[8:12] in (b'avif', b'avis') else 'HEIC or MP4'} file"
    # A length in 8 bytes, then JSON (the format's README).
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < _MAX_SAFETENSORS_HEADER:
        return SAFETENSORS
    return next((kind for magic, kind in _MAGIC_BYTES if start.lstrip(b" \r\n\t").startswith(magic)), None)


class _Storage(Placeholder):
    """A storage as the pickle refers to it; `elements` is one-dimensional, of the file's dtype."""

    def __init__(self, elements: Tensor) -> None:
        super().__init__("torch.Storage")
        self.elements = elements


class _Storages:
    """The storages of a file by key, converted to tensors at their first use."""

    def __init__(self, raw: Mapping[str, memoryview], *, is_swapped: bool = False) -> None:
        self._raw = raw
        self._is_swapped = is_swapped
        self._made: dict[str, _Storage] = {}

    def get(self, kind: str, key: str, count: int) -> _Storage:
        """The storage `key` of `count` elements of `kind` (a name among _DTYPES).

        Raises FormatError if the file has no such storage, or one of another length or of another kind than before.
        """
        dtype = _DTYPES[kind]
        if key not in self._raw:
            raise FormatError(f"no storage {key[:20]!r}")
        if key not in self._made:
            if len(self._raw[key]) != count * dtype.itemsize:
                raise FormatError(
                    f"a storage of {len(self._raw[key])} bytes for {count} elements of {dtype.itemsize} bytes"
                )
            self._made[key] = _Storage(_elements(self._raw[key], dtype, self._is_swapped))
        storage = self._made[key]
        elements = storage.elements
        if elements.dtype != dtype or len(elements) != count:
            raise FormatError(f"one storage as {len(elements)} {elements.dtype} and as {count} {dtype}")
        return storage


def _tensor_in(storage: _Storage, offset: object, size: object, stride: object) -> Tensor:
    """The tensor of `size` and `stride` from `offset` on, in elements of `storage`; it shares the storage's memory.

    Raises FormatError if it reaches outside the storage, or repeats an element: no tensor is larger than the file.
    """
    sizes, strides = _whole_numbers(size), _whole_numbers(stride)
    start, count = _whole_numbers((offset,))[0], len(storage.elements)
    if len(sizes) != len(strides) or len(sizes) > _MAX_DIMENSIONS:
        raise FormatError(f"a tensor of {len(sizes)} sides and {len(strides)} strides")
    if 0 in sizes:
        if max(math.prod(max(side, 1) for side in sizes), *strides, start) > _MAX_EMPTY:
            raise FormatError("an empty tensor with sides that are too long")
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
    # A copy: torch needs aligned, writable memory.
    content = bytearray(raw)
    if is_swapped:
        content = bytearray(np.frombuffer(content, dtype=f"u{dtype.itemsize}").byteswap().tobytes())
    if dtype == torch.bool:
        # A byte other than 0 and 1 is not a valid bool in torch.
        return torch.frombuffer(content, dtype=torch.uint8) != 0
    return torch.frombuffer(content, dtype=dtype)


@dataclass(frozen=True)
class _Container:
    """The pickle of the object and the storages that it refers to."""

    pickle: bytes
    storages: _Storages


def _open_container(content: bytes) -> _Container:
    """The parts of a torch file: zip (torch.save since 1.6) or legacy (before, and on request).

    Raises FormatError, or the errors of the parsers of zip and pickle, for other files.
    """
    return _open_zip(content) if content.startswith(_ZIP) else _open_legacy(content)


def _open_zip(content: bytes) -> _Container:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1 or len(set(names)) != len(names):
            raise FormatError(f"a zip file with {len(pickles)} members data.pkl")
        # torch does not compress. Compressed or overlapping members could expand to any size.
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise FormatError("a zip file with compressed members")
        if sum(member.file_size for member in members) > len(content):
            raise FormatError("a zip file whose members overlap")
        root = pickles[0].removesuffix("data.pkl")
        data = f"{root}data/"
        raw = {name.removeprefix(data): memoryview(archive.read(name)) for name in names if name.startswith(data)}
        order = archive.read(f"{root}byteorder") if f"{root}byteorder" in names else b"little"
        if order not in (b"little", b"big"):
            raise FormatError("a byte order that is neither little nor big")
        return _Container(archive.read(pickles[0]), _Storages(raw, is_swapped=order == b"big"))


def _open_legacy(content: bytes) -> _Container:
    """Five pickles (magic number, protocol, machine, object, keys of the storages), then the storages."""
    stream = io.BytesIO(content)
    if load_inert(stream) != _MAGIC_NUMBER:
        raise FormatError("another kind of file")
    if load_inert(stream) != _PROTOCOL:
        raise FormatError(f"another protocol than {_PROTOCOL}")
    machine = load_inert(stream)
    start = stream.tell()
    kinds: dict[str, str] = {}
    # A first pass for the kinds of the storages, on which their lengths in bytes depend.
    load_inert(stream, {}, lambda identifier: _note(kinds, identifier))
    end = stream.tell()
    keys = load_inert(stream)
    if not isinstance(keys, list) or not isinstance(machine, dict):
        raise FormatError("no list of storages")
    raw: dict[str, memoryview] = {}
    at = stream.tell()
    for key in keys:
        if not isinstance(key, str) or kinds.get(key) not in _DTYPES:
            raise FormatError("a storage of an unknown kind")
        (count,) = struct.unpack_from("<q", content, at)
        at, before = at + _COUNT_BYTES + count * _DTYPES[kinds[key]].itemsize, at
        if count < 0 or at > len(content) or key in raw:
            raise FormatError(f"a storage of {count} elements at byte {before} of {len(content)}")
        raw[key] = memoryview(content)[before + _COUNT_BYTES : at]
    is_swapped = machine.get("little_endian") is False
    if is_swapped:
        raise FormatError("a file of a big-endian machine")
    return _Container(content[start:end], _Storages(raw))


def _note(kinds: dict[str, str], identifier: tuple[object, ...]) -> object:
    if identifier[:1] == ("storage",):
        kind, key, _ = _storage_named(identifier)
        kinds[key] = kind
    return Placeholder("torch.Storage")


def _storage_of(identifier: tuple[object, ...], storages: _Storages) -> object:
    """The object of a persistent id of torch: a storage, or a Placeholder for the class of a pickled module."""
    match identifier:
        case ("module", Placeholder() as kind, *_):
            return kind
        case ("storage", _, _, _, _, None) | ("storage", _, _, _, _):
            name, key, count = _storage_named(identifier)
            return storages.get(name, key, count) if name in _DTYPES else Placeholder(f"torch.{name}")
    raise FormatError("a persistent id that is not torch's")


def _storage_named(identifier: tuple[object, ...]) -> tuple[str, str, int]:
    """Kind, key and number of elements in the persistent id of a storage. Raises FormatError for other ids."""
    match identifier:
        case ("storage", Global(origin=origin), str() as key, _, int() as count, *_) if count >= 0:
            module, _, kind = origin.rpartition(".")
            # torch.cuda: files saved on a GPU by torch before 1.6.
            if module in ("torch", "torch.cuda"):
                return kind, key, count
            raise FormatError("a storage that is not torch's")
    raise FormatError("a persistent id that is not a storage's")


def _builders() -> Mapping[str, Builder]:
    """The functions and classes that are rebuilt, by their names in the pickle; all others become Placeholders."""
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
        case (_Storage() as storage, offset, size, stride, *_):
            return _tensor_in(storage, offset, size, stride)
        case (Placeholder(), _, _, _, *_):  # a kind that is not supported
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
            # Pickled by Python 2, as the first files of the robustness library.
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
    """Bytes in pickle protocol 2."""
    match arguments:
        case (str() as text, "latin1" | "latin-1"):
            return text.encode("latin-1")
    return Placeholder("_codecs.encode", arguments)
