"""The two layouts of torch's files: what is the pickle, and what are the storages."""

import io
import struct
import zipfile
from dataclasses import dataclass

from robust_style.files.foreign.rebuild import storage_named
from robust_style.files.foreign.storages import DTYPES, Storages
from robust_style.files.inert_pickle import FormatError, Placeholder, load_inert

# First bytes of a zip file, and what the first pickle of a file before torch 1.6 holds (torch/serialization.py).
_ZIP = b"PK\x03\x04"
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_COUNT_BYTES = 8


@dataclass(frozen=True)
class Container:
    """The pickle of the object, and the storages that it refers to."""

    pickle: bytes
    storages: Storages


def open_container(content: bytes) -> Container:
    """The parts of a torch file: zip (torch.save since 1.6) or legacy (before; still written on request).

    Raises FormatError, or what the parsers of zip and pickle raise, for anything else.
    """
    return _zip(content) if content.startswith(_ZIP) else _legacy(content)


def _zip(content: bytes) -> Container:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1 or len(set(names)) != len(names):
            raise FormatError(f"a zip file with {len(pickles)} members data.pkl")
        # torch stores members as they are. Compressed or overlapping ones could unfold to any size.
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
        return Container(archive.read(pickles[0]), Storages(raw, is_swapped=order == b"big"))


def _legacy(content: bytes) -> Container:
    """Five pickles (magic number, protocol, machine, object, keys of the storages), then the storages."""
    stream = io.BytesIO(content)
    if load_inert(stream) != _MAGIC_NUMBER:
        raise FormatError("another kind of file")
    if load_inert(stream) != _PROTOCOL:
        raise FormatError(f"another protocol than {_PROTOCOL}")
    machine = load_inert(stream)
    start = stream.tell()
    kinds: dict[str, str] = {}
    # A first walk, for the kinds: where a storage ends depends on the size of its elements.
    load_inert(stream, {}, lambda identifier: _note(kinds, identifier))
    end = stream.tell()
    keys = load_inert(stream)
    if not isinstance(keys, list) or not isinstance(machine, dict):
        raise FormatError("no list of storages")
    raw: dict[str, memoryview] = {}
    at = stream.tell()
    for key in keys:
        if not isinstance(key, str) or kinds.get(key) not in DTYPES:
            raise FormatError("a storage of an unknown kind")
        (count,) = struct.unpack_from("<q", content, at)
        at, before = at + _COUNT_BYTES + count * DTYPES[kinds[key]].itemsize, at
        if count < 0 or at > len(content) or key in raw:
            raise FormatError(f"a storage of {count} elements at byte {before} of {len(content)}")
        raw[key] = memoryview(content)[before + _COUNT_BYTES : at]
    is_swapped = machine.get("little_endian") is False
    if is_swapped:
        raise FormatError("a file of a big-endian machine")
    return Container(content[start:end], Storages(raw))


def _note(kinds: dict[str, str], identifier: tuple[object, ...]) -> object:
    if identifier[:1] == ("storage",):
        kind, key, _ = storage_named(identifier)
        kinds[key] = kind
    return Placeholder("torch.Storage")
