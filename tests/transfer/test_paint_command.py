"""`robust-style paint`: destinations, folders of photos, and options; refused before anything is painted."""

import shutil

import pytest
from PIL import Image

from robust_style.commands.main import main
from robust_style.transfer import paint_photo
from robust_style.transfer.picture_file import read_record

QUICK = ("--size", "32", "--threads", "1", "--precision", "float32", "--set", "iterations=3")
LAYERS = ("--set", "style_layers=[relu1_1]", "--set", "content_layers=[relu2_1]")


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


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--recipe", "fare"), "did you mean fair?"),
        (("--set", "iteration=3"), "did you mean iterations?"),
        (("--set", "pooling=mean"), "pooling: expected one of max, average, average_rescaled, found 'mean'"),
        (("--set", "jitter_px=3"), "set optimiser to adam"),
        (("--size", "40"), "--size: expected a multiple of 16"),
        (("--style-blend-weights", "1", "2"), "2 values for 1 styles; give one for each"),
        (("--mask", "absent.png"), "absent.png"),
        (("--checkpoint", "absent.pt"), "absent.pt"),
        (("--device", "gpu"), "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?"),
        (("--device", "mps"), "mps is not supported yet"),
        (("--set", "style_layers=[relu1_1"), "the value is not YAML; write a list as [a, b]"),
        (("--set", "iterations"), "the value is missing; write iterations=VALUE"),
        (("--set", "=3"), "the key is missing; write KEY=VALUE"),
        (("--set", "style_weight=1e30"), "--set style_weight: expected at most 1e+12, found 1e+30"),
        (("--set", "iterations=1e-1"), "--set iterations: expected a whole number, found '1e-1'"),
        (("--set", "based_on=fair"), "--set 'based_on=fair': no such key; known here"),
        (("--recipe", "fair", "--iterations", "2"), "--iterations and --set iterations: both set the same key"),
        (("--style-weights", "1"), "--style-weights: is called --style-blend-weights"),
        (("--style-wei", "1"), "unknown option '--style-wei'; did you mean --style-weight?"),
        (("--style-weight", "inf"), "expected a finite number, found 'inf'"),
        (("--style-blend-weights", "0"), "expected a number above 0, up to 1e+12, found '0'"),
        (("--threads", "0"), "expected a whole number from 1 to 256, found '0'"),
        (("--iterations", "1.5"), "expected a whole number from 1 to 100000, found '1.5'"),
        (("--style", "a.png"), "--style is given twice; write all its values after one --style"),
        (("--content", "https://example.org/a.png"), "'https://example.org/a.png' is a URL; download the file"),
        (("--checkpoint", " "), "argument --checkpoint: the path is empty"),
        (("--content", "-"), "argument --content: standard input is not supported"),
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
        (("--set", "iterations=2"), "warning: --set iterations is given 2 times; the last value is used"),
        (("--set", "snapshots=[0]"), "warning: snapshots has no effect"),
        (("--style-blend-weights", "2"), "warning: --style-blend-weights has no effect with one style"),
        (("--quality", "80"), "--quality has no effect"),
        ((), ""),
    ],
)
def test_a_setting_without_effect_is_a_warning(run, tmp_path, capsys, more, message):
    run(tmp_path / "out.png", *more)
    lines = [line for line in capsys.readouterr().err.splitlines() if "no effect" in line or line.startswith("warning")]
    assert any(message in line for line in lines) if message else lines == []
