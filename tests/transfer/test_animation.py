import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from robust_style.transfer.animation import frame_iterations, write_animation


def test_frames_are_dense_early():
    assert frame_iterations(100, 5) == (0, 6, 25, 56, 100)


@given(some.integers(1, 500), some.integers(2, 60))
def test_frames_go_from_the_start_to_the_end(iterations, frames):
    shown = frame_iterations(iterations, frames)
    assert (shown[0], shown[-1]) == (0, iterations)
    assert len(shown) <= frames
    assert list(shown) == sorted(set(shown))


def test_one_frame_is_the_end():
    assert frame_iterations(100, 1) == (100,)


@pytest.fixture
def film():
    """A square that moves over a wave."""
    wave = torch.linspace(0, 6, 80).sin().mul(100).add(120).to(torch.uint8).repeat(3, 40, 1)
    frames = []
    for index in range(6):
        frame = wave.clone()
        frame[0, 5:15, 10 * index : 10 * index + 10] = 255
        frames.append(frame)
    return frames


def test_frames_size_and_duration(tmp_path, film):
    write_animation(tmp_path / "a.gif", film, 40)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 6
        assert gif.size == (40, 20)
        assert gif.info["loop"] == 0
        durations = []
        for index in range(6):
            gif.seek(index)
            durations.append(gif.info["duration"])
    assert durations == [120] * 5 + [2000]


def test_colours_are_close_to_the_pictures(tmp_path, film):
    write_animation(tmp_path / "a.gif", film, 80)
    with Image.open(tmp_path / "a.gif") as gif:
        for index, frame in enumerate(film):
            gif.seek(index)
            shown = torch.frombuffer(bytearray(gif.convert("RGB").tobytes()), dtype=torch.uint8).view(40, 80, 3)
            assert (shown.permute(2, 0, 1).int() - frame.int()).abs().float().mean() < 4


def test_the_same_bytes_twice(tmp_path, film):
    write_animation(tmp_path / "a.gif", film, 40)
    write_animation(tmp_path / "b.gif", film, 40)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_a_course_of_one_picture_is_a_still(tmp_path, film):
    write_animation(tmp_path / "a.gif", film[:1], 40)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (40, 20)
