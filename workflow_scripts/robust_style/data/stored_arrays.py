"""Plain arrays in one uncompressed `.npz`: written as a stream, read with its checksums, large ones mapped."""

import io
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Read in pieces of this size, so that checking a member never needs the memory of all of it.
_PIECE_BYTES = 2**22
# A zip's local header before the name of the member and its extra field, whose lengths stand in the last four bytes.
# Source: PKWARE's APPNOTE 6.3, section 4.3.7.
_LOCAL_HEADER_BYTES = 30


def write_member(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: DTypeLike, pieces: Iterable[NDArray[Any]]
) -> None:
    """Writes the array `name` of `shape` as its `pieces` come, in order; no more than one of them is in memory.

    Equal arrays give equal bytes, however they were cut. Raises ValueError if the pieces are not of that shape in all.
    """
    kind = np.dtype(dtype)
    header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
    left = kind.itemsize * int(np.prod(shape, dtype=np.int64))
    # Not numpy.savez: a ZipInfo made here keeps its fixed date (1980) whatever numpy or zipfile come to do.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for piece in pieces:
            whole = np.ascontiguousarray(piece, dtype=kind)
            left -= whole.nbytes
            member.write(whole.tobytes())
    if left:
        raise ValueError(f"{name}: expected pieces of {shape} in all, found {left} bytes too few")


def in_pieces(array: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """`array` cut along its first axis, about 4 MiB each."""
    rows = max(1, _PIECE_BYTES * len(array) // max(1, array.nbytes)) if array.ndim else 1
    return [array] if array.ndim == 0 else (array[first : first + rows] for first in range(0, len(array), rows))


def read_arrays(path: Path, mapped: Collection[str]) -> dict[str, NDArray[Any]]:
    """The arrays in `path` by name; the checksum of each is compared before any of it is interpreted.

    Those `mapped`, if stored uncompressed, stay in the file and are read where they are touched: they need no memory
    of their own, and processes on one machine share what the system keeps of them. They may be written to, which
    changes neither the file nor what others see.

    Raises ValueError for arrays of objects, which would run code, and what zipfile and the system raise for damage.
    """
    with zipfile.ZipFile(path) as archive:
        return {
            info.filename.removesuffix(".npy"): _mapped(archive, info, path)
            if info.filename.removesuffix(".npy") in mapped and info.compress_type == zipfile.ZIP_STORED
            else np.lib.format.read_array(io.BytesIO(archive.read(info)), allow_pickle=False)
            for info in archive.infolist()
        }


def _mapped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    with archive.open(info) as member:
        assert isinstance(member, io.BufferedIOBase)
        shape, is_fortran, dtype = _header(member)
        offset = member.tell()
        while member.read(_PIECE_BYTES):  # to the end, where zipfile compares the checksum
            pass
    if dtype.hasobject:
        raise ValueError(f"{info.filename} holds objects")
    size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    if offset + size != info.file_size:
        raise ValueError(f"{info.filename}: its header and its size do not agree")
    if size == 0:  # nothing to map
        return np.zeros(shape, dtype)
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        local = stream.read(_LOCAL_HEADER_BYTES)
    offset += info.header_offset + len(local) + sum(int.from_bytes(local[at : at + 2], "little") for at in (26, 28))
    stored: NDArray[Any] = np.memmap(path, dtype, "c", offset, shape, "F" if is_fortran else "C")
    return np.asarray(stored)


def _header(member: io.BufferedIOBase) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(member)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(member)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(member)
    raise ValueError(f"an array of format {version}")
