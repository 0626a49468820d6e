"""Painting photos from the command line."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

from robust_style.commands.main import main
from robust_style.transfer import paint_photo

QUICK = ("--size", "32", "--threads", "1", "--precision", "float32", "--set", "iterations=3")
LAYERS = ("--set", "style_layers=[relu1_1]", "--set", "content_layers=[relu2_1]")


@pytest.fixture
def photo(files):
    return files["images"][0]


@pytest.fixture
def run(files, tmp_path):
    def paint(content, *more, styles=(files["images"][1],), output=tmp_path / "made" / "out.png"):
        main(
            [
                "paint", "--content", str(content), "--style", *map(str, styles),
                "--checkpoint", str(files["checkpoint"]), "--output", str(output), "--force", *QUICK, *LAYERS, *more,
            ]
        )  # fmt: skip
        return output

    return paint


def refusal(run, capsys, *arguments, **keywords):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments, **keywords)
    assert stopped.value.code == 1
    return capsys.readouterr().err


def test_a_photo_becomes_a_picture(run, photo, capsys):
    output = run(photo, "--gif")
    with Image.open(output) as picture:
        assert picture.size == (48, 32)
    with Image.open(output.with_suffix(".gif")) as film:
        assert film.n_frames == 4
    assert "out.png: 48 x 32 px, loss 300 -> " in capsys.readouterr().out


def test_an_upright_picture_of_a_photo_on_its_side(run, photo):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    with Image.open(photo) as image:
        image.convert("CMYK").save(photo.with_name("side.jpg"), exif=exif)
    with Image.open(run(photo.with_name("side.jpg"))) as picture:
        assert picture.size == (32, 48)


def test_of_a_folder_every_photo_but_the_broken_one(run, photo, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        (folder / name).write_bytes(photo.read_bytes())
    (folder / "b.png").write_bytes(photo.read_bytes()[:200])
    said = refusal(run, capsys, folder, output=tmp_path / "out")
    assert "b.png" in said
    assert "a.png" not in said.splitlines()[-1]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a--style.png", "c--style.png"]


def test_another_built_in_recipe(run, photo):
    picture = np.asarray(Image.open(run(photo, "--recipe", "tv_adam", "--set", "iterations=2")))
    assert picture.std() > 50  # from noise, and two steps do not go far


def test_several_styles_and_a_mask(run, files, photo):
    Image.new("L", (96, 64), 255).save(photo.with_name("white.png"))
    more = ["--style-blend-weights", "2", "1", "--mask", str(photo.with_name("white.png")), "none"]
    run(photo, *more, "--set", "loss_normalisation=mean", styles=(files["images"][1], photo))


NO_STEP = ("--set", "iterations=1")


def test_conversions_are_said_once_and_the_style_of_many_photos_too(run, files, photo, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(photo) as image:
        image.save(folder / "a.gif", save_all=True, append_images=[Image.new("RGB", image.size)])
        image.save(folder / "b.png")
    with Image.open(files["images"][1]) as image:
        image.putalpha(100)
        image.save(files["images"][1])
    run(folder, *NO_STEP, output=tmp_path / "out")
    said = capsys.readouterr().err
    assert said.count("a.gif: animated, 2 frames: the first one is used") == 1
    assert said.count("style.png: transparent: composed on white") == 1
    assert "b.png: " not in said


def test_a_photo_is_cropped_not_stretched(run, photo, capsys):
    """Circles stay circles: the painting of one step is the photo."""
    rows, columns = np.mgrid[:64, :80] - np.array([31.5, 39.5])[:, None, None]
    dark = np.where(rows**2 + columns**2 < 20**2, 0, 255).astype(np.uint8)
    Image.fromarray(dark).save(photo)
    output = run(photo, *NO_STEP, "--size", "48", "--set", "style_weight=0.000001")
    circle = np.asarray(Image.open(output)).mean(2) < 128
    assert circle.shape == (48, 64)
    assert circle.any(1).sum() == circle.any(0).sum()
    said = "80 x 64 px, painted at 64 x 48 px: sides are multiples of 16, so 4 of 64 px of its height are cropped"
    assert capsys.readouterr().err.count(said) == 1


@pytest.fixture
def half_transparent(photo):
    """The photo, its left half transparent."""
    with Image.open(photo) as image:
        image = image.convert("RGB")
    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, image.width // 2, image.height))
    image.putalpha(alpha)
    image.save(photo)
    return photo


def test_transparency_is_kept_where_asked_for(run, half_transparent, capsys):
    with Image.open(run(half_transparent, *NO_STEP)) as picture:
        assert picture.mode == "RGB"
    assert "content.png: transparent: composed on white" in capsys.readouterr().err
    with Image.open(run(half_transparent, *NO_STEP, "--keep-alpha")) as picture:
        assert picture.mode == "RGBA"
        alpha = np.asarray(picture)[..., 3]
    assert alpha.shape == (32, 48)
    assert alpha[:, :22].max() < 30 < 225 < alpha[:, 26:].min()
    assert "composed on white" not in capsys.readouterr().err


def test_transparency_of_an_opaque_photo(run, photo, capsys):
    with Image.open(run(photo, *NO_STEP, "--keep-alpha")) as picture:
        assert picture.mode == "RGB"
    assert "content.png: opaque, so there is no transparency to keep" in capsys.readouterr().err


def test_transparency_in_a_format_without_it_is_refused_before_painting(run, half_transparent, capsys, tmp_path):
    output = tmp_path / "made" / "out.jpg"
    assert "out.jpg cannot store transparency" in refusal(
        run, capsys, half_transparent, "--keep-alpha", "--checkpoint", "absent.pt", output=output
    )


def test_a_mask_drawn_in_transparency(run, photo, tmp_path):
    """A white brush on nothing gives the same painting as white on black, also where the photo is cropped."""
    with Image.open(photo) as image:
        image.resize((100, 75)).save(photo)
    black = np.zeros((150, 200), np.uint8)
    black[:, :100] = 255
    Image.fromarray(black).save(tmp_path / "black.png")
    Image.merge("LA", [Image.new("L", (200, 150), 255), Image.fromarray(black)]).save(tmp_path / "clear.png")
    pictures = [
        np.asarray(Image.open(run(photo, "--mask", str(tmp_path / mask), output=tmp_path / f"of_{mask}")))
        for mask in ("black.png", "clear.png")
    ]
    assert (pictures[0] == pictures[1]).all()


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (Image.new("L", (96, 64)), "mask.png: expected a mask with some white, found black everywhere"),
        (Image.new("L", (64, 64), 255), "mask.png: expected a mask of the content's shape, 96 x 64 px, found 64 x 64"),
    ],
)
def test_masks_that_cannot_be_used_are_named(run, photo, capsys, tmp_path, mask, said):
    mask.save(tmp_path / "mask.png")
    error = refusal(run, capsys, photo, "--mask", str(tmp_path / "mask.png"))
    assert said in error
    assert "row" not in error.replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--recipe", "fare"), "did you mean fair?"),
        (("--set", "iteration=3"), "did you mean iterations?"),
        (("--set", "pooling=mean"), "pooling: expected one of max, average, average_rescaled, found 'mean'"),
        (("--set", "style_layers=[relu7_1]"), "relu7_1"),
        (("--set", "jitter_px=3"), "set optimiser to adam"),
        (("--size", "40"), "--size: expected a multiple of 16"),
        (("--style-blend-weights", "1", "2"), "2 values for 1 styles; give one for each"),
        (("--mask", "absent.png"), "absent.png"),
        (("--checkpoint", "absent.pt"), "absent.pt"),
        (("--device", "gpu"), "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?"),
        (("--device", "mps"), "mps is not supported yet"),
    ],
)
def test_mistakes_are_one_sentence(run, photo, capsys, tmp_path, more, said):
    error = refusal(run, capsys, photo, *more)
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "made" / "out.png").exists()


def test_weights_and_iterations_have_options_of_their_own(run, photo, capsys):
    made = [np.asarray(Image.open(run(photo, "--style-weight", weight))) for weight in ("1", "1e3")]
    assert (made[0] != made[1]).any()
    command = ["--style-weight", "1e2", "--content-weight", "2", "--recipe", "fair", "--iterations", "2"]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        run(photo, *command)
    assert "--iterations and --set iterations: both set the same key; give one of them" in capsys.readouterr().err


def test_iterations_are_counted_in_the_last_line(run, photo, capsys):
    run(photo)
    assert "(finished all 3 iterations" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--style-weights", "1"), "--style-weights: is called --style-blend-weights"),
        (("--style-wei", "1"), "unknown option '--style-wei'; did you mean --style-weight?"),
        (("-style_weight", "1"), "unknown option '-style_weight'; did you mean --style-weight?"),
        (("--sizes=32",), "unknown option '--sizes'; did you mean --size?"),
        (("--style-weight", "inf"), "expected a finite number, found 'inf'"),
        (("--style-weight", "1e30"), "expected a number from 0 to 1e+12, found '1e30'"),
        (("--style-blend-weights", "1", "inf"), "expected a finite number, found 'inf'"),
        (("--style-blend-weights", "0"), "expected a number above 0, up to 1e+12, found '0'"),
        (("--threads", "0"), "expected a whole number from 1 to 256, found '0'"),
        (("--threads", "-1"), "expected a whole number from 1 to 256, found '-1'"),
        (("--threads", "100000"), "expected a whole number from 1 to 256, found '100000'"),
        (("--iterations", "1.5"), "expected a whole number from 1 to 100000, found '1.5'"),
        (("--style", "a.png"), "--style is given twice; write all its values after one --style"),
        (("--mask", "a.png", "--mask", "b.png"), "--mask is given twice"),
        (("--content", "https://example.org/a.png"), "'https://example.org/a.png' is a URL; download the file"),
        (("--checkpoint", "https://example.org/a.pt"), "is a URL; download the file"),
        (("--mask", "https://example.org/a.png"), "is a URL; download the file"),
        (("--content", ""), "argument --content: the path is empty"),
        (("--checkpoint", " "), "argument --checkpoint: the path is empty"),
        (("--content", "-"), "argument --content: standard input is not supported"),
        (("--size", "9" * 5000), "expected a whole number from 32 to 1000000000, found '999"),
    ],
)
def test_mistaken_options_are_one_line(run, photo, capsys, more, said):
    with pytest.raises(SystemExit) as stopped:
        run(photo, *more)
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert len(line) < 400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("style_layers=[relu1_1", "the value is not YAML; write a list as [a, b]"),
        ("iterations", "the value is missing; write iterations=VALUE"),
        ("iterations=", "the value is missing; write iterations=VALUE"),
        ("=3", "the key is missing; write KEY=VALUE"),
        ("style_weight=1e30", "--set style_weight: expected at most 1e+12, found 1e+30"),
        ("style_weight=.inf", "--set style_weight: expected a"),
        ("style_weight=nan", "--set style_weight: expected a finite number, found 'nan'"),
        ("iterations=1e-1", "--set iterations: expected a whole number, found '1e-1'"),
        ("style_layers=*a", "the value is not YAML"),
        ("based_on=fair", "no such key"),
    ],
)
def test_mistaken_changes_are_one_sentence(run, photo, capsys, change, said):
    error = refusal(run, capsys, photo, "--set", change)
    assert said in error
    assert len(error.splitlines()) == 1


def test_numbers_of_changes_in_scientific_notation(run, photo):
    run(photo, "--set", "style_weight=1e3", "--set", "content_weight=1e-3", "--set", "iterations=2e0")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--set", "noise_share=0.3"), "warning: noise_share has no effect: it needs initialisation blend"),
        (("--set", "learning_rate=0.3"), "warning: learning_rate has no effect: it needs optimiser adam"),
        (("--seed", "3"), "warning: --seed has no effect"),
        (("--style-weight", "0"), "warning: style_weight is 0: the picture stays the content"),
        (("--set", "style_layer_weights=[0]"), "warning: all style_layer_weights are 0"),
        (("--set", "iterations=2"), "warning: --set iterations is given 2 times; the last value is used"),
        (("--set", "snapshots=[0]"), "warning: snapshots has no effect"),
        (("--style-blend-weights", "2"), "warning: --style-blend-weights has no effect with one style"),
        ((), ""),
    ],
)
def test_what_has_no_effect_is_said(run, photo, capsys, more, said):
    run(photo, *more)
    warnings = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    assert any(line.startswith(said) for line in warnings) if said else warnings == []


def test_noise_depends_on_seed_and_size_and_not_on_names(run, photo, tmp_path):
    """Frames of a film do not flicker."""
    noise = ("--set", "initialisation=noise", "--set", "iterations=1")
    other = photo.with_name("frame_0002.png")
    other.write_bytes(photo.read_bytes())
    one, two, three = (
        np.asarray(Image.open(run(content, *noise, "--seed", seed, output=tmp_path / name)))
        for content, seed, name in ((photo, "1", "a.png"), (other, "1", "b.png"), (other, "2", "c.png"))
    )
    assert (one == two).all()
    assert (two != three).any()


@pytest.mark.parametrize("size", ["9999999", "100000", "64"])
def test_too_little_memory_is_said_before_painting_with_a_size_that_fits(run, photo, capsys, monkeypatch, size):
    monkeypatch.setattr(paint_photo, "available_bytes", lambda device: 64e6)
    monkeypatch.setattr(paint_photo, "paint", lambda *_, **__: pytest.fail("it must not begin"))
    error = refusal(run, capsys, photo, "--size", size)
    assert f"--size {size}: needs about" in error
    assert "no size fits" in error or re.search(r"--size \d+ fits", error)


def test_the_size_that_is_said_to_fit_fits(run, photo, capsys, monkeypatch):
    monkeypatch.setattr(paint_photo, "available_bytes", lambda device: 80e6)
    fits = re.search(r"--size (\d+) fits", refusal(run, capsys, photo, "--size", "4096"))
    assert int(fits[1]) % 16 == 0
    run(photo, "--size", fits[1], "--set", "iterations=1")
    assert "needs about" in refusal(run, capsys, photo, "--size", str(int(fits[1]) + 16))


def test_memory_that_runs_out_while_painting_is_one_sentence(run, photo, capsys, monkeypatch):
    def exhausted(*_, **__):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(paint_photo, "paint", exhausted)
    error = refusal(run, capsys, photo)
    assert "--size is 32: out of memory" in error
    assert error.splitlines()[-1].endswith("choose a smaller --size")


def test_a_photo_as_checkpoint_and_a_black_mask_are_named(run, photo, capsys):
    assert f"{photo}: this is a PNG image, not a checkpoint" in refusal(run, capsys, photo, "--checkpoint", str(photo))
    black = photo.with_name("black.png")
    Image.new("L", (96, 64)).save(black)
    assert f"{black}: expected a mask with some white, found black everywhere" in refusal(
        run, capsys, photo, "--mask", str(black)
    )


def test_a_checkpoint_of_another_program_paints(run, photo, library_network, capsys):
    theirs = photo.with_name("theirs.pth")
    torch.save({"net": library_network.state_dict(), "acc": 90.0, "epoch": 3}, theirs)
    run(photo, "--checkpoint", str(theirs))
    assert "the checkpoint of another program, read as vgg19 at width 0.125" in capsys.readouterr().err
