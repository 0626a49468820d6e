"""What each checkpoint has kept, drawn: a row per checkpoint, a column per layer, contents and textures."""

import json
import re

import pytest

from drawn import assert_fits_a4, assert_same_twice, words_of
from made_results import make_reconstructions, noise_picture, save_picture
from robust_style.errors import ResultError
from robust_style.figure.reconstructions import draw_reconstructions
from robust_style.files.reconstruction_record import Reconstructions

NETWORKS = ["standard", "adversarial"]


@pytest.fixture
def drawn(tmp_path):
    """Draws records: `drawn(records, "figure.svg")`."""
    images = {name: tmp_path / f"{name}.png" for name in ("content", "style")}
    for name, path in images.items():
        save_picture(path, noise_picture(name, (96, 64)))

    def draw(records, name="figure.svg", networks=NETWORKS):
        figure = tmp_path / name
        draw_reconstructions(
            records=records, **images, networks=networks, figure=figure, vector=tmp_path / "vector.svg"
        )
        return figure

    return draw


def test_the_same_bytes_twice_and_on_a4(tmp_path, drawn):
    records = make_reconstructions(tmp_path)
    assert_same_twice(lambda: drawn(records, "figure.png"), tmp_path / "figure.png")
    assert_fits_a4(tmp_path / "figure.png")


def test_layers_across_and_checkpoints_down(tmp_path, drawn):
    figure = drawn(make_reconstructions(tmp_path, epochs=(4, 8)))
    words = words_of(figure)
    for expected in ("Content rocket", "Texture flow field", "original", "relu5_1", "to relu5_1", "Training seed 0"):
        assert expected in words
    assert list(dict.fromkeys(re.findall(r">(untrained|epoch \d+)<", figure.read_text()))) == ["epoch 4", "epoch 8"]
    assert figure.read_text().count("<image") == 2 + 4 * 2 * 5
    # the losses of the pictures as shown: at the layer and in pixels, then of the textures
    assert "0.8 · 100 %" in words
    assert len(re.findall(r">1.6 %<", figure.read_text())) == 4


def test_networks_with_other_layers_share_columns_of_depth(tmp_path, drawn):
    records = make_reconstructions(tmp_path, networks=("standard",), epochs=(8,), layers=2)
    records += make_reconstructions(
        tmp_path, networks=("adversarial",), epochs=(8,), layers=2, names=["relu1", "layer1"]
    )
    words = words_of(drawn(records))
    for expected in ("depth 1", "to depth 2", "Depths of standard: relu1_1, relu2_1; of adversarial: relu1, layer1."):
        assert expected in words
    drawn(records, "figure.png")
    assert_fits_a4(tmp_path / "figure.png")


def test_untrained_networks_of_one_seed_are_drawn_once(tmp_path, drawn):
    figure = drawn(make_reconstructions(tmp_path, epochs=(0, 8)))
    assert "one network" in words_of(figure)
    assert figure.read_text().count("<image") == 2 + 3 * 2 * 5


def test_one_checkpoint_alone(tmp_path, drawn):
    records = make_reconstructions(tmp_path, networks=("standard",), epochs=(8,), layers=2)
    assert drawn(records).read_text().count("<image") == 2 + 2 * 2


@pytest.mark.parametrize("size", [(48, 32), (32, 64)])
def test_many_checkpoints_are_thinned_and_fit(tmp_path, drawn, size):
    records = make_reconstructions(tmp_path, epochs=tuple(range(21)), seeds=(1, 2), size=size)
    figure = drawn(records)
    assert set(re.findall(r">(untrained|epoch \d+)<", figure.read_text())) == {
        "untrained", "epoch 4", "epoch 8", "epoch 12", "epoch 16", "epoch 20",
    }  # fmt: skip
    assert "Training seed 1" in words_of(figure)
    drawn(records, "figure.png")
    assert_fits_a4(tmp_path / "figure.png")


def test_wrong_records_are_refused(tmp_path, drawn):
    records = make_reconstructions(tmp_path)
    with pytest.raises(ResultError, match="found none"):
        drawn(records, networks=["unknown"])
    other = make_reconstructions(tmp_path / "other", layers=3)
    with pytest.raises(ResultError, match="one pair and its layers"):
        drawn([*records, other[-1]])
    assert not (tmp_path / "figure.svg").exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found["labels"].pop("seed"),
        lambda found: found["texture"].pop(),
        lambda found: found["content"][0].update(shown_loss=float("nan")),
        lambda found: found["content"][0].update(last_loss=None),
    ],
)
def test_a_damaged_record_is_named(tmp_path, damage):
    (record,) = make_reconstructions(tmp_path, networks=("standard",), epochs=(4,))
    found = json.loads(record.read_text())
    damage(found)
    record.write_text(json.dumps(found))
    with pytest.raises(ResultError, match=r"epoch_004\.json: expected the record of reconstructions"):
        Reconstructions.load(record)
