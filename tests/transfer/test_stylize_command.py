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
