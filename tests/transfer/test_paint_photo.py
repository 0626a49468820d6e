"""Paint photos with `robust-style paint`: pictures, formats, masks, transparency, memory, interruptions."""

import json
import os
import re
import shutil
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from robust_style import __version__
from robust_style.commands import paint as command
from robust_style.commands.main import main
from robust_style.transfer import paint_photo
from robust_style.transfer.picture_file import read_record

QUICK = ("--size", "32", "--threads", "1", "--recipe", "fair", "--set", "precision=float32", "--set", "iterations=3")
LAYERS = ("--set", "style_layers=[relu1_1]", "--set", "content_layers=[relu2_1]")
ONE_ITERATION = ("--set", "iterations=1")


@pytest.fixture(autouse=True)
def _default_sigint():
    """SIGINT is ignored where tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def photo(files):
    return files["images"][0]


@pytest.fixture
def run(files, photo):
    """`run(output, …)` paints the photo, or another `content`."""

    def paint(output, *more, content=photo, styles=(files["images"][1],)):
        main(
            [
                "paint", str(content), *map(str, styles), "--painter", str(files["checkpoint"]),
                "--output", str(output), "--force", *QUICK, *LAYERS, *more,
            ]
        )  # fmt: skip
        return output

    return paint


@pytest.fixture
def refusal(run, capsys, tmp_path):
    """The error message of a run with exit status 1."""

    def refused(*arguments, **keywords):
        with pytest.raises(SystemExit) as stopped:
            run(tmp_path / "refused.png", *arguments, **keywords)
        assert stopped.value.code == 1
        message = capsys.readouterr().err
        assert "Traceback" not in message
        assert not (tmp_path / "refused.png").exists()
        return message

    return refused


def test_a_photo_becomes_a_picture_and_an_animation(run, tmp_path, capsys):
    output = run(tmp_path / "out.png", "--gif")
    with Image.open(output) as picture:
        assert picture.size == (48, 32)
    with Image.open(output.with_suffix(".gif")) as animation:
        assert animation.n_frames == 4
    summary = capsys.readouterr().out
    assert "out.png: 48 x 32 px, loss 300 -> " in summary
    assert "(finished all 3 iterations" in summary


def test_settings_are_in_the_picture_but_no_path_and_no_metadata_of_the_photo(run, tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"  # rotated by 90 degrees
    with Image.open(photo) as image:
        image.convert("CMYK").save(tmp_path / "my photo.jpg", exif=exif)
    run(tmp_path / "out.jpg", "--quality", "80", content=tmp_path / "my photo.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (32, 48))
        assert set(image.getexif()) == {0x0131, 0x010E}
    record = read_record(tmp_path / "out.jpg")
    assert record["program"] == f"robust-style {__version__}"
    settings = record["settings"]
    assert (settings["recipe"], settings["size"], settings["seed"]) == ("fair", 32, 0)
    assert settings["recipe_settings"]["iterations"] == 3
    assert settings["content"]["file"] == "my photo.jpg"
    assert [style["file"] for style in settings["styles"]] == ["style.png"]
    assert settings["painter"]["file"] == "epoch_003.pt"
    assert record["result"] == {"iterations": 3, "stopped": "iterations"}
    assert str(tmp_path) not in json.dumps(record)


def test_a_photo_is_cropped_not_stretched(run, photo, tmp_path, capsys):
    """A circle stays a circle: with almost no style the painting is the photo."""
    rows, columns = np.mgrid[:64, :80] - np.array([31.5, 39.5])[:, None, None]
    Image.fromarray(np.where(rows**2 + columns**2 < 20**2, 0, 255).astype(np.uint8)).save(photo)
    output = run(tmp_path / "out.png", *ONE_ITERATION, "--size", "48", "--set", "style_weight=0.000001")
    circle = np.asarray(Image.open(output)).mean(2) < 128
    assert circle.shape == (48, 64)
    assert circle.any(1).sum() == circle.any(0).sum()
    note = "80 x 64 px, painted at 64 x 48 px: sides are multiples of 16, so 4 of 64 px of its height are cropped"
    assert capsys.readouterr().err.count(note) == 1


def test_conversions_are_reported_once(run, files, photo, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(photo) as image:
        image.save(folder / "a.gif", save_all=True, append_images=[Image.new("RGB", image.size)])
        image.save(folder / "b.png")
    with Image.open(files["images"][1]) as image:
        image.putalpha(100)
        image.save(files["images"][1])
    run(tmp_path / "out", *ONE_ITERATION, content=folder)
    notes = capsys.readouterr().err
    assert notes.count("a.gif: animated, 2 frames: the first one is used") == 1
    assert notes.count("style.png: transparent: composed on white") == 1
    assert "b.png: " not in notes


def test_transparency_is_kept_on_request(run, photo, tmp_path, capsys):
    run(tmp_path / "opaque.png", *ONE_ITERATION, "--keep-alpha")
    assert "content.png: opaque, so there is no transparency to keep" in capsys.readouterr().err
    with Image.open(photo) as image:
        image = image.convert("RGB")
    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, image.width // 2, image.height))
    image.putalpha(alpha)
    image.save(photo)
    with Image.open(run(tmp_path / "out.png", *ONE_ITERATION)) as picture:
        assert picture.mode == "RGB"
    assert "content.png: transparent: composed on white" in capsys.readouterr().err
    with Image.open(run(tmp_path / "out.png", *ONE_ITERATION, "--keep-alpha")) as picture:
        assert picture.mode == "RGBA"
        alpha = np.asarray(picture)[..., 3]
    assert alpha[:, :22].max() < 30 < 225 < alpha[:, 26:].min()


def test_a_mask_may_be_drawn_in_transparency(run, photo, tmp_path):
    """White on transparent gives the same painting as white on black, also where the photo is cropped."""
    with Image.open(photo) as image:
        image.resize((100, 75)).save(photo)
    black = np.zeros((150, 200), np.uint8)
    black[:, :100] = 255
    Image.fromarray(black).save(tmp_path / "black.png")
    Image.merge("LA", [Image.new("L", (200, 150), 255), Image.fromarray(black)]).save(tmp_path / "clear.png")
    pictures = [
        np.asarray(Image.open(run(tmp_path / f"of_{mask}", "--mask", str(tmp_path / mask))))
        for mask in ("black.png", "clear.png")
    ]
    assert (pictures[0] == pictures[1]).all()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (Image.new("L", (96, 64)), "mask.png: expected a mask with some white, found black everywhere"),
        (Image.new("L", (64, 64), 255), "mask.png: expected a mask of the content's shape, 96 x 64 px, found 64 x 64"),
    ],
)
def test_an_unusable_mask_is_named(refusal, tmp_path, mask, message):
    mask.save(tmp_path / "mask.png")
    assert message in refusal("--mask", str(tmp_path / "mask.png"))


def test_several_styles_and_a_mask(run, files, photo, tmp_path):
    Image.new("L", (96, 64), 255).save(tmp_path / "white.png")
    more = ["--blend-weights", "2", "1", "--mask", str(tmp_path / "white.png"), "none"]
    run(tmp_path / "out.png", *more, "--set", "loss_normalisation=mean", styles=(files["images"][1], photo))


def test_noise_depends_on_seed_and_size_and_not_on_names(run, photo, tmp_path):
    """Frames of a video do not flicker."""
    noise = ("--set", "initialisation=noise", *ONE_ITERATION)
    shutil.copy(photo, photo.with_name("frame_0002.png"))
    first, second, third = (
        np.asarray(Image.open(run(tmp_path / name, *noise, "--seed", seed, content=content)))
        for content, seed, name in (
            (photo, "1", "a.png"),
            (photo.with_name("frame_0002.png"), "1", "b.png"),
            (photo.with_name("frame_0002.png"), "2", "c.png"),
        )
    )
    assert (first == second).all()
    assert (second != third).any()


def test_the_size_in_the_error_fits_and_the_next_does_not(run, refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(paint_photo, "available_bytes", lambda device: 80e6)
    fits = re.search(r"size 4096: needs about .*; size (\d+) fits", refusal("--size", "4096"))
    assert int(fits[1]) % 16 == 0
    run(tmp_path / "out.png", "--size", fits[1], *ONE_ITERATION)
    assert "needs about" in refusal("--size", str(int(fits[1]) + 16))
    monkeypatch.setattr(paint_photo, "available_bytes", lambda device: 1e6)
    assert "no size fits" in refusal("--size", "64")


def test_out_of_memory_while_painting_is_one_sentence(refusal, monkeypatch):
    def exhausted(*_, **__):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(paint_photo.optimise, "paint", exhausted)
    message = refusal()
    assert "size is 32: out of memory" in message
    assert message.splitlines()[-1].endswith("choose a smaller size")


def test_a_checkpoint_of_another_program_paints(run, tmp_path, library_network, capsys):
    torch.save({"net": library_network.state_dict(), "acc": 90.0, "epoch": 3}, tmp_path / "theirs.pth")
    run(tmp_path / "out.png", "--painter", str(tmp_path / "theirs.pth"))
    assert "the checkpoint of another program, read as vgg19 at width 0.125" in capsys.readouterr().err


def signal_at(monkeypatch, iteration, number=signal.SIGINT):
    """Send a signal to the process when the given iteration is reported; return the list of losses."""

    def report(self, progress):
        losses.append(progress.loss)
        if progress.iteration == iteration:
            os.kill(os.getpid(), number)

    losses = []
    monkeypatch.setattr(command._Progress, "__call__", report)
    return losses


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_keeps_the_best_picture(run, tmp_path, capsys, monkeypatch, number, status):
    signal_at(monkeypatch, 2, number)
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path / "out.png", "--set", "iterations=50", "--gif")
    assert stopped.value.code == status
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert capsys.readouterr().err.splitlines(keepends=True)[-1] == (
        f"interrupted ({number.name}); {tmp_path / 'out.png'}: the best picture so far, after 2 of 50 iterations\n"
    )
    assert read_record(tmp_path / "out.png")["result"] == {"iterations": 2, "stopped": "interrupted"}
    with Image.open(tmp_path / "out.gif") as animation:
        assert animation.n_frames == 3


@pytest.mark.parametrize(
    "more",
    [
        ("--recipe", "original", "--set", "style_weight=1000000000"),
        ("--recipe", "tv_adam", "--set", "learning_rate=0.5"),
        ("--recipe", "fair"),
    ],
)
def test_the_kept_picture_has_the_smallest_loss(run, tmp_path, monkeypatch, more):
    """An optimisation that ends at the iteration of the smallest loss gives the same picture."""
    losses = signal_at(monkeypatch, 12)
    with pytest.raises(SystemExit):
        run(tmp_path / "kept.png", *more, "--set", "iterations=40")
    best = int(np.argmin(losses))
    assert best > 0
    monkeypatch.undo()
    run(tmp_path / "whole.png", *more, "--set", f"iterations={best}")
    kept, whole = (np.asarray(Image.open(tmp_path / name)) for name in ("kept.png", "whole.png"))
    assert np.array_equal(kept, whole)


def test_an_interruption_at_a_coarse_size_keeps_a_picture(run, tmp_path, monkeypatch, capsys):
    signal_at(monkeypatch, 4)
    with pytest.raises(SystemExit, match="130"):
        run(tmp_path / "out.png", "--size", "64", "--set", "coarse_scales=[{scale: 0.5, iterations: 5}]")
    assert "after 4 of 8 iterations" in capsys.readouterr().err
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (48, 32)


def test_an_interruption_before_the_first_step_leaves_nothing(run, tmp_path, photo, monkeypatch, capsys):
    signal_at(monkeypatch, 0)
    with pytest.raises(SystemExit, match="130"):
        run(tmp_path / "new" / "out.png")
    assert capsys.readouterr().err == f"interrupted (SIGINT); {photo}: nothing was painted yet\n"
    assert not (tmp_path / "new").exists()
