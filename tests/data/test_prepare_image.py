from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fault_server import Offer, fault_server
from robust_style.data import prepare_image as room
from robust_style.data.catalogue import COLUMNS
from robust_style.data.download import Source
from robust_style.data.paintings import paint
from robust_style.data.photographs import photograph
from robust_style.data.prepare_image import prepare_image
from robust_style.errors import ConfigError, DownloadError, ImageError

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def prepared(tmp_path: Path, source: str, sha: str = "", name: str = "a") -> np.ndarray:
    row = {"name": name, "role": "both", "source": source, "sha256": sha}
    table = tmp_path / "c.tsv"
    table.write_text("\t".join(COLUMNS) + "\n" + "\t".join(row.get(column, "") for column in COLUMNS) + "\n")
    image = tmp_path / "out" / "a.png"
    prepare_image(name="a", catalogue=[table], downloads=tmp_path / "downloads", image=image, is_mask=False)
    with Image.open(image) as picture:
        assert (picture.format, picture.mode, picture.info) == ("PNG", "RGB", {})
        return np.array(picture)


def test_a_photograph_and_a_painting(tmp_path):
    assert (prepared(tmp_path, "photograph:rocket") == photograph("rocket")).all()
    assert (prepared(tmp_path, "generator:voronoi_mosaic?seed=3&size_px=48") == paint("voronoi_mosaic", 3, 48)).all()


def test_a_local_picture_with_and_without_a_hash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "späce ☃ $(x) 'q'"
    folder.mkdir()
    Image.fromarray(PIXELS).save(folder / "-in.png")
    sha = sha256((folder / "-in.png").read_bytes()).hexdigest()
    for given in ("", sha):
        assert (prepared(tmp_path, f"{folder.name}/-in.png", given) == PIXELS).all()


def test_a_local_picture_that_changed_is_refused(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "in.png")
    sha = sha256((tmp_path / "in.png").read_bytes()).hexdigest()
    (tmp_path / "in.png").write_bytes((tmp_path / "in.png").read_bytes() + b"x")
    with pytest.raises(ImageError, match=rf"line 2 \(a\): expected .*in.png with sha256 {sha}, found"):
        prepared(tmp_path, str(tmp_path / "in.png"), sha)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_had_is_named(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        prepared(tmp_path, "none.png")
    with pytest.raises(ImageError, match="photograph:moon"):
        prepared(tmp_path, "photograph:moon")
    with pytest.raises(ImageError, match="generator:finger"):
        prepared(tmp_path, "generator:finger")
    with pytest.raises(ConfigError, match="Did you mean aa"):
        prepared(tmp_path, "photograph:rocket", name="aa")
    assert not (tmp_path / "out").exists()


def test_a_download_is_kept_and_used_again(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Image.fromarray(PIXELS).save(tmp_path / "in.png")
    body = (tmp_path / "in.png").read_bytes()
    sha = sha256(body).hexdigest()
    with fault_server() as server:
        url = server.offer("/in.png", Offer([body]))
        # The catalogue takes https only; the server on this machine speaks http.
        monkeypatch.setattr(room, "Source", lambda _, hashed: Source(url, hashed))
        assert (prepared(tmp_path, "https://example.org/in.png", sha) == PIXELS).all()
        first = (tmp_path / "out" / "a.png").read_bytes()
        assert (prepared(tmp_path, "https://example.org/in.png", sha) == PIXELS).all()
        assert (tmp_path / "out" / "a.png").read_bytes() == first
        assert len(server.offers["/in.png"].asked) == 1
        assert [path.name for path in (tmp_path / "downloads").iterdir()] == [f"a-{sha[:12]}"]
        with pytest.raises(DownloadError, match=rf"put it at .*downloads/a-{'0' * 12} \(sha256 {'0' * 64}\)"):
            prepared(tmp_path, "https://example.org/in.png", "0" * 64)


def test_a_file_put_there_by_hand_is_taken_without_a_network(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "in.png")
    body = (tmp_path / "in.png").read_bytes()
    sha = sha256(body).hexdigest()
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / f"a-{sha[:12]}").write_bytes(body)
    assert (prepared(tmp_path, "https://example.invalid/in.png", sha) == PIXELS).all()


@pytest.mark.shared_data
def test_every_picture_of_the_published_catalogue_can_be_used(tmp_path):
    root = Path(__file__).resolve().parents[2]
    kept = root.parent / "shared" / "data" / "images"
    if not kept.is_dir():
        pytest.skip("the kept copies are not beside the repository")
    by_hash = {sha256(path.read_bytes()).hexdigest(): path for path in kept.glob("*/*")}
    (tmp_path / "downloads").mkdir()
    for name in ("bigben", "the_scream", "great_wave"):
        record = room.find_image([root / "config" / "images.tsv"], name)
        (tmp_path / "downloads" / f"{name}-{record.sha256[:12]}").write_bytes(by_hash[record.sha256].read_bytes())
        prepare_image(
            name=name,
            catalogue=[root / "config" / "images.tsv"],
            downloads=tmp_path / "downloads",
            image=tmp_path / f"{name}.png",
            is_mask=False,
        )
        with Image.open(tmp_path / f"{name}.png") as picture, Image.open(by_hash[record.sha256]) as oracle:
            assert picture.size == oracle.size
