"""What `robust-style paint` writes, keeps and leaves alone: destinations, formats, folders of photos, interruptions."""

import json
import os
import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from robust_style import __version__
from robust_style.commands.main import main
from robust_style.transfer import paint_photo
from robust_style.transfer.picture_file import read_record

QUICK = ("--size", "32", "--threads", "1", "--precision", "float32", "--set", "iterations=3")
LAYERS = ("--set", "style_layers=[relu1_1]", "--set", "content_layers=[relu2_1]")


@pytest.fixture(autouse=True)
def _hears_signals():
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

    def paint(output, *more, content=photo, style=files["images"][1]):
        main(
            [
                "paint", "--content", str(content), "--style", str(style), "--checkpoint", str(files["checkpoint"]),
                "--output", str(output), *QUICK, *LAYERS, *more,
            ]
        )  # fmt: skip

    return paint


@pytest.fixture
def refusal(run, capsys, monkeypatch):
    """The error of a run that paints nothing."""

    def refused(*arguments, **keywords):
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as stopped:
            patch.setattr(paint_photo, "paint", lambda *_, **__: pytest.fail("painted before the refusal"))
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


@pytest.mark.parametrize("force", [(), ("--force",)])
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
def test_an_output_that_cannot_be_is_refused_before_painting(refusal, tmp_path, output, message, force):
    before = contents(tmp_path)
    assert message in refusal(output if output in ("", "-") else tmp_path / output, *force)
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


def test_the_settings_are_in_the_picture_but_no_path_and_nothing_of_the_photo(run, tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    Image.open(photo).save(tmp_path / "my photo.jpg", exif=exif)
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
    assert settings["checkpoint"]["file"] == "epoch_003.pt"
    assert record["result"] == {"iterations": 3, "stopped": "iterations"}
    assert str(tmp_path) not in json.dumps(record)


@pytest.mark.parametrize(
    ("output", "more", "message"),
    [
        ("out.jpg", ("--quality", "0"), "expected a whole number from 1 to 100, found '0'"),
        ("out.jpg", ("--format", "png"), "--format is for pictures in a folder"),
    ],
)
def test_options_of_the_format_are_checked(refusal, tmp_path, output, more, message):
    assert message in refusal(tmp_path / output, *more)


def test_quality_of_a_lossless_format_is_noted(run, tmp_path, capsys):
    run(tmp_path / "out.png", "--quality", "80")
    assert "--quality has no effect" in capsys.readouterr().err


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
    [("out.png", "is a file, but --content is a folder"), ("style.png/new", "style.png is a file")],
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
    paint, photos = paint_photo.paint, iter(("a", "b"))

    def diverge_once(network, settings, orders, **more):
        if next(photos) == "a":
            raise paint_photo.Divergence("not finite")
        return paint(network, settings, orders, **more)

    monkeypatch.setattr(paint_photo, "paint", diverge_once)
    with pytest.raises(SystemExit, match="1"):
        run(tmp_path / "out", content=album)
    assert f"error: 1 of 2 photos was not painted: {album / 'a.png'}: not finite\n" in capsys.readouterr().err
    assert names(tmp_path / "out") == ["b--style.png"]


def signal_at(monkeypatch, iteration, number=signal.SIGINT):
    """A signal reaches the process when the given iteration is reported."""

    def report(self, done, loss):
        reported.append(loss)
        if done == iteration:
            os.kill(os.getpid(), number)

    reported = []
    monkeypatch.setattr(paint_photo._Progress, "__call__", report)
    return reported


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_keeps_the_best_picture(run, tmp_path, photo, capsys, monkeypatch, number, status):
    signal_at(monkeypatch, 2, number)
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path / "out.png", "--set", "iterations=50", "--gif")
    assert stopped.value.code == status
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    said = capsys.readouterr().err
    assert said.splitlines(keepends=True)[-1] == (
        f"interrupted ({number.name}); {tmp_path / 'out.png'}: the best picture so far, after 2 of 50 iterations\n"
    )
    assert read_record(tmp_path / "out.png")["result"] == {"iterations": 2, "stopped": "interrupted"}
    with Image.open(tmp_path / "out.gif") as film:
        assert film.n_frames == 3


@pytest.mark.parametrize(
    "more",
    [
        ("--recipe", "original", "--set", "style_weight=1000000000"),
        ("--recipe", "tv_adam", "--set", "learning_rate=0.5"),
        ("--recipe", "fair"),
    ],
)
def test_what_is_kept_is_the_picture_of_the_smallest_loss(run, tmp_path, monkeypatch, more):
    """The same optimisation, ended by its budget at the iteration of the smallest loss, gives the same picture."""
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


def test_the_same_command_paints_an_interrupted_picture_again(run, album, tmp_path, monkeypatch):
    signal_at(monkeypatch, 2)
    with pytest.raises(SystemExit, match="130"):
        run(tmp_path / "out", content=album)
    assert names(tmp_path / "out") == ["a--style.png"]
    monkeypatch.undo()
    run(tmp_path / "out", content=album)
    assert names(tmp_path / "out") == ["a--style.png", "b--style.png"]
    for name in names(tmp_path / "out"):
        assert read_record(tmp_path / "out" / name)["result"]["stopped"] == "iterations"
