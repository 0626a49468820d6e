import gzip
import io
import os
import pickle
import tarfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cifar_archive
import robust_style.data.archive
from robust_style.data.archive import read_archive
from robust_style.data.pickles import unpickle
from robust_style.errors import DatasetError

BATCHES = cifar_archive.random_batches()
BINARY = cifar_archive.binary_members(BATCHES)
PYTHON = cifar_archive.python_members(BATCHES)
FIRST = "cifar-10-batches-bin/data_batch_1.bin"


def spoilt(tmp_path: Path, changes: dict[str, bytes | None], members: dict[str, bytes] = BINARY) -> Path:
    kept = {name: content for name, content in (members | changes).items() if content is not None}
    return cifar_archive.write_archive(tmp_path / "archive.tar.gz", kept)


@pytest.mark.parametrize("members", [BINARY, PYTHON], ids=["binary", "python"])
def test_every_pixel_and_label_is_where_it_was(tmp_path, members):
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
    assert dataset.mean == (0.4914, 0.4822, 0.4465)
    assert dataset.std == (0.2023, 0.1994, 0.2010)


def test_members_may_be_named_with_a_leading_dot(tmp_path):
    members = {f"./{name}": content for name, content in BINARY.items()}
    assert len(read_archive(cifar_archive.write_archive(tmp_path / "a.tar.gz", members)).train_labels) == 100


def test_nothing_is_ever_extracted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    strange = {"../escaped": b"x", "/absolute": b"x", "cifar-10-batches-bin/../../up": b"x", "extra": b"x"}
    read_archive(spoilt(tmp_path, strange))
    assert [path.name for path in tmp_path.iterdir()] == ["archive.tar.gz"]
    assert not (tmp_path.parent / "escaped").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({FIRST: None}, "data_batch_1.bin"),
        ({FIRST: b""}, "whole records"),
        ({FIRST: BINARY[FIRST][:-1]}, "whole records"),
        ({FIRST: b"\x0a" + BINARY[FIRST][1:]}, "labels 0 to 9 in data_batch_1, found 10"),
        ({"cifar-10-batches-bin/batches.meta.txt": b"cat\ndog\n"}, "10 class names, found 2"),
        ({"cifar-10-batches-bin/batches.meta.txt": b"\xff"}, "class names"),
        (PYTHON, "beside members of another layout"),
        (dict.fromkeys(BINARY), "expected the members"),
    ],
)
def test_a_binary_archive_with_a_flaw_is_refused(tmp_path, changes, message):
    with pytest.raises(DatasetError, match=message):
        read_archive(spoilt(tmp_path, changes))


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}, "label for each image"),
        ({b"data": np.zeros((2, 3071), np.uint8), b"labels": [1, 2]}, r"uint8 \(n, 3072\)"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 10]}, "found 10"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, -1]}, "list of labels"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 2.0]}, "list of labels"),
        ({b"data": np.zeros((0, 3072), np.uint8), b"labels": []}, "label for each image"),
        ({b"data": b"", b"labels": []}, r"uint8 \(n, 3072\)"),
        ({b"data": np.zeros((2, 3072), np.float32), b"labels": [1, 2]}, "expected an array of uint8"),
        ({b"labels": [1]}, r"uint8 \(n, 3072\)"),
        ([1, 2], "expected a dictionary"),
    ],
)
def test_a_python_archive_with_a_flaw_is_refused(tmp_path, batch, message):
    # Protocol 4: byte strings stay byte strings, as in Python 2's files.
    spoilt_batch = pickle.dumps(batch, protocol=4)
    with pytest.raises(DatasetError, match=message):
        read_archive(spoilt(tmp_path, {"cifar-10-batches-py/data_batch_3": spoilt_batch}, PYTHON))


def test_a_repeated_member_is_refused(tmp_path):
    members = [(cifar_archive.regular(name, content), content) for name, content in [*BINARY.items(), (FIRST, b"x")]]
    with pytest.raises(DatasetError, match="twice"):
        read_archive(cifar_archive.write_archive(tmp_path / "a.tar.gz", members))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_member_that_is_no_regular_file_is_refused(tmp_path, kind):
    strange = tarfile.TarInfo(FIRST)
    strange.type = kind
    strange.linkname = "/etc/passwd"
    rest = [(cifar_archive.regular(name, content), content) for name, content in BINARY.items() if name != FIRST]
    with pytest.raises(DatasetError, match="as a regular file"):
        read_archive(cifar_archive.write_archive(tmp_path / "a.tar.gz", [*rest, (strange, b"")]))


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 0.99, 0.99999])
def test_a_truncated_archive_is_refused(tmp_path, part):
    path = spoilt(tmp_path, {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(DatasetError, match=str(path)):
        read_archive(path)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path_factory, data):
    path = spoilt(tmp_path_factory.mktemp("flip"), {})
    whole = read_archive(path)
    content = bytearray(path.read_bytes())
    # Behind the ten bytes of the gzip header, whose time and system mean nothing to us.
    content[data.draw(st.integers(10, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        read = read_archive(path)
    except DatasetError:
        return
    assert (read.train_images == whole.train_images).all()


def test_a_bomb_is_refused_before_it_bursts(tmp_path, monkeypatch):
    monkeypatch.setattr(robust_style.data.archive, "_LARGEST_BYTES", 2**20)
    with pytest.raises(DatasetError, match="at most 1 MiB unpacked"):
        read_archive(spoilt(tmp_path, {"zeros": bytes(2**21)}))


def test_a_header_that_promises_gigabytes_is_refused(tmp_path):
    header = tarfile.TarInfo(FIRST)
    header.size = 2**40
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(header.tobuf() + bytes(10_000)))
    with pytest.raises(DatasetError, match="damage"):
        read_archive(tmp_path / "a.tar.gz")


@pytest.mark.parametrize(
    "content", [b"", b"<html>gone</html>", gzip.compress(b"no tar")], ids=["empty", "page", "gzip"]
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(DatasetError):
        read_archive(tmp_path / "a.tar.gz")


def test_a_missing_archive_names_the_rule(tmp_path):
    with pytest.raises(DatasetError, match="fetch_dataset"):
        read_archive(tmp_path / "none.tar.gz")


class Malicious:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("call", [os.system, os.mkdir, eval, getattr, np.load, np.ndarray, np.dtype])
def test_a_pickle_that_asks_for_code_runs_nothing(tmp_path, protocol, call):
    canary = tmp_path / "canary"
    argument = {os.system: f"touch {canary}", eval: f"open({str(canary)!r}, 'w')", np.ndarray: (10**6,), np.dtype: "O"}
    content = pickle.dumps({b"data": Malicious(call, argument.get(call, str(canary)))}, protocol=protocol)
    path = spoilt(tmp_path, {"cifar-10-batches-py/test_batch": content}, PYTHON)
    # numpy's own names are allowed, but lead nowhere: no such call succeeds.
    is_named = call in (np.ndarray, np.dtype)
    with pytest.raises(DatasetError, match="test_batch" if is_named else "test_batch.*which could run code"):
        read_archive(path)
    assert not canary.exists()


@pytest.mark.parametrize(
    "array",
    [
        np.array([[{}]], dtype=object),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((2, 2), ">u2"),
        np.asfortranarray(np.zeros((2, 2), np.uint8)),
    ],
)
def test_an_array_of_another_kind_is_refused(array):
    with pytest.raises(DatasetError, match="expected an array of uint8"):
        unpickle(pickle.dumps({b"data": array}, protocol=4), "batch")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 400))
def test_any_bytes_give_a_dictionary_or_a_dataset_error(noise, at):
    good = cifar_archive.python_2_pickle(np.zeros((1, 300), np.uint8), [1])
    for content in (noise, good[:at] + noise + good[at + len(noise) :]):
        with suppress(DatasetError):
            assert isinstance(unpickle(content, "batch"), dict)


def test_our_python_2_pickle_is_one_that_numpy_reads():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3072), dtype=np.uint8)
    content = cifar_archive.python_2_pickle(pixels, [3, 9])
    # An oracle without our Unpickler: safe, because this test made the bytes itself a line above. numpy.core moved,
    # so its new name is put in.
    oracle = pickle.load(
        io.BytesIO(content.replace(b"cnumpy.core.multiarray\n", b"cnumpy._core.multiarray\n")), encoding="bytes"
    )
    found = unpickle(content, "batch")
    assert (oracle[b"data"] == pixels).all()
    assert (found[b"data"] == pixels).all()
    assert found[b"labels"] == oracle[b"labels"] == [3, 9]
