"""Text that fits, and files that are the same bytes each time."""

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from made_results import make_results, noise_picture
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.picture_grid import Block, Cell, Label, PictureGrid
from robust_style.figure.pictures import with_jpegs
from robust_style.figure.style import (
    DOTS_PER_INCH,
    PREVIEW_DOTS_PER_INCH,
    SMALLEST_PT,
    figure_style,
    fit,
    fit_alike,
    new_figure,
    save,
    width_of,
    wrap,
)

WORDS = st.lists(st.text(st.sampled_from("abcdefghimow"), min_size=1, max_size=9), min_size=1, max_size=5).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(words=WORDS, width=st.floats(4, 60), lines=st.integers(1, 3))
def test_fitted_text_is_no_wider_than_asked(words: str, width: float, lines: int) -> None:
    text, size = fit(words, width, 8.0, lines=lines)
    assert SMALLEST_PT <= size <= 8.0
    assert len(text.split("\n")) <= lines
    assert text.endswith("…") or text.split() == words.split()
    if not text.endswith("…"):
        assert max(width_of(line, size) for line in text.split("\n")) <= width * 1.001


def test_text_breaks_before_it_shrinks() -> None:
    assert fit("standard matched", 100.0, 8.0, lines=2) == ("standard matched", 8.0)
    assert fit("standard matched", width_of("standard", 8.0) + 0.5, 8.0, lines=2) == ("standard\nmatched", 8.0)
    assert fit("immeasurable", 5.0, 8.0)[0].endswith("…")


def test_names_beside_each_other_have_one_size() -> None:
    names, size = fit_alike(["noise", "adversarial"], width_of("adversarial", 6.0), 8.0)
    assert names == ["noise", "adversarial"]
    assert size == pytest.approx(6.0)


def test_a_wrapped_text_keeps_every_word() -> None:
    words = "Rows: training epochs of the network. Recipe fair, training seed 0."
    lines = wrap(words, 40.0, 6.5)
    assert len(lines) > 1
    assert " ".join(lines) == words


def test_pictures_in_an_svg_are_jpegs_of_the_printed_pixels(tmp_path) -> None:
    small, large = noise_picture("any", (96, 64)), noise_picture("any", (1800, 1200))
    block = Block([Label("a"), Label("b")], [Label("row")], [[Cell(small), Cell(large)]], aspect=1.5)
    with figure_style():
        save(PictureGrid([block], "a note").draw(), tmp_path / "figure.svg")
    svg = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert "image/png" not in svg
    pictures = []
    for encoded in re.findall(r'data:image/jpeg;base64,([^"]+)"', svg):
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
            pictures.append(np.asarray(picture.convert("RGB"), float))
    assert pictures[0].shape == (64, 96, 3), "the pixels of the picture, not more"
    assert np.abs(pictures[0] - small).mean() < 3
    assert pictures[1].shape[1] < 900, "not more pixels than are printed at 300 dpi"


def test_svg_text_is_not_changed_by_the_embedding() -> None:
    assert with_jpegs('<svg><text x="1">data:image/png</text></svg>') == '<svg><text x="1">data:image/png</text></svg>'


def test_a_figure_is_the_same_bytes_twice_and_the_preview_is_smaller(tmp_path) -> None:
    made = make_results(tmp_path, recipes=("fair",), epochs=(8,), pairs=(("rocket", "flow_field"),))
    names = ("figure.png", "vector.svg", "preview.jpg")
    runs = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        figure, vector, preview = (folder / name for name in names)
        draw_optimisation(
            traces=made.traces, networks=["standard", "adversarial"], recipes=["fair"], figure=figure, vector=vector,
            preview=preview,
        )  # fmt: skip
        runs.append([path.read_bytes() for path in (figure, vector, preview)])
    assert runs[0] == runs[1]
    assert not any(word in content for content in runs[0] for word in (b"Software", b"dc:date"))
    with Image.open(figure) as printed, Image.open(preview) as small:
        assert small.width == pytest.approx(printed.width * PREVIEW_DOTS_PER_INCH / DOTS_PER_INCH, abs=1)
        assert preview.stat().st_size < figure.stat().st_size / 2


def test_a_png_without_pictures_has_a_palette_and_its_colours(tmp_path) -> None:
    with figure_style():
        figure = new_figure(40.0, 30.0)
        figure.add_axes((0.1, 0.1, 0.8, 0.8)).plot([0, 1], [0, 1], color="#0072B2")
        save(figure, tmp_path / "lines.png")
    with Image.open(tmp_path / "lines.png") as drawn:
        assert drawn.mode == "P"
        assert drawn.info["dpi"] == pytest.approx((DOTS_PER_INCH, DOTS_PER_INCH), abs=1)
        assert (0x00, 0x72, 0xB2) in {colour for _, colour in drawn.convert("RGB").getcolors()}
