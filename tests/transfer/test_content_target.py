"""Painting to a target content: the measure, its cost in the loss, and the record."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import metrics
from skimage.color import rgb2gray

from robust_style.files.trace import Trace
from robust_style.score.metrics import content_ssim
from robust_style.score.score_files import load_scores
from robust_style.score.score_stylization import score_stylization
from robust_style.transfer.content_target import PENALTY, structural_similarities
from robust_style.transfer.losses import Objective, Scene, Style
from robust_style.transfer.structural_similarity import luma, structural_similarity
from robust_style.transfer.stylize import stylize


def pixels(picture):
    """A picture of 8 bits, as the score reads it."""
    return picture.permute(1, 2, 0).numpy().astype(np.float64) / 255


@pytest.mark.parametrize("size", [(11, 11), (64, 48), (33, 100)])
def test_the_similarity_is_that_of_scikit_image(size):
    random = np.random.default_rng(0)
    first = random.random((*size, 3))
    second = np.clip(first + 0.2 * random.standard_normal(first.shape), 0, 1)
    expected = metrics.structural_similarity(
        rgb2gray(first), rgb2gray(second), data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert structural_similarity(luma(first), luma(second)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shapes", [((10, 20), (10, 20)), ((20, 20), (20, 21))])
def test_images_that_cannot_be_compared_are_refused(shapes):
    with pytest.raises(ValueError, match="11 px or more"):
        structural_similarity(*(np.zeros(shape) for shape in shapes))


def test_the_differentiable_similarity_is_the_same():
    random = np.random.default_rng(1)
    pictures = random.random((2, 3, 32, 48))
    contents = np.clip(pictures + 0.2 * random.standard_normal(pictures.shape), 0, 1)
    both = structural_similarities(torch.from_numpy(pictures + 0.5).requires_grad_(), torch.from_numpy(contents))
    for row, similarity in enumerate(both):
        first, second = (luma(images[row].transpose(1, 2, 0)) for images in (np.clip(pictures + 0.5, 0, 1), contents))
        assert similarity.item() == pytest.approx(structural_similarity(first, second), abs=1e-12)
    small = torch.rand(1, 3, 12, 13, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    other = small.flip(2)
    assert torch.autograd.gradcheck(lambda picture: structural_similarities(picture, other), small.requires_grad_())


@pytest.mark.parametrize(
    ("target", "changes"),
    [
        *((target, {}) for target in (0.3, 0.5, 0.8)),
        (0.3, {"initialisation": "noise", "iterations": 120}),
        (0.5, {"optimiser": "adam", "iterations": 200}),
    ],
)
def test_the_picture_has_the_target_content(painted, recipe, images, target, changes):
    settings = recipe(**{"iterations": 60, "snapshots": [0], "style_weight": 300.0, "content_target": target} | changes)
    (painting,) = painted(settings)
    assert painting.target.reached, painting.target
    content = pixels(images[0][0].mul(255).round().byte())
    assert content_ssim(pixels(painting.picture), content) == pytest.approx(painting.target.content_ssim, abs=1e-3)


def test_without_a_target_the_same_recipe_ends_elsewhere(painted, recipe, images):
    (painting,) = painted(recipe(iterations=60, snapshots=[0], style_weight=300.0))
    assert painting.target is None
    content = pixels(images[0][0].mul(255).round().byte())
    assert abs(content_ssim(pixels(painting.picture), content) - 0.8) > 0.1


def test_the_cost_is_part_of_the_total(encoder, recipe, scene):
    settings = recipe(style_weight=2.0, content_target=0.5)
    losses = Objective(encoder(settings), settings, [scene])(scene.content.flip(2))
    cost = PENALTY * (structural_similarities(scene.content.flip(2), scene.content) - 0.5).square()
    torch.testing.assert_close(losses.total, losses.content + 2.0 * (losses.style + cost))


def test_a_target_out_of_reach_is_told(painted, recipe):
    # from noise, few iterations cannot bring the content back
    (painting,) = painted(recipe(iterations=3, snapshots=[0], initialisation="noise", content_target=0.95))
    assert not painting.target.reached
    assert painting.target.content_ssim < 0.9


def test_each_picture_of_a_batch_is_as_alone(network, painted, recipe, images):
    settings = recipe(iterations=12, snapshots=[0], content_target=0.6)
    content, style = (image.double() for image in images)
    scenes = [Scene(content, [Style(style)]), Scene(content.flip(3), [Style(style.flip(1))])]
    network.double()
    both = painted(settings, scenes, dtype=torch.float64)
    alone = [painted(settings, [scene], dtype=torch.float64)[0] for scene in scenes]
    network.float()
    for together, single in zip(both, alone, strict=True):
        assert together.trajectory.total == pytest.approx(single.trajectory.total, rel=1e-6)


@pytest.fixture
def target_files(files):
    files["recipe"] |= {"iterations": 48, "snapshots": [0, 48], "style_weight": 300.0, "content_target": 0.7}
    return files


def test_equal_inputs_give_equal_bytes(target_files, products_at, tmp_path):
    stylize(**target_files)
    again = products_at(tmp_path / "again" / "content--style")
    stylize(**target_files | {"products": [again]})
    for name, path in vars(again).items():
        assert path.read_bytes() == getattr(target_files["products"][0], name).read_bytes()


@pytest.mark.parametrize(("target", "initialisation", "is_reached"), [(0.7, "content", True), (0.999, "noise", False)])
def test_trace_log_and_score_tell_whether_it_was_reached(target_files, capsys, target, initialisation, is_reached):
    target_files["recipe"] |= {"content_target": target, "initialisation": initialisation}
    stylize(**target_files)
    products = target_files["products"][0]
    trace = Trace.load(products.trace)
    assert trace.target_is_reached is is_reached
    assert set(trace.content_target) == {"target", "reached", "content_ssim"}
    assert f"content target {target} {'reached' if is_reached else 'NOT reached'}" in capsys.readouterr().err
    score = products.trace.with_name("score.json")
    score_stylization(
        pictures=[products.picture],
        snapshots=[products.snapshots],
        traces=[products.trace],
        images=target_files["images"],
        scores=score,
        threads=1,
    )
    (scores,) = load_scores(score)
    assert scores.target_reached is is_reached
    assert scores.measures["content_ssim"] == pytest.approx(trace.content_target["content_ssim"], abs=1e-3)
    with Image.open(products.snapshots) as strip:
        assert strip.width == 2 * trace.width_px


def test_a_recipe_without_target_has_none(files):
    stylize(**files)
    assert Trace.load(files["products"][0].trace).target_is_reached is None
