"""Painting photos from the command line."""

import numpy as np
import pytest
from PIL import Image

from robust_style.__main__ import main

QUICK = ("--size", "32", "--threads", "1", "--precision", "float32", "--set", "evaluations=3")
LAYERS = ("--set", "style_layers=[relu1_1]", "--set", "content_layers=[relu2_1]")


@pytest.fixture
def photo(files):
    return files["images"][0]


@pytest.fixture
def run(files, tmp_path):
    def paint(content, *more, output=tmp_path / "made" / "out.png"):
        main(
            [
                "stylize", "--content", str(content), "--style", str(files["images"][1]),
                "--checkpoint", str(files["checkpoint"]), "--output", str(output), *QUICK, *LAYERS, *more,
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
    picture = np.asarray(Image.open(run(photo, "--recipe", "tv_adam", "--set", "evaluations=2")))
    assert picture.std() > 50  # from noise, and two steps do not go far


def test_several_styles_and_a_mask(run, files, photo):
    Image.new("L", (96, 64), 255).save(photo.with_name("white.png"))
    more = ["--style", str(files["images"][1]), str(photo), "--style-weights", "2", "1"]
    run(photo, *more, "--mask", str(photo.with_name("white.png")), "none", "--set", "loss_normalisation=mean")


NO_STEP = ("--set", "evaluations=1")


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
    assert "--keep-alpha: expected an output" in refusal(
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
        (("--set", "evaluation=3"), "did you mean evaluations?"),
        (("--set", "pooling=mean"), "'mean' is not one of"),
        (("--set", "style_layers=[relu7_1]"), "relu7_1"),
        (("--set", "jitter_px=3"), "set optimiser to adam"),
        (("--size", "40"), "multiple of 16"),
        (("--style-weights", "1", "2"), "one for each of 1 styles, found 2"),
        (("--mask", "absent.png"), "absent.png"),
        (("--checkpoint", "absent.pt"), "absent.pt"),
    ],
)
def test_mistakes_are_one_sentence(run, photo, capsys, tmp_path, more, said):
    error = refusal(run, capsys, photo, *more)
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "made" / "out.png").exists()


def test_a_photo_is_never_painted_over(run, photo, capsys):
    before = photo.read_bytes()
    assert "one of the pictures" in refusal(run, capsys, photo, output=photo)
    assert photo.read_bytes() == before
