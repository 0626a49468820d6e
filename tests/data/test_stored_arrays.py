"""Arrays in a file: written as a stream, mapped when read."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from robust_style.data.stored_arrays import in_pieces, read_arrays, write_member


def write(path: Path, array: np.ndarray, pieces: list[np.ndarray]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        write_member(archive, "x", array.shape, array.dtype, pieces)
    return path


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(st.sampled_from([np.uint8, np.int64, np.float64]), arrays.array_shapes(max_dims=4)),
    st.lists(st.integers(0, 9), max_size=4),
)
def test_pieces_of_any_size_are_what_numpy_reads(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    one = write(folder / "a.npz", array, [array])
    several = write(folder / "b.npz", array, np.split(array, sorted(cuts)))
    assert one.read_bytes() == several.read_bytes()
    with np.load(one, allow_pickle=False) as oracle:
        np.testing.assert_array_equal(oracle["x"], array)
    for mapped in ((), ("x",)):
        found = read_arrays(several, mapped)["x"]
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype


def test_large_arrays_are_cut_and_come_back() -> None:
    array = np.random.default_rng(0).integers(0, 256, (900, 3, 64, 64), dtype=np.uint8)
    pieces = list(in_pieces(array))
    assert len(pieces) > 2
    assert max(piece.nbytes for piece in pieces) <= 2**22
    assert (np.concatenate(pieces) == array).all()


def test_a_mapped_array_takes_no_memory_and_changes_no_file(tmp_path: Path) -> None:
    array = np.arange(3 * 2**20, dtype=np.uint8)
    path = write(tmp_path / "a.npz", array, [array])
    before = path.read_bytes()
    found = read_arrays(path, ("x",))["x"]
    assert isinstance(found.base, np.memmap)
    found[:] = 7
    assert path.read_bytes() == before
    assert (read_arrays(path, ("x",))["x"] == array).all()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "compressed"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_numpy_wrote_is_mapped_or_read(tmp_path: Path, save: object, order: str) -> None:
    array = np.asarray(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), order=order)
    assert callable(save)
    save(tmp_path / "a.npz", x=array)
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz", ("x",))["x"], array)


def test_too_few_pieces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 bytes too few"):
        write(tmp_path / "a.npz", np.zeros(4, np.uint8), [np.zeros(2, np.uint8)])


def test_objects_are_never_mapped(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    for mapped in ((), ("x",)):
        with pytest.raises(ValueError, match=r"[Oo]bject"):
            read_arrays(tmp_path / "a.npz", mapped)
