"""Data with a known answer, planted into score tables: every claim must be able to come out the other way."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robust_style.claims.claim import read_claim_blocks
from robust_style.claims.evidence import Evidence
from robust_style.claims.judge import judge
from robust_style.claims.table import ClaimRow
from robust_style.score.blind_test import Answer, shares_chosen
from robust_style.score.columns import ACCURACIES, MEASURES, RATED, TARGET
from robust_style.score.score_tables import PICTURE

SHIPPED = Path("config/claims.yaml")
CONTENTS, STYLES = ("bigben", "hats", "barn"), ("scream", "wave")
PAIRS = tuple(product(CONTENTS, STYLES))
EPOCHS = (0, 25, 50, 75, 100)
RELATIVE = {"initialisation": "content", "loss_normalisation": "relative", "optimiser": "lbfgs"}
FROM_CONTENT = {"initialisation": "content", "loss_normalisation": "mean", "optimiser": "lbfgs_unguarded"}
RECIPES = {
    "matched": RELATIVE, "fair": RELATIVE, "original": FROM_CONTENT, "original_no_clamp": FROM_CONTENT,
    "original_line_search": FROM_CONTENT, "original_no_clamp_line_search": FROM_CONTENT,
    "fair_noise": RELATIVE | {"initialisation": "noise"},
}  # fmt: skip
NETWORKS = {"standard": "standard", "adversarial": "adversarial", "untrained": "standard"}


class Planted:
    """A study of standard and adversarial networks in which nothing differs but what a test plants.

    Values scatter by `scatter` between seeds and by as much between pictures, as trainings do.
    """

    def __init__(self, seeds=6, scatter=0.002, recipes=RECIPES, networks=("standard", "adversarial")) -> None:
        random = np.random.default_rng(seeds)
        keys = product(recipes, networks, range(seeds), EPOCHS, PAIRS)
        rows = [
            {"recipe": recipe, "network": network, "regime": network, "seed": seed, "epoch": epoch,
             "content": content, "style": style}
            for recipe, network, seed, epoch, (content, style) in keys
        ]  # fmt: skip
        self.rows = pd.DataFrame(rows)
        numbers = (*MEASURES, *RATED, *ACCURACIES, *TARGET)
        self.rows = self.rows.assign(**(dict.fromkeys(numbers, 0.5) | {"worst_rise": 1.0, "luma_correlation": 0.9}))
        of_seed = random.normal(0, scatter, (seeds, 2, 2, len(EPOCHS)))
        place = [
            of_seed[seed, int(network == "adversarial"), int(recipe == "original"), EPOCHS.index(epoch)]
            for seed, network, recipe, epoch in zip(
                self.rows["seed"], self.rows["network"], self.rows["recipe"], self.rows["epoch"], strict=True
            )
        ]
        noise = np.array(place) + random.normal(0, scatter, len(self.rows))
        for measure in ("content_ssim", "style_texture_distance", "luma_correlation"):
            self.rows[measure] += noise
        self.rows["worst_rise"] *= np.exp2(noise * 10)
        self.snapshots = pd.DataFrame(columns=["recipe", "network", "regime", "seed", "epoch", "content", "style",
                                               "iteration", "content_ssim", "style_texture_distance"])  # fmt: skip

    def where(self, **labels):
        chosen = pd.Series(True, index=self.rows.index)
        for name, value in labels.items():
            chosen &= self.rows[name].isin(value if isinstance(value, list | tuple) else [value])
        return chosen

    def add(self, measure: str, value: float, **labels) -> "Planted":
        self.rows.loc[self.where(**labels), measure] += value
        return self

    def multiply(self, measure: str, factor: float, **labels) -> "Planted":
        self.rows.loc[self.where(**labels), measure] *= factor
        return self

    def curve(self, measure: str, levels: dict[int, float], **labels) -> "Planted":
        for epoch, level in levels.items():
            self.add(measure, level - 0.5, epoch=epoch, **labels)
        return self

    def drop(self, **labels) -> "Planted":
        self.rows = self.rows[~self.where(**labels)]
        return self

    def controls(self, **values: float) -> "Planted":
        rows = self.rows.drop_duplicates(["content", "style"]).assign(recipe="none", regime="control", seed=0, epoch=0)
        for name, texture in values.items():
            self.rows = pd.concat([self.rows, rows.assign(network=name, style_texture_distance=texture)])
        return self

    def people(self, preferring: float, raters: int = 5, recipe: str = "fair") -> "Planted":
        """Answers of `raters` people for every pair of pictures of a recipe at the last epoch.

        `preferring` is the probability that a person chooses the adversarial network's picture.
        """
        random = np.random.default_rng(0)
        answers = []
        for rater, seed, (content, style) in product(range(raters), range(self.rows["seed"].max() + 1), PAIRS):
            standard, adversarial = (
                (recipe, network, seed, 100, content, style) for network in ("standard", "adversarial")
            )
            chosen = adversarial if random.random() < preferring else standard
            left, right = (standard, adversarial) if random.random() < 0.5 else (adversarial, standard)
            answers.append(Answer(f"r{rater}", left, right, "left" if left == chosen else "right"))
        shares = shares_chosen(answers)
        keys = zip(*(self.rows[name] for name in PICTURE), strict=True)
        self.rows["people_prefer"] = [shares.get(key, np.nan) for key in keys]
        return self

    def evidence(self) -> Evidence:
        return Evidence(self.rows.reset_index(drop=True), self.snapshots, NETWORKS, RECIPES, {})

    def judged(self, *slugs: str) -> dict[object, ClaimRow]:
        """The rows of the shipped primary claims and of `slugs`, by slug and by slug and recipe."""
        claims = [claim for claim in read_claim_blocks([SHIPPED]) if claim.primary or claim.slug in slugs]
        rows = judge(claims, self.evidence())
        return {row.claim: row for row in rows} | {(row.claim, row.recipe): row for row in rows}

    def verdict(self, slug: str, recipe: str | None = None) -> str:
        return self.judged(slug)[slug if recipe is None else (slug, recipe)].verdict


def test_a_flat_standard_network_does_not_fall_apart():  # A1
    flat = Planted().curve("content_ssim", dict.fromkeys(EPOCHS, 0.4), network="standard")
    flat.curve("content_ssim", {0: 0.4, 25: 0.40, 50: 0.45, 75: 0.5, 100: 0.55}, network="adversarial")
    assert flat.verdict("falls_apart") == "refuted"
    assert flat.verdict("falls_apart_content", "fair") == "points against"


def test_scatter_between_checkpoints_is_no_fall():  # A1b
    noisy = Planted(seeds=6)
    random = np.random.default_rng(0)
    standard = noisy.where(network="standard")
    noisy.rows.loc[standard, "content_ssim"] += random.normal(0, 0.05, standard.sum())
    assert noisy.verdict("falls_apart") in ("undecided", "refuted"), "scatter is no fall"
    assert Planted(seeds=6, scatter=0.05).verdict("falls_apart") == "undecided"


def test_a_network_that_falls_apart_is_found():
    fallen = Planted().add("content_ssim", -0.1, network="standard", epoch=[75, 100])
    assert fallen.verdict("falls_apart") == "supported"


def test_a_fall_that_the_adversarial_network_shares_is_none_of_the_standard_one_s():
    assert Planted().add("content_ssim", -0.1, epoch=[75, 100]).verdict("falls_apart") == "refuted"


def test_a_rise_that_grows_with_training_is_not_the_optimiser_s():  # A2
    growing = Planted()
    for epoch, factor in zip(EPOCHS, (1, 4, 30, 200, 1000), strict=True):
        growing.multiply("worst_rise", factor, network="standard", recipe="original", epoch=epoch)
    assert growing.verdict("collapse_is_the_optimisers") == "refuted"
    constant = Planted().multiply("worst_rise", 300, recipe="original")
    assert constant.verdict("collapse_is_the_optimisers") == "supported"
    assert Planted().verdict("collapse_is_the_optimisers") == "refuted", "without a rise it follows nothing"


def test_one_diverged_picture_fails_and_does_not_decide_a_mean_alone():
    planted = Planted().multiply("worst_rise", 300, recipe="original")
    one = {"recipe": "original", "network": "standard", "seed": 0, "epoch": 100}
    planted.rows.loc[planted.where(**one, content="hats", style="wave"), "worst_rise"] = 1e300
    row = planted.judged()["collapse_is_the_optimisers"]
    assert row.verdict == "undecided", "one picture refutes nothing"
    assert abs(row.estimate) < 1
    only = Planted()
    only.rows.loc[only.where(**one), "worst_rise"] = 1e300
    assert only.judged("fails_more_often")["fails_more_often", "original"].estimate > 0
    rejected = Planted().multiply("worst_rise", 300, network="standard")
    judged = rejected.judged("fails_more_often")
    assert judged["fails_more_often", "original"].estimate == 1
    assert judged["fails_more_often", "fair"].estimate == 0, "a step that the line search rejected is in no picture"


def test_a_level_is_no_speed():  # A3
    level = Planted().curve("style_texture_distance", {0: 1.0} | dict.fromkeys(EPOCHS[1:], 0.5), network="standard")
    level.curve("style_texture_distance", {0: 1.0} | dict.fromkeys(EPOCHS[1:], 0.44), network="adversarial")
    rows = level.judged()
    assert rows["faster_in_training"].verdict in ("undecided", "refuted")
    assert rows["better_at_equal_content"].verdict == "supported"


def test_the_network_that_is_done_first_is_the_faster_one():  # A3b
    first = Planted().curve("style_texture_distance", {0: 1.0} | dict.fromkeys(EPOCHS[1:], 0.6), network="standard")
    first.curve("style_texture_distance", {0: 1.0, 25: 0.7, 50: 0.5, 75: 0.35, 100: 0.35}, network="adversarial")
    assert first.verdict("faster_in_training") == "refuted"
    slow = Planted().curve("style_texture_distance", {0: 1.0} | dict.fromkeys(EPOCHS[1:], 0.6), network="adversarial")
    slow.curve("style_texture_distance", {0: 1.0, 25: 0.9, 50: 0.8, 75: 0.7, 100: 0.6}, network="standard")
    assert slow.verdict("faster_in_training") == "supported"


def test_a_network_that_never_improves_is_said_to_be_censored():
    worse = Planted().curve("style_texture_distance", {0: 0.5, 100: 0.9}, network="standard")
    assert worse.verdict("faster_in_training").startswith("undecided (censored in 6 of 6 seeds")


@pytest.mark.parametrize("stopped_at", [140, 90])
def test_a_picture_that_stops_early_keeps_its_last_state(stopped_at):  # A4
    planted = Planted(recipes={"fair": RELATIVE})
    last = planted.rows[planted.rows["epoch"] == 100]
    random = np.random.default_rng(1)
    rows = []
    for index, row in last.reset_index(drop=True).iterrows():
        stops = index == 7
        for iteration in [i for i in (0, 50, 100, 150) if not stops or i < stopped_at] + [stopped_at] * stops:
            texture = np.exp(-iteration / 40) + random.normal(0, 1e-3)
            rows.append(row.to_dict() | {"iteration": iteration, "style_texture_distance": texture})
    planted.snapshots = pd.DataFrame(rows)
    assert planted.verdict("faster_while_painting", "fair") in ("unclear", "points against"), "no faster, no crash"


def test_a_missing_picture_is_named():  # A5
    gap = Planted().drop(recipe="fair", network="standard", seed=2, epoch=100, content="hats", style="wave")
    verdict = gap.verdict("better_in_the_end", "fair")
    assert verdict == "incomplete (missing fair/standard/seed_2/epoch_100/hats--wave)"
    nan = Planted()
    one = nan.where(recipe="fair", network="standard", seed=2, epoch=100, content="hats", style="wave")
    nan.rows.loc[one, "style_texture_distance"] = np.nan
    assert nan.verdict("better_in_the_end", "fair") == verdict
    seed = Planted().drop(epoch=[0, 25, 50, 75], recipe="matched").drop(recipe="matched", network="standard", seed=5)
    assert seed.verdict("better_at_equal_content").startswith("incomplete (missing matched/standard/seed_5/epoch_100")
    shorter = Planted().drop(network="standard", epoch=100)
    assert shorter.verdict("better_in_the_end", "fair").startswith("incomplete (missing fair/standard/seed_0/epoch_100")


def test_recolouring_is_no_painting():  # A6
    untrained = Planted().curve("style_texture_distance", {0: 0.876, 25: 0.876, 50: 0.876, 75: 0.876, 100: 0.876})
    recoloured = untrained.controls(histogram_matched=0.874)
    assert recoloured.verdict("untrained_paints_too", "fair") == "points against"
    painting = Planted().controls(histogram_matched=0.874)
    assert painting.verdict("untrained_paints_too", "fair") == "points to"
    worse = Planted().add("style_texture_distance", 0.2, epoch=0).controls(histogram_matched=0.874)
    assert worse.verdict("untrained_paints_too", "fair") == "points against", "trained, it paints much better"
    assert Planted().verdict("untrained_paints_too") == "not tested (no control histogram_matched)"


def test_an_illegible_content_is_no_failure_of_a_start_from_noise():  # A7
    dark = Planted().add("luma_correlation", -1.0, recipe="fair_noise", network="standard")
    assert dark.verdict("fails_more_often", "fair_noise").startswith("unclear (no variation")
    turned = Planted()
    for seed in range(6):  # between one and two of three contents
        turned.add(
            "luma_correlation", -1.0, recipe="fair", network="standard", seed=seed, content=CONTENTS[: 1 + seed % 2]
        )
    assert turned.verdict("fails_more_often", "fair") == "points to"


def test_equal_differences_decide_nothing():  # A8
    same = Planted(scatter=0.0).add("style_texture_distance", -0.1, network="adversarial")
    assert same.verdict("better_at_equal_content") == "undecided (no variation over seeds)"
    tiny = Planted(seeds=3).add("style_texture_distance", 5.6e-17, network="adversarial")
    assert tiny.verdict("better_at_equal_content") in ("undecided", "refuted")


def test_an_effect_below_the_smallest_of_interest_is_refuted():
    small = Planted(seeds=10, scatter=1e-3).add("style_texture_distance", -0.01, network="adversarial")
    row = small.judged()["better_at_equal_content"]
    assert row.verdict == "refuted"
    assert row.interval_high < 0, "the difference is there, and too small"


@pytest.mark.parametrize(("seeds", "verdict"), [(1, "undecided (n = 1 seed)"), (2, "undecided (n = 2 seeds)")])
def test_fewer_than_three_seeds_decide_nothing(seeds, verdict):
    assert (
        Planted(seeds=seeds)
        .add("style_texture_distance", -0.2, network="adversarial")
        .verdict("better_at_equal_content")
        == verdict
    )


def test_the_crossed_pairs_decide_and_the_other_stands_beside_them():  # B2
    extra = Planted()
    single = extra.rows[(extra.rows["content"] == "bigben") & (extra.rows["style"] == "wave")]
    extra.rows = pd.concat([extra.rows, single.assign(content="tower", style_texture_distance=9.0)])
    row = extra.add("style_texture_distance", -0.1, network="adversarial").judged()["better_at_equal_content"]
    assert row.verdict == "supported"
    assert row.pairs == len(PAIRS)
    assert row.crossed_high < 0
    assert "Beside the crossed pairs: tower--wave" in row.reading


def test_a_recipe_of_few_checkpoints_has_no_half():
    """With `checkpoints: ends` the first trained checkpoint is not taken for the one at half of the training."""
    ends = Planted().drop(recipe="fair", epoch=[50, 75])
    assert ("better_at_half", "fair") not in ends.judged("better_at_half")
    assert Planted().drop(recipe="original", epoch=[50, 75]).verdict("collapse_is_the_optimisers") == "refuted"


def test_a_pair_that_misses_the_content_target_is_left_out_and_counted():
    planted = Planted().add("style_texture_distance", -0.1, network="adversarial")
    planted.rows["content_target_reached"] = 1.0
    missed = planted.where(recipe="matched", network="standard", seed=0, content="hats", style="wave", epoch=100)
    planted.rows.loc[missed, ["content_target_reached", "style_texture_distance"]] = (0.0, -9.0)
    row = planted.judged()["better_at_equal_content"]
    assert (row.verdict, row.pairs) == ("supported", len(PAIRS) - 2), "the others of a crossed block stay"
    assert "missed its content target: 1." in row.reading
    planted.rows.loc[planted.where(recipe="matched"), "content_target_reached"] = 0.0
    assert planted.verdict("better_at_equal_content").startswith("not tested (every pair")


def test_what_is_absent_is_named():
    assert Planted().verdict("more_than_augmentation") == "not tested (no network noise)"
    assert Planted().drop(recipe="matched").verdict("better_at_equal_content").startswith("not tested (no picture of")


def test_people_decide_either_way_or_not_at_all():
    slug = "people_prefer_adversarial"
    assert Planted().people(0.8).verdict(slug, "fair") == "points to"
    assert Planted().people(0.2).verdict(slug, "fair") == "points against"
    assert Planted().people(0.5).verdict(slug, "fair") != "points to"
    row = Planted().people(1.0, raters=1).judged(slug)[slug]
    assert (row.verdict, row.estimate) == ("unclear (no variation over seeds)", 1.0)
    assert Planted(seeds=1).people(0.8).verdict(slug) == "unclear (n = 1 seed)"


def test_a_picture_that_nobody_rated_is_named():
    slug = "people_prefer_adversarial"
    planted = Planted().people(0.8)
    assert [row.recipe for row in judge(_claims(slug), planted.evidence())] == ["fair"], "other recipes were not rated"
    planted.rows.loc[planted.where(seed=3, content="bigben", style="wave"), "people_prefer"] = np.nan
    missing = "incomplete (missing fair/adversarial/seed_3/epoch_100/bigben--wave)"
    assert planted.verdict(slug, "fair") == missing
    planted.rows["people_prefer"] = np.nan
    assert planted.verdict(slug) == "not tested (no people_prefer)"


def _claims(slug):
    return [claim for claim in read_claim_blocks([SHIPPED]) if claim.slug == slug]


def _strip(rows):
    return {row.claim + row.recipe: (row.verdict, row.estimate) for row in rows.values()}


def test_the_order_of_rows_and_the_names_of_seeds_change_nothing():
    planted = Planted().add("style_texture_distance", -0.1, network="adversarial")
    before = _strip(planted.judged())
    planted.rows = planted.rows.sample(frac=1, random_state=0)
    planted.rows["seed"] = planted.rows["seed"].map({0: 5, 1: 3, 2: 1, 3: 0, 4: 2, 5: 4})
    after = _strip(planted.judged())
    assert {key: value[0] for key, value in after.items()} == {key: value[0] for key, value in before.items()}
    for key, (_, estimate) in after.items():
        assert estimate == pytest.approx(before[key][1], nan_ok=True) or estimate is before[key][1]


def test_swapped_networks_turn_every_difference_round():
    planted = Planted().add("style_texture_distance", -0.1, network="adversarial")
    row = planted.judged()["better_at_equal_content"]
    planted.rows["network"] = planted.rows["network"].map({"standard": "adversarial", "adversarial": "standard"})
    turned = planted.judged()["better_at_equal_content"]
    assert (row.verdict, turned.verdict) == ("supported", "refuted")
    assert turned.estimate == pytest.approx(-row.estimate)
    # Every picture speaks for the one and against the other: the opposite side has none to show.
    assert (row.strongest_against, turned.strongest_for) == ("", "")
    assert row.strongest_for
    assert turned.strongest_against


def test_a_constant_added_to_both_changes_nothing():
    planted = Planted().add("style_texture_distance", -0.1, network="adversarial")
    before = planted.judged()["better_at_equal_content"]
    planted.rows["style_texture_distance"] += 3.0
    after = planted.judged()["better_at_equal_content"]
    assert after.estimate == pytest.approx(before.estimate)
    assert after.verdict == before.verdict


NETS = ("alex", "dense", "mobile", "res18", "res50", "vgg16")
EFFECTS = dict.fromkeys(NETS, -0.1)
OVER_ARCHITECTURES = """
smallest_effects: {style_texture_distance: 0.05}
claims:
  closer:
    statement: A robust network comes closer to the style, over architectures
    source: a test
    unit: architectures
    primary: true
    recipe: matched
    measure: style_texture_distance
    holds_if: [adversarial < standard]
  better_than_recolouring:
    statement: A robust network comes closer to the style than recolouring, over architectures
    source: a test
    unit: architectures
    recipe: matched
    measure: style_texture_distance
    holds_if: [adversarial < control(histogram_matched)]
"""


class Imported:
    """One standard and one adversarial network of each architecture, imported with the epochs 90 or 74.

    `effects` is what an architecture's adversarial network is planted to differ by; `scatter` that of each picture.
    """

    def __init__(self, effects=EFFECTS, scatter=0.02, seed=7) -> None:
        random = np.random.default_rng(0)
        keys = [
            ("matched", f"{architecture}_{regime}", regime, seed, 74 if architecture == "vgg16" else 90, *pair)
            for architecture, regime, pair in product(effects, ("standard", "adversarial"), PAIRS)
        ]
        keys += [("matched", "single_vgg19", "standard", seed, 74, *pair) for pair in PAIRS]
        keys += [("none", "histogram_matched", "control", 0, 0, *pair) for pair in PAIRS]
        labels = ("recipe", "network", "regime", "seed", "epoch", "content", "style")
        numbers = (*MEASURES, *RATED, *ACCURACIES, *TARGET)
        self.rows = pd.DataFrame(keys, columns=labels).assign(**dict.fromkeys(numbers, 0.5))
        self.rows["worst_rise"] = 1.0
        planted = self.rows["network"].map({f"{name}_adversarial": effect for name, effect in effects.items()})
        self.rows["style_texture_distance"] += planted.fillna(0.0) + random.normal(0, scatter, len(self.rows))
        self.architectures = {
            name: {regime: f"{name}_{regime}" for regime in ("standard", "adversarial")} for name in effects
        }

    def judged(self, folder) -> dict[str, ClaimRow]:
        (folder / "claims.yaml").write_text(OVER_ARCHITECTURES, encoding="utf-8")
        snapshots = self.rows.assign(iteration=0)[[*self.rows.columns[:7], "iteration", "content_ssim"]]
        evidence = Evidence(self.rows, snapshots, {}, RECIPES, {}, self.architectures)
        return {row.claim: row for row in judge(read_claim_blocks([folder / "claims.yaml"]), evidence)}


@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        (dict.fromkeys(NETS, -0.1), "supported"),
        (dict.fromkeys(NETS, 0.1), "refuted"),
        (dict.fromkeys(NETS, 0.0), "refuted"),  # no effect of the smallest size
        (dict.fromkeys(NETS, -0.02), "refuted"),
        (dict(zip(NETS, (-0.3, 0.2, -0.2, 0.1, -0.1, 0.1), strict=True)), "undecided"),
        (
            dict(zip(NETS, (-0.9, 0.05, 0.05, 0.05, 0.05, 0.05), strict=True)),
            "undecided",
        ),  # one of six
        (dict.fromkeys(NETS[:3], -0.1), "supported"),
        (dict.fromkeys(NETS[:2], -0.1), "undecided (n = 2 architectures)"),
        (dict.fromkeys(NETS[:1], -0.1), "undecided (n = 1 architecture)"),
    ],
)
def test_over_architectures_each_is_a_unit(tmp_path, effects, verdict):
    row = Imported(effects).judged(tmp_path)["closer"]
    assert (row.verdict, row.unit, row.seeds, row.pairs) == (verdict, "architectures", len(effects), len(PAIRS))
    values = dict(part.split(":") for part in row.per_seed.split())
    assert {name: float(value) for name, value in values.items()} == pytest.approx(effects, abs=0.04)


def test_over_architectures_the_same_differences_everywhere_decide_nothing(tmp_path):
    row = Imported(scatter=0.0).judged(tmp_path)["closer"]
    assert row.verdict == "undecided (no variation over architectures)"


def test_over_architectures_swapped_regimes_turn_the_difference_round(tmp_path):
    planted = Imported()
    row = planted.judged(tmp_path)["closer"]
    planted.architectures = {
        name: {"standard": networks["adversarial"], "adversarial": networks["standard"]}
        for name, networks in planted.architectures.items()
    }
    turned = planted.judged(tmp_path)["closer"]
    assert (row.verdict, turned.verdict) == ("supported", "refuted")
    assert turned.estimate == pytest.approx(-row.estimate)
    assert (turned.interval_low, turned.interval_high) == pytest.approx((-row.interval_high, -row.interval_low))


def test_over_architectures_their_order_and_names_change_nothing(tmp_path):
    planted = Imported()
    before = planted.judged(tmp_path)
    planted.rows = planted.rows.sample(frac=1, random_state=0)
    planted.architectures = {f"{9 - number}": nets for number, nets in enumerate(planted.architectures.values())}
    after = planted.judged(tmp_path)
    for name, row in before.items():
        other = after[name]
        assert (row.verdict, row.seeds, row.strongest_for) == (other.verdict, other.seeds, other.strongest_for)
        assert (row.estimate, row.p_value) == pytest.approx((other.estimate, other.p_value))


def test_over_architectures_pictures_and_gaps_have_the_names_of_files(tmp_path):
    planted = Imported(dict.fromkeys(NETS, -0.1) | {"vgg16": -0.5})
    row = planted.judged(tmp_path)["closer"]
    assert row.strongest_for.startswith("matched/vgg16_adversarial+vgg16_standard/seed_7/epoch_074/")
    of_vgg = planted.rows["network"] == "vgg16_adversarial"
    whole, planted.rows = planted.rows, planted.rows[~of_vgg]
    assert planted.judged(tmp_path)["closer"].verdict.startswith(
        "incomplete (missing matched/vgg16_adversarial/seed_0/epoch_000/"
    )
    first = whole.index[of_vgg][0]
    planted.rows = whole.drop(index=first)
    gap = "--".join(whole.loc[first, ["content", "style"]])
    missing = f"incomplete (missing matched/vgg16_adversarial/seed_7/epoch_074/{gap})"
    assert planted.judged(tmp_path)["closer"].verdict == missing


def test_over_architectures_a_control_is_the_same_for_all(tmp_path):
    planted = Imported()
    assert planted.judged(tmp_path)["better_than_recolouring"].verdict == "points to"
    planted.architectures = {}
    assert planted.judged(tmp_path)["closer"].verdict == (
        "not tested (no architecture with a network for each of standard, adversarial)"
    )
