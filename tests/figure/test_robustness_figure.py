"""Scores against robust accuracy: with few and many networks, and who is left out."""

import json

import pytest

from drawn import assert_fits_a4, assert_same_twice, words_of
from made_results import make_results, make_uneven_results
from robust_style.errors import ResultError
from robust_style.figure.score_vs_robustness import draw_score_vs_robustness

PAIR = (("rocket", "flow_field"),)
TWELVE = ["standard", "adversarial", "noise", "standard_matched", *(f"network_of_a_long_name_{n}" for n in range(8))]


def given(folder, networks, recipes=("fair",)):
    return {
        "table": folder / "scores.tsv",
        "networks": list(networks),
        "architectures": {network: "vgg19" if network != "noise" else "resnet18" for network in networks},
        "recipes": list(recipes),
        "figure": folder / "figure.png",
        "vector": folder / "figure.svg",
    }


@pytest.mark.parametrize(("count", "seeds", "recipes"), [(2, 1, 1), (3, 3, 2), (8, 1, 6), (12, 3, 3)])
def test_two_to_twelve_networks(tmp_path, count, seeds, recipes):
    networks, recipes = TWELVE[:count], [f"recipe_{number}" for number in range(recipes)]
    made = make_results(tmp_path, networks=networks, recipes=recipes, seeds=tuple(range(seeds)), epochs=(0, 8),
                        pairs=PAIR, size=(32, 32))  # fmt: skip
    made.collect(tmp_path / "scores.tsv")
    settings = given(tmp_path, networks, recipes)
    assert_same_twice(lambda: draw_score_vs_robustness(**settings), settings["figure"], settings["vector"])
    assert_fits_a4(settings["figure"])
    words = words_of(settings["vector"])
    for network in networks:
        assert network.replace("_", " ") in words
    assert "robust accuracy" in words
    assert ("ρ +" in words or "ρ −" in words) == (count > 2)
    assert ("t-intervals over seeds" in words) == (seeds == 3)
    assert ("a hint" in words) == (count < 10)


def test_the_correlation_is_that_of_the_points(tmp_path):
    made = make_results(tmp_path, networks=TWELVE[:4], recipes=["fair"], epochs=(8,), pairs=PAIR, size=(32, 32))
    distances = dict(zip(TWELVE[:4], (0.9, 0.7, 0.6, 0.8), strict=True))
    accuracies = dict(zip(TWELVE[:4], (0.1, 0.4, 0.3, 0.2), strict=True))
    for paths, key, values in (
        (made.scores, "style_texture_distance", distances),
        (made.evaluations, "robust_accuracy", accuracies),
    ):
        for path in paths:
            content = json.loads(path.read_text())
            network = content.get("network") or content["labels"]["network"]
            path.write_text(json.dumps(content | {key: values[network]}))
    made.collect(tmp_path / "scores.tsv")
    draw_score_vs_robustness(**given(tmp_path, TWELVE[:4]))
    # Ranks 1 4 3 2 against 4 2 1 3.
    assert "ρ −0.80" in words_of(tmp_path / "figure.svg")


def test_who_was_not_trained_or_not_evaluated_is_left_out(tmp_path):
    made = make_uneven_results(tmp_path, recipes=("fair",), pairs=PAIR)
    for path in made.evaluations:
        content = json.loads(path.read_text())
        if content["network"] == "imported":
            path.write_text(json.dumps(content | {"robust_accuracy": None, "clean_accuracy": None}))
    made.collect(tmp_path / "scores.tsv")
    everybody = ["standard", "adversarial", "imported", "control"]
    draw_score_vs_robustness(**given(tmp_path, everybody))
    words = words_of(tmp_path / "figure.svg")
    assert "standard" in words
    assert "imported" not in words
    assert "control" not in words
    with pytest.raises(ResultError, match="found none"):
        draw_score_vs_robustness(**given(tmp_path, ["control", "imported"]))
