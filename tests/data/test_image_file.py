import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from crafted_images import encoded, frames, png, stands_upright, written
from robust_style.data.image_file import ImageContent, read_image, read_mask
from robust_style.errors import ImageError

ROW = "config/images.tsv line 2 (cat)"
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def saved(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)
    return path


def pixels_of(path: Path, row: str | None) -> np.ndarray:
    return read_image(path, row).pixels


def refusal(path: Path) -> str:
    with pytest.raises(ImageError) as error:
        read_image(path, ROW)
    message = str(error.value)
    assert ROW in message
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".ppm"])
def test_lossless_pixels_come_back(tmp_path, suffix):
    path = saved(Image.fromarray(PIXELS), tmp_path / f"p{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    assert (pixels_of(path, ROW) == PIXELS).all()


def test_the_content_decides_not_the_suffix(tmp_path):
    path = saved(Image.fromarray(PIXELS), tmp_path / "lie.jpg", format="PNG")
    assert (pixels_of(path, ROW) == PIXELS).all()


def test_grey_palette_and_bilevel(tmp_path):
    grey = Image.fromarray(PIXELS[:, :, 0])
    assert (pixels_of(saved(grey, tmp_path / "l.png"), ROW) == PIXELS[:, :, :1]).all()
    bilevel = Image.fromarray(PIXELS[:, :, 0] > 127)
    assert bilevel.mode == "1"
    expected = np.where(PIXELS[:, :, :1] > 127, 255, 0)
    assert (pixels_of(saved(bilevel, tmp_path / "1.png"), ROW) == expected).all()
    palette = grey.convert("P")
    palette.putpalette([value for level in range(256) for value in (level, 255 - level, 7)])
    found = pixels_of(saved(palette, tmp_path / "p.png"), ROW)
    level = PIXELS[:, :, 0]
    assert (found == np.stack([level, 255 - level, np.full_like(level, 7)], axis=2)).all()


def test_transparency_is_laid_on_white(tmp_path):
    alpha = np.zeros((40, 50, 1), np.uint8)
    alpha[:, 10:20] = 255
    alpha[:, 20:] = 128
    found = pixels_of(saved(Image.fromarray(np.concatenate([PIXELS, alpha], 2)), tmp_path / "a.png"), ROW)
    assert (found[:, :10] == 255).all()
    assert (found[:, 10:20] == PIXELS[:, 10:20]).all()
    half = 255 + (PIXELS[:, 20:].astype(float) - 255) * 128 / 255
    assert np.abs(found[:, 20:] - half).max() <= 1
    grey = Image.fromarray(np.concatenate([PIXELS[:, :, :1], alpha], 2))
    assert grey.mode == "LA"
    found = pixels_of(saved(grey, tmp_path / "la.png"), ROW)
    assert (found[:, :10] == 255).all()
    assert (found[:, 10:20] == PIXELS[:, 10:20, :1]).all()
    # One colour of a palette or of RGB named as transparent.
    keyed = Image.fromarray(np.full((40, 40, 3), (9, 8, 7), np.uint8))
    assert (pixels_of(saved(keyed, tmp_path / "key.png", transparency=(9, 8, 7)), ROW) == 255).all()
    palette = keyed.convert("P", palette=Image.Palette.ADAPTIVE)
    path = saved(palette, tmp_path / "key.gif", transparency=palette.getpixel((0, 0)))
    assert (pixels_of(path, ROW) == 255).all()


def test_cmyk_without_a_profile_is_the_plain_complement(tmp_path):
    cmyk = Image.new("CMYK", (40, 40), (255, 0, 0, 0))
    found = pixels_of(saved(cmyk, tmp_path / "c.tif"), ROW)
    assert (found == (0, 255, 255)).all()
    found = pixels_of(saved(cmyk, tmp_path / "c.jpg", quality=95), ROW)
    assert np.abs(found.astype(int) - (0, 255, 255)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels_of(saved(Image.fromarray(PIXELS), tmp_path / "e.png", exif=exif), ROW)
    upright = stands_upright(PIXELS, orientation)
    assert found.shape == upright.shape
    assert (found == upright).all()


def test_a_colour_profile_is_honoured(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = pixels_of(saved(Image.fromarray(PIXELS), tmp_path / "s.png", icc_profile=srgb), ROW)
    assert np.abs(found.astype(int) - PIXELS).max() <= 1
    # sRGB with the red and green primaries exchanged: red ink shows as green.
    swapped = bytearray(srgb)
    # ICC.1, 7.3: after the header of 128 bytes the number of tags, then 12 bytes each, beginning with the name.
    (count,) = struct.unpack(">I", srgb[128:132])
    tags = {srgb[at : at + 4]: at for at in range(132, 132 + 12 * count, 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    exchanged = bytes(swapped)
    pure = Image.new("RGB", (40, 40), (255, 0, 0))
    found = pixels_of(saved(pure, tmp_path / "x.png", icc_profile=exchanged), ROW)
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2
    # With transparency, and as a palette, the colours are converted all the same.
    half = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    found = pixels_of(saved(half, tmp_path / "a.png", icc_profile=exchanged), ROW)
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2
    palette = pure.convert("P", palette=Image.Palette.ADAPTIVE)
    found = pixels_of(saved(palette, tmp_path / "p.png", icc_profile=exchanged), ROW)
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2


def test_a_cameras_second_picture_is_passed_over(tmp_path):
    first, second = Image.fromarray(PIXELS), Image.new("RGB", (50, 40))
    path = tmp_path / "m.jpg"
    first.save(path, format="MPO", save_all=True, append_images=[second], quality=95)
    assert pixels_of(path, ROW).mean() > 60


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("GIF", "animated, 2 frames: the first one is used"),
        ("PNG", "animated, 2 frames: the first one is used"),
        ("WEBP", "animated, 2 frames: the first one is used"),
        ("AVIF", "animated, 2 frames: the first one is used"),
        ("TIFF", "2 pages: the first one is used"),
    ],
)
def test_the_first_frame_or_page_is_used_and_said(tmp_path, kind, note):
    path = written(tmp_path / "a.png", frames(kind=kind))
    content = read_image(path)
    assert np.abs(content.pixels.astype(int) - (255, 0, 0)).max() <= 2
    assert content.notes == (f"{path}: {note}",)


RAMP = np.linspace(0, 65535, 2000).round().astype(np.uint16).reshape(40, 50)
COLOUR = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], 2)


def colour_tiff(samples: np.ndarray, form: int) -> bytes:
    """A TIFF of uncompressed RGB; `form` 1 is unsigned integers, 3 floating-point values. Source: TIFF 6.0."""
    height, width, _ = samples.shape
    data = samples.astype(samples.dtype.newbyteorder("<")).tobytes()
    bits = 8 * samples.dtype.itemsize
    tags = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, 134), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 146),
        (277, 3, 1, 3), (278, 3, 1, height), (279, 4, 1, len(data)), (339, 3, 3, 140),
    ]  # fmt: skip
    ifd = struct.pack("<H", 10) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8) + ifd + struct.pack("<6H", *[bits] * 3, *[form] * 3) + data


def colour_png() -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in COLOUR)
    return png(50, 40, zlib.compress(rows), depth=16)


def inverted_tiff() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(65535 - RAMP).save(stream, format="TIFF", tiffinfo={262: 0})
    return stream.getvalue()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda: encoded(Image.fromarray(RAMP), "PNG"), RAMP, id="grey png"),
        pytest.param(lambda: encoded(Image.fromarray(RAMP), "TIFF"), RAMP, id="grey tiff"),
        pytest.param(lambda: encoded(Image.fromarray(RAMP), "TIFF", compression="tiff_lzw"), RAMP, id="lzw"),
        pytest.param(inverted_tiff, RAMP, id="white is zero"),
        pytest.param(lambda: encoded(Image.fromarray(RAMP), "JPEG2000"), RAMP, id="grey jp2"),
        pytest.param(lambda: encoded(Image.fromarray(RAMP), "PPM"), RAMP, id="grey pgm"),
        pytest.param(colour_png, COLOUR, id="colour png"),
        pytest.param(lambda: colour_tiff(COLOUR, 1), COLOUR, id="colour tiff"),
    ],
)
def test_16_bits_are_rescaled_to_8_and_said(tmp_path, make, expected):
    path = written(tmp_path / "deep", make())
    content = read_image(path)
    levels = expected if expected.ndim == 3 else expected[..., None].repeat(3, 2)
    assert np.abs(content.pixels - levels / 257).max() <= 1
    assert content.notes == (f"{path}: 16 bits per channel: rescaled to 8",)


def test_16_bits_with_a_transparent_level_and_on_their_side(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "g.png"
    Image.fromarray(RAMP).save(path, transparency=int(RAMP[3, 4]), exif=exif)
    content = read_image(path, keep_alpha=True)
    assert content.pixels.shape == (50, 40, 3)
    assert (np.argwhere(content.alpha == 0) == [(4, 36)]).all()
    assert (content.pixels[4, 36] == 255).all()


def test_floating_point_values_from_0_to_1_are_rescaled(tmp_path):
    path = tmp_path / "f.tif"
    Image.fromarray((RAMP / 65535).astype(np.float32)).save(path)
    content = read_image(path)
    assert np.abs(content.pixels - (RAMP / 257)[..., None]).max() <= 0.51
    assert content.notes == (f"{path}: floating-point values: 0 to 1 rescaled to 8 bits",)


@pytest.mark.parametrize("value", [-0.01, 1.01, 255.0, np.inf, np.nan])
def test_other_floating_point_values_are_refused(tmp_path, value):
    values = np.zeros((40, 50), np.float32)
    values[7, 7] = value
    Image.fromarray(values).save(tmp_path / "f.tif")
    assert "floating-point values from 0 to 1" in refusal(tmp_path / "f.tif")


@pytest.mark.parametrize(
    ("suffix", "options"),
    [(".avif", {"quality": 100, "subsampling": "4:4:4"}), (".jp2", {}), (".j2k", {}), (".tga", {}),
     (".tga", {"compression": "tga_rle"})],
)  # fmt: skip
def test_further_formats(tmp_path, suffix, options):
    smooth = Image.fromarray((COLOUR >> 8).astype(np.uint8))
    content = read_image(saved(smooth, tmp_path / f"a{suffix}", **options))
    assert np.abs(content.pixels.astype(int) - np.asarray(smooth)).max() <= (3 if suffix == ".avif" else 0)
    assert content.notes == ()


def test_a_tga_without_a_signature_is_known_by_its_name_only(tmp_path):
    old = encoded(Image.fromarray(PIXELS), "TGA")[:-26]
    assert (read_image(written(tmp_path / "a.TGA", old)).pixels == PIXELS).all()
    assert "something else" in refusal(written(tmp_path / "a.png", old))
    # of version 2 the end tells
    assert (read_image(written(tmp_path / "b", encoded(Image.fromarray(PIXELS), "TGA"))).pixels == PIXELS).all()


def test_heic_needs_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    heic = b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf" + bytes(100)
    assert "pip install pillow-heif" in refusal(written(tmp_path / "a.heic", heic))


def test_heic_with_its_package(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    smooth = (COLOUR >> 8).astype(np.uint8)
    heif.from_bytes(mode="RGB", size=(50, 40), data=smooth.tobytes()).save(stream, quality=90)
    content = read_image(written(tmp_path / "a.heic", stream.getvalue()))
    assert np.abs(content.pixels.astype(int) - smooth).mean() < 8
    assert content.notes == ()
    refusal(written(tmp_path / "b.heic", stream.getvalue()[:-100]))


def test_transparency_is_said_and_given_when_asked_for(tmp_path):
    alpha = np.full((40, 50, 1), 255, np.uint8)
    opaque = saved(Image.fromarray(np.concatenate([PIXELS, alpha], 2)), tmp_path / "o.png")
    assert read_image(opaque, keep_alpha=True).alpha is None
    assert read_image(opaque).notes == ()
    alpha[:, :20] = 100
    path = saved(Image.fromarray(np.concatenate([PIXELS, alpha], 2)), tmp_path / "a.png")
    assert read_image(path).alpha is None
    assert read_image(path).notes == (f"{path}: transparent: composed on white",)
    kept = read_image(path, keep_alpha=True)
    assert (kept.alpha == alpha[:, :, 0]).all()
    assert kept.notes == ()
    assert (kept.pixels == read_image(path).pixels).all()


def drawn(colours: np.ndarray, alpha: np.ndarray, path: Path) -> Path:
    return saved(Image.fromarray(np.concatenate([colours, alpha[..., None]], 2).astype(np.uint8)), path)


BRUSH = np.zeros((40, 50))
BRUSH[10:20, 10:30] = 255
BRUSH[20:22, 10:30] = 90  # a soft edge


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 90)])
@pytest.mark.parametrize("outside", [0, 255])
def test_a_mask_drawn_in_transparency(tmp_path, ink, outside):
    colours = np.where(BRUSH[..., None] > 0, ink, outside)
    path = drawn(colours, BRUSH, tmp_path / "m.png")
    mask = read_mask(path)
    assert (mask.pixels == BRUSH[..., None]).all()
    assert mask.notes == (f"{path}: the mask is its transparency: the style is for where it is opaque",)


def test_a_mask_drawn_in_colours(tmp_path):
    path = saved(Image.fromarray(BRUSH.astype(np.uint8)), tmp_path / "m.png")
    mask: ImageContent = read_mask(path)
    assert (mask.pixels == BRUSH[..., None]).all()
    assert mask.notes == ()


def test_a_mask_of_varying_colours_and_transparency_is_refused(tmp_path):
    path = drawn(PIXELS, BRUSH, tmp_path / "m.png")
    with pytest.raises(ImageError, match=r"m\.png: expected .*both its colours and its transparency vary"):
        read_mask(path)


def test_masks_of_one_brightness(tmp_path):
    for name, path in (
        ("black", saved(Image.new("L", (40, 40), 3), tmp_path / "black.png")),
        ("clear", drawn(PIXELS, np.zeros((40, 50)), tmp_path / "clear.png")),
    ):
        with pytest.raises(ImageError, match=rf"{name}\.png: expected a mask with some white, found black everywhere"):
            read_mask(path)
    path = saved(Image.new("L", (40, 40), 255), tmp_path / "white.png")
    assert read_mask(path).notes == (
        f"{path}: this mask has one brightness everywhere: the style is for the whole picture",
    )


@pytest.mark.parametrize("side", [8001, 12_000, 20_000, 2**31 - 1])
def test_a_bomb_is_refused_unopened(tmp_path, side):
    # 64 to 89 megapixels Pillow opens, up to 178 it warns, above it refuses by itself.
    (tmp_path / "b.png").write_bytes(png(side, side, zlib.compress(b"")))
    assert "at most 64 megapixels" in refusal(tmp_path / "b.png")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "AVIF", "JPEG2000", "TGA"]), st.data())
def test_any_damage_gives_a_picture_or_an_image_error(tmp_path_factory, kind, data):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, format=kind)
    content = bytearray(stream.getvalue())
    # Mostly where the headers are.
    for at in data.draw(st.lists(st.integers(0, min(len(content) - 1, 600)), min_size=1, max_size=5)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind.lower()}"
    path.write_bytes(content)
    try:
        found = pixels_of(path, ROW)
    except ImageError:
        return
    assert found.dtype == np.uint8
