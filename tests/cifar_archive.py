"""Small archives in the layouts of CIFAR-10, made of random pixels; whole ones and spoilt ones."""

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")


def random_batches(records: int = 20, seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Rows of 3072 pixels and balanced labels in random order, by batch."""
    random = np.random.default_rng(seed)
    return {
        name: (
            random.integers(0, 256, (records, 3072), dtype=np.uint8),
            random.permutation(np.arange(records) % len(CLASSES)).astype(np.uint8),
        )
        for name in BATCHES
    }


def binary_members(batches: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, bytes]:
    members = {
        f"cifar-10-batches-bin/{name}.bin": np.hstack([labels[:, None], pixels]).tobytes()
        for name, (pixels, labels) in batches.items()
    }
    return members | {
        "cifar-10-batches-bin/batches.meta.txt": "\n".join((*CLASSES, "")).encode(),
        "cifar-10-batches-bin/readme.html": b"<html></html>",
    }


def python_members(batches: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, bytes]:
    members = {
        f"cifar-10-batches-py/{name}": python_2_pickle(pixels, [int(label) for label in labels])
        for name, (pixels, labels) in batches.items()
    }
    names = b"".join(_text(name.encode()) for name in CLASSES)
    meta = b"\x80\x02}(" + _text(b"num_cases_per_batch") + b"M\x10'" + _text(b"label_names") + b"](" + names + b"eu."
    return members | {"cifar-10-batches-py/batches.meta": meta, "cifar-10-batches-py/readme.html": b"<html></html>"}


def python_2_pickle(pixels: np.ndarray, labels: list[int]) -> bytes:
    """The opcodes that Python 2's cPickle wrote (protocol 2: byte strings, numpy.core), which Python 3 cannot write."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + _text(b"b") + b"\x87R(K\x01"
        b"M" + struct.pack("<H", pixels.shape[0]) + b"M" + struct.pack("<H", pixels.shape[1]) + b"\x86"
        b"cnumpy\ndtype\n" + _text(b"u1") + b"K\x00K\x01\x87R(K\x03" + _text(b"|") + b"NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<i", pixels.size) + pixels.tobytes() + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return (
        b"\x80\x02}(" + _text(b"batch_label") + _text(b"a batch") + _text(b"labels") + numbers + _text(b"data") + array
    ) + b"u."


def write_archive(path: Path, members: dict[str, bytes] | list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    if isinstance(members, dict):
        members = [(regular(name, content), content) for name, content in members.items()]
    unzipped = io.BytesIO()
    with tarfile.open(fileobj=unzipped, mode="w") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    path.write_bytes(gzip.compress(unzipped.getvalue(), 1, mtime=0))
    return path


def regular(name: str, content: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member


def _text(content: bytes) -> bytes:
    return b"U" + bytes([len(content)]) + content
