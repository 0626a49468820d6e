"""Torch files put together by hand, for what `torch.save` would not write."""

import io
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

# torch/serialization.py: what a file before torch 1.6 begins with.
BEGINNING = (
    0x1950A86A20F9469CFC6C,
    1001,
    {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}},
)


def zip_bytes(pickled: bytes, storages: Mapping[str, bytes] | None = None, *, byteorder: str = "little") -> bytes:
    """A file of torch's zip layout around a pickle."""
    return stored(
        {
            "x/data.pkl": pickled,
            "x/byteorder": byteorder.encode(),
            **{f"x/data/{key}": content for key, content in (storages or {}).items()},
            "x/version": b"3\n",
        }
    )


def stored(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return buffer.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    """The members of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def legacy_bytes(pickled: bytes, keys: tuple[str, ...] = (), storages: bytes = b"") -> bytes:
    """A file of torch's legacy layout around a pickle."""
    beginning = b"".join(pickle.dumps(part, protocol=2) for part in BEGINNING)
    return beginning + pickled + pickle.dumps(list(keys), protocol=2) + storages


def torch_bytes(content: Any, *, is_legacy: bool = False, **settings: Any) -> bytes:
    """What `torch.save` writes."""
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=not is_legacy, **settings)
    return buffer.getvalue()


def written(path: Path, content: bytes) -> Path:
    """The file, so that a call can stand in an argument."""
    path.write_bytes(content)
    return path
