import gzip
import os
import pickle
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cifar_archive
from crafted_images import written
from prepared_archive import prepare
from refusal import contents
from robust_style.data import cifar10
from robust_style.data.cifar10 import read_archive
from robust_style.data.dataset import read_dataset
from robust_style.errors import DatasetError

BATCHES = cifar_archive.random_batches()
BINARY = cifar_archive.binary_members(BATCHES)
PYTHON = cifar_archive.python_members(BATCHES)
FIRST, META = "cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/batches.meta.txt"
WITHOUT_FIRST = {name: content for name, content in BINARY.items() if name != FIRST}
PICKLED = "cifar-10-batches-py/data_batch_3"

Make = Callable[[Path], Path]
Members = list[tuple[tarfile.TarInfo, bytes]]


def archived(members: dict[str, bytes] | Members) -> Make:
    return lambda path: cifar_archive.write_archive(path, members)


def plain(content: bytes) -> Make:
    return lambda path: written(path, content)


def regular(members: dict[str, bytes]) -> Members:
    return [(cifar_archive.regular(name, content), content) for name, content in members.items()]


def special(kind: bytes, name: str = FIRST, target: str = "/etc/passwd") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def cut(members: dict[str, bytes], share: float) -> Make:
    def make(path: Path) -> Path:
        content = cifar_archive.write_archive(path, members).read_bytes()
        return written(path, content[: int(share * len(content))])

    return make


def promising_a_terabyte(path: Path) -> Path:
    header = tarfile.TarInfo(FIRST)
    header.size = 2**40
    return written(path, gzip.compress(header.tobuf() + bytes(10_000)))


def with_batch(batch: Any) -> Make:
    """A python archive with another batch; protocol 4 keeps byte strings, as in Python 2."""
    return archived(PYTHON | {PICKLED: batch if isinstance(batch, bytes) else pickle.dumps(batch, protocol=4)})


@pytest.mark.parametrize("members", [BINARY, PYTHON], ids=["binary", "python"])
def test_pixels_and_labels_keep_their_positions(tmp_path, members):
    dataset = read_archive(cifar_archive.write_archive(tmp_path / "archive.tar.gz", members))
    assert dataset.class_names == cifar_archive.CLASSES
    assert dataset.train_images.shape == (100, 3, 32, 32)
    for number, name in enumerate(cifar_archive.BATCHES[:5]):
        pixels, labels = BATCHES[name]
        part = slice(number * 20, number * 20 + 20)
        assert (dataset.train_images[part].reshape(20, 3072) == pixels).all()
        assert (dataset.train_labels[part] == labels).all()
    assert (dataset.test_images.reshape(20, 3072) == BATCHES["test_batch"][0]).all()
    assert (dataset.test_labels == BATCHES["test_batch"][1]).all()
    # Row by row within a channel: pixel (row 2, column 5) of the green plane.
    assert dataset.test_images[3, 1, 2, 5] == BATCHES["test_batch"][0][3, 1024 + 2 * 32 + 5]
    # The library's constants.
    assert (dataset.mean, dataset.std) == ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))


@pytest.mark.parametrize("protocol", [3, 4])
def test_a_batch_pickled_by_python_3_is_read(tmp_path, protocol):
    pixels, labels = BATCHES["data_batch_3"]
    batch = pickle.dumps({b"data": pixels, b"labels": labels.tolist()}, protocol=protocol)
    dataset = read_archive(with_batch(batch)(tmp_path / "a.tar.gz"))
    assert (dataset.train_images[40:60].reshape(20, 3072) == pixels).all()


DAMAGE = "not a complete .tar.gz"
PIXELS = np.zeros((2, 3072), np.uint8)
SPOILT: dict[str, tuple[Make, str]] = {
    "empty": (plain(b""), f"{DAMAGE} (empty file). Delete the archive and get it again."),
    "web page": (plain(b"<!DOCTYPE html><p>moved</p>"), f"{DAMAGE} (Not a gzipped file"),
    "gzip of no tar": (plain(gzip.compress(b"no tar")), DAMAGE),
    **{f"{layout} cut at {share}": (cut(members, share), DAMAGE)
       for layout, members in (("binary", BINARY), ("python", PYTHON)) for share in (0.25, 0.99)},
    "a terabyte promised": (promising_a_terabyte, DAMAGE),
    "a member missing": (archived(WITHOUT_FIRST), f"no {FIRST}"),
    "a member twice": (archived(regular(BINARY) + regular({FIRST: b""})), f"{FIRST} appears twice"),
    "both layouts": (archived(BINARY | PYTHON), "both layouts"),
    "no member at all": (archived([]), "not the members of CIFAR-10"),
    "an empty batch": (archived(BINARY | {FIRST: b""}), "data_batch_1.bin has 0 bytes, no multiple of 3073"),
    "a short batch": (archived(BINARY | {FIRST: BINARY[FIRST][:-1]}), "bytes, no multiple of 3073"),
    "a label too high": (archived(BINARY | {FIRST: b"\x0a" + BINARY[FIRST][1:]}), "data_batch_1 has label 10"),
    "two classes": (archived({**BINARY, META: b"cat\ndog\n"}), "2 class names instead of 10"),
    "names in no alphabet": (archived({**BINARY, META: b"\xff\xfe"}), "the class names are not ASCII text"),
    **{f"member {kind!r}": (archived([*regular(WITHOUT_FIRST), special(kind)]), f"{FIRST} is not a regular file")
       for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)},
    "no pickle": (with_batch(b"<html>"), "data_batch_3 is no pickle"),
    "an empty pickle": (with_batch(b""), "data_batch_3 is no pickle"),
    "a cut pickle": (with_batch(PYTHON[PICKLED][:-100]), "data_batch_3 is no pickle"),
    "a list": (with_batch([1]), "data_batch_3 holds list instead of a dictionary"),
    "a pickled label too high": (with_batch({b"data": PIXELS, b"labels": [1, 10]}), "data_batch_3 has label 10"),
    "a negative label": (with_batch({b"data": PIXELS, b"labels": [1, -1]}), "labels in data_batch_3 is no list"),
    "a fraction": (with_batch({b"data": PIXELS, b"labels": [1, 2.0]}), "labels in data_batch_3 is no list"),
    "a label too few": (with_batch({b"data": PIXELS, b"labels": [1]}), "data_batch_3 has 1 labels and 2 images"),
    "no images": (with_batch({b"data": PIXELS[:0], b"labels": []}), "data_batch_3 has 0 labels and 0 images"),
    **{f"pixels {name}": (with_batch({b"data": data, b"labels": [1, 2]}), "data in data_batch_3 is no array of uint8")
       for name, data in {
           "too few": PIXELS[:, 1:], "float32": PIXELS.astype(np.float32), "uint16": PIXELS.astype(">u2"), "text": "x",
           "by column": np.asfortranarray(PIXELS), "in one row": PIXELS[0], "objects": np.array([[{}]], object),
       }.items()},
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_archive_is_refused(tmp_path: Path, kind: str) -> None:
    make, message = SPOILT[kind]
    path = make(tmp_path / "a.tar.gz")
    with pytest.raises(DatasetError) as error:
        read_archive(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "member",
    [
        *regular({"../escaped": b"x", "/tmp/../absolute": b"x", "cifar-10-batches-bin/../../up": b"x", "x.py": b"x"}),
        special(tarfile.SYMTYPE, "link", "/etc/passwd"),
        special(tarfile.LNKTYPE, "hard", FIRST),
        special(tarfile.FIFOTYPE, "pipe"),
    ],
    ids=lambda member: f"{member[0].type.decode()} {member[0].name}",
)
def test_other_members_are_skipped_and_nothing_is_extracted(tmp_path, member):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    # Names with a leading `./` are accepted.
    members = regular({f"./{name}": content for name, content in BINARY.items()})
    end = prepare(folder, cifar_archive.write_archive(folder / "a.tar.gz", [member, *members]))
    assert end.code == 0, end.log
    assert [*contents(tmp_path)] == ["in/here/a.tar.gz", "in/here/prepare.log", "in/here/results/cifar10.npz"]
    assert len(read_dataset(folder / "results" / "cifar10.npz").test_labels) == 20


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "_MAX_BYTES", 2**20)
    with pytest.raises(DatasetError, match="more than 1 MiB unpacked"):
        read_archive(cifar_archive.write_archive(tmp_path / "a.tar.gz", BINARY | {"zeros": bytes(2**21)}))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 400))
def test_any_bytes_give_a_dictionary_or_a_dataset_error(noise, at):
    good = cifar_archive.python_2_pickle(np.zeros((1, 300), np.uint8), [1])
    for content in (noise, good[:at] + noise + good[at + len(noise) :]):
        with suppress(DatasetError):
            batch = cifar10._unpickle(content, "batch", Path("a.tar.gz"))
            cifar10._array(batch.get(b"data"))


class Calling:
    """Makes Python's own unpickler call a function."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("call", [os.system, os.mkdir, eval, getattr, np.load, np.ndarray, np.dtype])
def test_no_code_of_a_pickle_is_run(tmp_path, protocol, call):
    canary = tmp_path / "canary"
    argument = {os.system: f"touch {canary}", eval: f"open({str(canary)!r}, 'w')", np.ndarray: (10**6,), np.dtype: "O"}
    batch = pickle.dumps({b"data": Calling(call, argument.get(call, str(canary)))}, protocol=protocol)
    with pytest.raises(DatasetError, match="data in data_batch_3 is no array"):
        read_archive(with_batch(batch)(tmp_path / "a.tar.gz"))
    assert not canary.exists()
