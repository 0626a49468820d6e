"""`robust-style paint`: destinations, folders of photos, and options; refused before anything is painted."""

import shutil
import zlib

import numpy as np
import pytest
from PIL import Image

from crafted_images import PIXELS, encoded, grey, png, srgb_profile, turned, written
from robust_style.commands import paint as command
from robust_style.commands.main import main
from robust_style.transfer import paint_photo
from robust_style.transfer.picture_file import read_record

QUICK = ("--size", "32", "--threads", "1", "--recipe", "fair", "--set", "precision=float32")
LAYERS = ("--set", "style_layers=[relu1_1]", "--set", "content_layers=[relu2_1]")


@pytest.fixture
def photo(files):
    return files["images"][0]


@pytest.fixture
def run(files, photo):
    """`run(output, …)` paints the photo, or another `content`; output None: beside the photo."""

    def paint(output, *more, content=photo, style=files["images"][1]):
        styles = style if isinstance(style, list) else [style]
        place = [] if output is None else ["--output", str(output)]
        painter = ["--painter", str(files["checkpoint"])]
        iterations = [] if any("iterations" in part for part in more) else ["--iterations", "3"]
        main(["paint", str(content), *map(str, styles), *painter, *place, *QUICK, *LAYERS, *iterations, *more])

    return paint


@pytest.fixture
def refusal(run, capsys, monkeypatch):
    """The error of a run that paints nothing."""

    def refused(*arguments, **keywords):
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as stopped:
            patch.setattr(paint_photo.optimise, "paint", lambda *_, **__: pytest.fail("painted before the refusal"))
            run(*arguments, **keywords)
        assert stopped.value.code in (1, 2)
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return said

    return refused


@pytest.fixture
def album(photo, tmp_path):
    """A folder with two photos."""
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(photo, folder / name)
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("epoch_003.pt", r"the ending .pt is not known here. Choose a name that ends with .png or .jpg"),
        ("content.png", "is an input of this command"),
        ("style.png", "is an input of this command"),
        ("picture.xyz", "the ending .xyz is not known here"),
        ("picture.gif", "the ending .gif is not known here"),
        ("picture", "the name has no ending"),
        (".png", "the name consists of an ending only"),
        ("style.png/picture.png", "style.png is a file, not a folder"),
        ("x" * 300 + ".png", "File name too long"),
        ("", "--output is empty"),
        ("-", "-: writing to standard output is not supported. Choose a name that ends with .png"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_painting(refusal, tmp_path, output, message):
    before = contents(tmp_path)
    assert message in refusal(output if output in ("", "-") else tmp_path / output, "--force")
    assert contents(tmp_path) == before


def test_the_animation_never_replaces_the_photo(refusal, tmp_path, photo):
    Image.open(photo).save(tmp_path / "cat.gif")
    before = contents(tmp_path)
    assert "cat.gif is an input" in refusal(tmp_path / "cat.png", "--gif", "--force", content=tmp_path / "cat.gif")
    assert contents(tmp_path) == before


def test_an_existing_picture_is_replaced_with_force_only(run, refusal, tmp_path):
    output = tmp_path / "out.png"
    output.write_text("mine")
    assert "exists already. Add --force" in refusal(output)
    assert output.read_text() == "mine"
    run(output, "--force")
    assert read_record(output)


@pytest.mark.parametrize("text", ["new/", "new", "~/new/"])
def test_in_a_folder_the_picture_is_named_after_photo_and_style(run, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    if text == "new":
        (tmp_path / "new").mkdir()
    run(text)
    assert names(tmp_path / "new") == ["content--style.png"]


def test_photos_that_differ_only_in_their_ending_have_pictures_of_their_own(run, album, tmp_path):
    Image.open(album / "a.png").save(album / "A.jpg")
    run(tmp_path / "out", "--format", "webp", content=album)
    assert names(tmp_path / "out") == ["A.jpg--style.webp", "a.png--style.webp", "b--style.webp"]


@pytest.mark.parametrize("more", [(), ("--gif",)])
def test_a_folder_painted_into_itself_twice_is_finished(run, album, capsys, more):
    run(album, *more, content=album)
    before = contents(album)
    run(album, *more, content=album)
    assert contents(album) == before
    said = capsys.readouterr().err
    assert f"{2 + 2 * len(more)} paintings of this program in it are not painted again" in said
    assert f"{album / 'a.png'}: skipped, {album / 'a--style.png'} is finished" in said


def test_other_settings_do_not_replace_finished_pictures(run, refusal, album, tmp_path):
    run(tmp_path / "out", content=album)
    said = refusal(tmp_path / "out", "--size", "48", content=album)
    assert said.count("exists already. Add --force") == 2
    run(tmp_path / "out", "--size", "48", "--force", content=album)
    assert read_record(tmp_path / "out" / "a--style.png")["settings"]["size"] == 48


def test_only_what_is_missing_is_painted(run, album, tmp_path):
    run(tmp_path / "out", content=album)
    (tmp_path / "out" / "b--style.png").unlink()
    finished = (tmp_path / "out" / "a--style.png").stat()
    run(tmp_path / "out", content=album)
    assert (tmp_path / "out" / "a--style.png").stat().st_ino == finished.st_ino
    assert names(tmp_path / "out") == ["a--style.png", "b--style.png"]


def test_files_that_are_no_pictures_are_skipped_with_a_note(run, album, tmp_path, capsys):
    (album / "notes.txt").write_text("from the holidays")
    (album / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    shutil.copy(album / "a.png", album / "without_ending")
    run(tmp_path / "out", content=album)
    said = capsys.readouterr().err
    assert all(f"note: {album / name}: skipped, not a picture\n" in said for name in ("notes.txt", "Thumbs.db"))
    assert names(tmp_path / "out") == ["a--style.png", "b--style.png", "without_ending--style.png"]


@pytest.mark.parametrize(
    ("output", "message"),
    [("out.png", "is a file, but there are several pictures"), ("style.png/new", "style.png is a file")],
)
def test_a_folder_of_photos_needs_a_folder(refusal, album, tmp_path, output, message):
    said = refusal(tmp_path / output, content=album)
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_missing_style_is_one_error(refusal, album, tmp_path):
    said = refusal(tmp_path / "out", content=album, style=tmp_path / "absent.png")
    assert "absent.png" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_divergence_names_its_photo_and_does_not_stop_the_others(run, album, tmp_path, capsys, monkeypatch):
    paint, photos = paint_photo.optimise.paint, iter(("a", "b"))

    def diverge_once(network, settings, orders, **more):
        if next(photos) == "a":
            raise paint_photo.Divergence("not finite")
        return paint(network, settings, orders, **more)

    monkeypatch.setattr(paint_photo.optimise, "paint", diverge_once)
    with pytest.raises(SystemExit, match="1"):
        run(tmp_path / "out", content=album)
    assert f"error: 1 of 2 pictures was not painted: {album / 'a.png'}: not finite\n" in capsys.readouterr().err
    assert names(tmp_path / "out") == ["b--style.png"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--recipe", "fare"), "did you mean fair?"),
        (("--set", "iteration=3"), "did you mean iterations?"),
        (("--set", "pooling=mean"), "pooling: expected one of max, average, average_rescaled, found 'mean'"),
        (("--set", "jitter_px=3"), "set optimiser to adam"),
        (("--size", "31"), "--size: expected a whole number from 32 to 1000000000, found '31'"),
        (("--blend-weights", "1", "2"), "2 values for 1 paintings; give one for each"),
        (("--mask", "absent.png"), "absent.png"),
        (
            ("--painter", "absent.pt"),
            "'absent.pt' is no painter (standard, adversarial, imagenet, both) and no file; name one",
        ),
        (("--painter", "adversaril"), "and no file; did you mean adversarial?"),
        (("--painter", "x" * 300), "and no file; name one of these, or the file of a checkpoint"),
        (("--device", "gpu"), "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?"),
        (("--device", "mps"), "finds no GPU of Apple here; use auto or cpu"),
        (("--set", "style_layers=[relu1_1"), "the value is not YAML; write a list as [a, b]"),
        (("--set", "iterations"), "the value is missing; write iterations=VALUE"),
        (("--set", "=3"), "the key is missing; write KEY=VALUE"),
        (("--set", "style_weight=1e30"), "setting style_weight: expected at most 1e+12, found 1e+30"),
        (("--set", "iterations=1e-1"), "setting iterations: expected a whole number, found '1e-1'"),
        (("--set", "based_on=fair"), "setting 'based_on': no such key; known here"),
        (("--set", "iterations=3", "--iterations", "2"), "--iterations and --set iterations: both set the same key"),
        (("--style-weights", "1"), "--style-weights: is called --blend-weights now"),
        (("--style-blend-weights", "1"), "--style-blend-weights: is called --blend-weights now"),
        (("--content", "a.png"), "--content: is no longer an option; write robust-style paint PHOTO PAINTING"),
        (("--style", "a.png"), "--style: is no longer an option; write robust-style paint PHOTO PAINTING"),
        (("--checkpoint", "a.pt"), "--checkpoint: is called --painter now"),
        (("--precision", "float32"), "write --set precision=float32"),
        (("--style-wei", "1"), "unknown option '--style-wei'; did you mean --style-weight?"),
        (("--style-weight", "inf"), "expected a finite number, found 'inf'"),
        (("--blend-weights", "0"), "expected a number above 0, up to 1e+12, found '0'"),
        (("--threads", "0"), "expected a whole number from 1 to 256, found '0'"),
        (("--iterations", "1.5"), "expected a whole number from 1 to 100000, found '1.5'"),
        (("--mask", "a", "--mask", "b"), "--mask is given twice; write all its values after one --mask"),
        (("--mask", "https://example.org/a.png"), "'https://example.org/a.png' is a URL; download the file"),
        (("--mask", " "), "argument --mask: the path is empty"),
        (("--every", "--mask", "none"), "--mask is for several paintings in one picture"),
        (("--every", "--blend-weights", "2"), "--blend-weights is for several paintings in one picture"),
        (("--keep-colours", "--set", "colour_preservation=none"), "--keep-colours and --set colour_preservation: both"),
        (("--strokes", "9"), "argument --strokes: expected a number above 0, up to 8, found '9'"),
        (("--init", "photo"), "argument --init: invalid choice: 'photo'"),
        (("--size", "9" * 5000), "expected a whole number from 32 to 1000000000, found '999"),
        (("--quality", "0"), "expected a whole number from 1 to 100, found '0'"),
        (("--format", "png"), "--format is for pictures in a folder"),
    ],
)
def test_a_mistake_is_one_sentence(refusal, tmp_path, more, message):
    error = refusal(tmp_path / "out.jpg", *more)
    assert message in error
    assert len(error.splitlines()[-1]) < 600
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize(
    ("photo", "message"),
    [
        ("https://example.org/a.png", "argument PHOTO: 'https://example.org/a.png' is a URL; download the file"),
        ("-", "argument PHOTO: standard input is not supported"),
        ("", "argument PHOTO: the path is empty"),
    ],
)
def test_a_photo_is_a_file(refusal, tmp_path, photo, message):
    assert message in refusal(tmp_path / "out.png", content=photo)


def test_by_default_the_picture_lies_beside_the_photo_and_is_painted_once(run, refusal, photo, tmp_path, capsys):
    (tmp_path / "album").mkdir()
    photo = shutil.copy(photo, tmp_path / "album" / "holiday.png")
    run(None, content=photo)
    picture = tmp_path / "album" / "holiday--style.png"
    assert names(picture.parent) == ["holiday--style.png", "holiday.png"]
    before = picture.stat()
    run(None, content=photo)
    assert f"note: {photo}: skipped, {picture} is finished" in capsys.readouterr().err
    assert picture.stat().st_mtime_ns == before.st_mtime_ns
    assert "holiday--style.png exists already. Add --force" in refusal(None, "--style-weight", "1", content=photo)


def test_a_failure_to_write_names_the_folder(run, photo, capsys, monkeypatch):
    def full(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(command, "write_painting", full)
    with pytest.raises(SystemExit, match="1"):
        run(None)
    error = f"error: {photo.parent}: cannot write there (Permission denied). Choose another place."
    assert capsys.readouterr().err.splitlines()[-1] == error


def test_every_photo_with_every_painting_of_a_folder(run, refusal, files, album, tmp_path):
    paintings = tmp_path / "paintings"
    paintings.mkdir()
    for name in ("one.png", "two.png"):
        shutil.copy(files["images"][1], paintings / name)
    assert "is a folder; add --every to paint with each painting in it" in refusal(tmp_path / "out", style=paintings)
    run(tmp_path / "out", "--every", content=album, style=[paintings, files["images"][1]])
    assert names(tmp_path / "out") == [
        f"{photo}--{painting}.png" for photo in "ab" for painting in ("one", "style", "two")
    ]


def test_paintings_in_the_folder_of_photos_are_no_photos(run, files, album):
    shutil.copy(files["images"][1], album / "style.png")
    run(None, content=album, style=album / "style.png")
    assert names(album) == ["a--style.png", "a.png", "b--style.png", "b.png", "style.png"]


def test_a_size_is_rounded_and_said_once(run, album, tmp_path, capsys):
    run(tmp_path / "out", "--size", "45", content=album)
    assert capsys.readouterr().err.count("size 45: painted at 48 px, the nearest multiple of 16 px") == 1
    with Image.open(tmp_path / "out" / "a--style.png") as picture:
        assert min(picture.size) == 48


def test_both_painters_and_the_two_side_by_side(run, tmp_path, capsys):
    both = ("--painter", "both", "--iterations", "1")
    arguments = ["paint", str(tmp_path / "content.png"), str(tmp_path / "style.png"), *QUICK, *LAYERS, *both]
    main(arguments)
    left, right, sheet = (
        np.asarray(Image.open(tmp_path / f"content--style.{name}.png")) for name in ("standard", "adversarial", "both")
    )
    assert (left != right).any()
    assert (sheet[:, :48] == left).all()
    assert (sheet[:, -48:] == right).all()
    assert "content--style.both.png: standard and adversarial, side by side" in capsys.readouterr().out
    (tmp_path / "content--style.standard.png").unlink()
    main(arguments)
    said = capsys.readouterr()
    assert "standard.png: 48 x 32 px" in said.out
    assert "adversarial.png is finished" in said.err
    assert "both.png is finished" in said.err


def test_the_options_of_the_recipe_are_its_keys(run, tmp_path):
    options = ("--style-weight", "30", "--content-weight", "2", "--strokes", "1.5", "--keep-colours", "--init", "noise")
    run(tmp_path / "out.png", *options)
    settings = read_record(tmp_path / "out.png")["settings"]["recipe_settings"]
    keys = ("style_weight", "content_weight", "style_scale", "colour_preservation", "initialisation")
    assert [settings[key] for key in keys] == [30, 2, 1.5, "luminance", "noise"]


ODD = {
    "empty": (b"", "found an empty file"),
    "web page": (b"<!DOCTYPE html><html><body>404</body></html>", "found a web page"),
    "drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing (export it as PNG)"),
    "text": (b"not a picture at all\n", "found something else, beginning with b'not a pi'"),
    "truncated": (encoded(Image.fromarray(PIXELS), "PNG")[:900], "expected a whole picture"),
    "65 megapixels": (png(8_100, 8_100, zlib.compress(b"")), "found 8100x8100 px"),
    "31 px wide": (encoded(Image.new("RGB", (31, 64)), "PNG"), "found 31x64 px"),
    "a long strip": (encoded(Image.new("RGB", (257, 32)), "PNG"), "no further apart than 8:1"),
    "broken profile": (encoded(Image.fromarray(PIXELS), "PNG", icc_profile=b"none"), "usable colour profile"),
    "floats": (encoded(Image.fromarray(np.full((40, 40), 7, np.float32)), "TIFF"), "floating-point values from 0 to 1"),
    "one colour": (encoded(Image.new("RGB", (50, 40), "red"), "PNG"), None),
    "16 bits": (encoded(grey(16), "PNG"), None),
    "grey": (encoded(grey(), "JPEG"), None),
    "1 bit": (encoded(grey().convert("1"), "PNG"), None),
    "palette": (encoded(Image.fromarray(PIXELS).quantize(16), "GIF"), None),
    "CMYK": (encoded(Image.fromarray(PIXELS).convert("CMYK"), "JPEG"), None),
    "on its side": (turned(6), None),
    "transparent": (encoded(Image.fromarray(np.dstack([PIXELS, PIXELS[:, :, :1]])), "PNG"), None),
    "sRGB profile": (encoded(Image.fromarray(PIXELS), "JPEG", icc_profile=srgb_profile()), None),
    "TIFF of floats": (encoded(Image.fromarray(PIXELS[:, :, 0].astype(np.float32) / 255), "TIFF"), None),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_photo_is_painted_or_one_sentence(run, tmp_path, capsys, kind):
    content, message = ODD[kind]
    photo = written(tmp_path / "odd" / "photo", content)
    options = ("--size", "48", "--iterations", "1")
    if message is None:
        run(None, *options, content=photo)
        with Image.open(tmp_path / "odd" / "photo--style.png") as picture:
            assert (picture.mode, picture.size) == ("RGB", (48, 64) if kind == "on its side" else (64, 48))
        return
    with pytest.raises(SystemExit, match="1"):
        run(None, *options, content=photo)
    (error,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("note: ", "warning: "))]
    assert error.startswith("error: ")
    assert message in error
    assert names(tmp_path / "odd") == ["photo"]


def test_transparency_needs_a_format_that_stores_it(refusal, tmp_path):
    assert "out.jpg cannot store transparency" in refusal(tmp_path / "out.jpg", "--keep-alpha")


def test_numbers_in_scientific_notation(run, tmp_path):
    run(tmp_path / "out.png", "--set", "style_weight=1e3", "--set", "content_weight=1e-3", "--set", "iterations=2e0")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--set", "noise_share=0.3"), "warning: noise_share has no effect: it needs initialisation blend"),
        (("--seed", "3"), "warning: --seed has no effect"),
        (("--style-weight", "0"), "warning: style_weight is 0: the picture stays the content"),
        (
            ("--set", "iterations=2", "--set", "iterations=3"),
            "warning: --set iterations is given 2 times; the last value is used",
        ),
        (("--set", "snapshots=[0]"), "warning: snapshots has no effect"),
        (("--blend-weights", "2"), "warning: --blend-weights has no effect with one painting"),
        (("--quality", "80"), "--quality has no effect"),
        ((), ""),
    ],
)
def test_a_setting_without_effect_is_a_warning(run, tmp_path, capsys, more, message):
    run(tmp_path / "out.png", *more)
    lines = [line for line in capsys.readouterr().err.splitlines() if "no effect" in line or line.startswith("warning")]
    assert any(message in line for line in lines) if message else lines == []
