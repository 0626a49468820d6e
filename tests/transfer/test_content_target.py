"""Painting to a target content: the measure, the search of the style weight, and its record."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import metrics
from skimage.color import rgb2gray

from descents import START, Counted, bowl, new_trajectory
from robust_style.files.trace import Trace
from robust_style.score.metrics import content_ssim
from robust_style.score.score_stylization import score_stylization
from robust_style.score.score_tables import PictureScores
from robust_style.transfer.content_target import (
    LARGEST_COST,
    LARGEST_DECADES,
    TOLERANCE,
    WeightSearch,
    predicted,
)
from robust_style.transfer.losses import Losses, Objective, Scene, Style
from robust_style.transfer.optimisers.lbfgs import minimise
from robust_style.transfer.optimisers.problem import Problem
from robust_style.transfer.structural_similarity import luma, structural_similarity
from robust_style.transfer.stylize import stylize

# A content layer from which the pixels of a random network can be recovered.
SHALLOW = {"content_layers": ["relu1_2"], "iterations": 48, "snapshots": [0], "style_weight": 0.1}


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


@pytest.mark.parametrize("target", [0.5, 0.7])
def test_the_picture_has_the_target_content(painted, recipe, images, target):
    settings = recipe(**SHALLOW, content_target=target)
    (painting,) = painted(settings)
    result = painting.target
    assert result.reached
    assert result.content_ssim == pytest.approx(target, abs=TOLERANCE)
    content = pixels(images[0][0].mul(255).round().byte())
    assert content_ssim(pixels(painting.picture), content) == pytest.approx(result.content_ssim, abs=1e-3)
    assert len(result.rounds) > 1
    assert result.evaluations <= LARGEST_COST * 49
    # the finish has its full number of iterations, and its losses have the last weight
    assert painting.trajectory.last == 48
    last = painting.trajectory.losses[-1]
    assert last.total == pytest.approx(last.content + result.style_weight * last.style, rel=1e-5)
    assert result.style_weight == result.rounds[-1].style_weight
    assert result.style_weight != 0.1


def test_a_target_out_of_reach_is_told(painted, recipe):
    # from noise, few iterations cannot bring the content back, with the smallest of style weights either
    settings = recipe(iterations=12, snapshots=[0], initialisation="noise", content_target=0.95)
    (painting,) = painted(settings)
    assert not painting.target.reached
    assert painting.target.content_ssim < 0.9
    assert painting.target.evaluations == LARGEST_COST * 13


def test_the_weight_stays_within_its_bounds():
    search, weight = WeightSearch(30.0), 30.0
    for _ in range(20):
        weight = search.next_weight(weight, 0.99, 0.5)
    assert weight == pytest.approx(30.0 * 10**LARGEST_DECADES)
    for _ in range(40):
        weight = search.next_weight(weight, 0.01, 0.5)
    assert weight == pytest.approx(30.0 / 10**LARGEST_DECADES)


def test_a_known_line_is_followed_to_the_target():
    def similarity(weight):
        return 0.7 - 0.2 * np.log10(weight)

    search, weight = WeightSearch(0.01), 0.01
    for _ in range(8):
        weight = search.next_weight(weight, similarity(weight), 0.5)
    assert similarity(weight) == pytest.approx(0.5, abs=TOLERANCE)


def test_a_fall_is_extrapolated_farther_than_a_rise():
    assert predicted((50, 0.7), (100, 0.6), 200) == pytest.approx(0.5)
    assert predicted((50, 0.6), (100, 0.7), 10**4) == pytest.approx(0.8)
    assert predicted((99, 0.7), (100, 0.69), 10**6) == pytest.approx(0.65)


def test_each_picture_of_a_batch_has_its_own_weight(network, painted, recipe, images):
    settings = recipe(**SHALLOW | {"iterations": 12}, content_target=0.6)
    content, style = (image.double() for image in images)
    scenes = [Scene(content, [Style(style)]), Scene(content.flip(3), [Style(style.flip(1))])]
    network.double()
    both = painted(settings, scenes, dtype=torch.float64)
    (first,), (second,) = (painted(settings, [scene], dtype=torch.float64) for scene in scenes)
    network.float()
    for together, alone in zip(both, (first, second), strict=True):
        assert [done.iterations for done in together.target.rounds] == [done.iterations for done in alone.target.rounds]
        assert together.target.style_weight == pytest.approx(alone.target.style_weight, rel=1e-3)
        assert together.trajectory.total == pytest.approx(alone.trajectory.total, rel=1e-3)
    assert both[0].target.content_ssim != pytest.approx(both[1].target.content_ssim, rel=1e-3)


def test_a_style_weight_belongs_to_one_row(encoder, recipe, scene):
    settings = recipe(style_weight=2.0)
    objective = Objective(encoder(settings), settings, [scene, scene])
    images = torch.cat([scene.content, scene.content]).flip(2)
    objective.set_style_weight(1, 5.0)
    losses = objective(images)
    torch.testing.assert_close(losses.total, losses.content + torch.tensor([2.0, 5.0]) * losses.style)
    torch.testing.assert_close(objective(images[1:], [1]).total, losses.total[1:])


def test_an_objective_may_change_on_the_way():
    class Shifted(Counted):
        """A bowl whose minimum moves from 0.25 to 0.75."""

        shift = 0.0

        def __call__(self, image, rows=None, in_float32=False):
            self.calls += 1
            total = bowl(image - self.shift)
            return Losses(total, total, torch.zeros_like(total), torch.zeros_like(total))

    objective, trajectory = Shifted(bowl), new_trajectory(30)

    def revise(row, parameters, ends):
        if trajectory.last == 5 and not objective.shift:
            objective.shift = 0.5
            trajectory.restart()
            return True
        return False

    (outcome,) = minimise(Problem(objective), START * 0, [trajectory], revise)
    torch.testing.assert_close(outcome.parameters, torch.full_like(START, 0.75), atol=1e-3, rtol=0)
    assert objective.calls == 6 + len(trajectory.losses)


@pytest.fixture
def target_files(files):
    files["recipe"] |= SHALLOW | {"snapshots": [0, 48], "content_target": 0.7}
    return files


def test_equal_inputs_give_equal_bytes(target_files, products_at, tmp_path):
    stylize(**target_files)
    again = products_at(tmp_path / "again" / "content--style")
    stylize(**target_files | {"products": [again]})
    for name, path in vars(again).items():
        assert path.read_bytes() == getattr(target_files["products"][0], name).read_bytes()


@pytest.mark.parametrize(("target", "initialisation", "is_reached"), [(0.7, "content", True), (0.99, "noise", False)])
def test_trace_log_and_score_tell_whether_it_was_reached(target_files, capsys, target, initialisation, is_reached):
    target_files["recipe"] |= {"content_target": target, "initialisation": initialisation}
    stylize(**target_files)
    products = target_files["products"][0]
    trace = Trace.load(products.trace)
    assert trace.target_is_reached is is_reached
    assert set(trace.content_target) == {
        "target", "reached", "style_weight", "content_ssim", "evaluations", "rounds"
    }  # fmt: skip
    assert f"content target {target} {'reached' if is_reached else 'NOT reached'}" in capsys.readouterr().err
    score = products.trace.with_name("score.json")
    score_stylization(
        pictures=[products.picture],
        snapshots=[products.snapshots],
        traces=[products.trace],
        images=target_files["images"],
        scores=[score],
        threads=1,
    )
    scores = PictureScores.load(score)
    assert scores.target_reached is is_reached
    assert scores.measures["content_ssim"] == pytest.approx(trace.content_target["content_ssim"], abs=1e-3)
    with Image.open(products.snapshots) as strip:
        assert strip.width == 2 * trace.width_px


def test_a_recipe_without_target_has_none(files):
    stylize(**files)
    assert Trace.load(files["products"][0].trace).target_is_reached is None
