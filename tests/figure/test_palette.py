import itertools

from robust_style.figure.palette import looks


def test_project_colours_go_to_the_first_of_each_regime():
    found = looks({"noise": "gaussian_noise", "a": "standard", "b": "adversarial", "c": "adversarial"})
    assert found["a"].colour == "#0072B2"
    assert found["b"].colour == "#D55E00"


def test_no_two_networks_look_alike_in_colour_or_marker():
    found = looks({str(number): regime for number, regime in enumerate(["standard", "adversarial", *["other"] * 4])})
    for first, second in itertools.combinations(found.values(), 2):
        assert first.colour != second.colour
        assert first.marker != second.marker


def test_twelve_networks_are_told_apart_by_colour_and_by_marker():
    found = looks({str(number): regime for number, regime in enumerate(["standard", "adversarial", *["other"] * 10])})
    assert len({look.colour for look in found.values()}) == len({look.marker for look in found.values()}) == 12


def test_networks_of_a_regime_s_name_have_its_colour():
    found = looks({"a": "standard", "standard": "standard", "b": "adversarial"})
    assert found["standard"].colour == "#0072B2"
    assert found["a"].colour not in ("#0072B2", "#D55E00")
    assert found["b"].colour == "#D55E00"
