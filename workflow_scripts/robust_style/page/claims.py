"""What the page says about the claims: the answer in one sentence, four questions, and a row for each claim."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from robust_style.claims.formula import ARCHITECTURES, Contrast, parse_contrast
from robust_style.claims.statistics import FEWEST_SEEDS, MOST_SEEDS
from robust_style.claims.table import Exhibit, plain_verdict, read_claims
from robust_style.errors import ConfigError
from robust_style.figure.words import percent, plain, spoken
from robust_style.page.axes import Axes
from robust_style.page.scores import finite, words_of

Row = Mapping[str, Any]
TEXTS = ("claim", "source", "quote", "family", "unit", "contrast", "measure", "verdict", "claimed_side", "reading")
NUMBERS = (
    "estimate", "threshold", "smallest_effect", "interval_low", "interval_high", "adjusted_p", "seeds", "pairs",
)  # fmt: skip
QUESTIONS = {
    "better": "Does the adversarial network paint better?",
    "faster": "Does it learn or paint faster?",
    "falls_apart": "Does the standard network fall apart?",
    "cost": "What does it cost?",
}
# Verdict -> its words after a number of claims: one, several.
_COUNTED = {
    "supported": ("is supported", "are supported"),
    "refuted": ("is refuted", "are refuted"),
    "undecided": ("is undecided", "are undecided"),
    "points to": ("points for its claim", "point for their claims"),
    "points against": ("points against its claim", "point against their claims"),
    "unclear": ("is unclear", "are unclear"),
    "incomplete": ("is incomplete", "are incomplete"),
    "not tested": ("was not tested", "were not tested"),
}
# Units of estimates that are no score of a picture.
_AXES = {
    "epochs": "training epochs",
    "iterations": "iterations of the optimiser",
    "failed": "share of failed pictures",
    "log2_worst_rise": "loss rise, in doublings",
    "people_prefer": "share of people’s answers",
    "rater_standard_style_distance": "distance to the style, by a standard rater",
    "rater_adversarial_style_distance": "distance to the style, by an adversarial rater",
}
_OPEN = ("undecided", "unclear")
_NUMERALS = {1: "one", 2: "two"}


def judged(claims: Path | None, axes: Axes, training: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The page's `answer`, `questions`, `claims` and the networks `compared` in them; empty without a table of claims.

    `training` is the page's list of training curves, for the question of cost. Raises ResultError if the file
    is not a table of claims.
    """
    if claims is None:
        return {"answer": None, "questions": [], "claims": [], "compared": []}
    rows: list[Row] = read_claims(claims).to_dict("records")
    exhibits = [Exhibit.parse(row[side]) for row in rows for side in ("strongest_for", "strongest_against")]
    shown = {network for exhibit in exhibits if exhibit for network in exhibit.networks}
    compared = [network for network in axes.networks if network in shown]
    questions = []
    for key, title in QUESTIONS.items():
        words = question_words([row for row in rows if question_of(row) == key])
        if key == "cost":
            words = f"{accuracy_words(training, axes, compared or axes.networks)} {words}".strip()
        questions.append({"key": key, "title": title, "words": words})
    answer = {"sentence": answer_sentence(rows), "basis": basis_words(rows)}
    claims_of_page = [_claim(row, axes, compared) for row in rows]
    return {"answer": answer, "questions": questions, "claims": claims_of_page, "compared": compared}


def accuracy_words(training: Sequence[Mapping[str, Any]], axes: Axes, networks: Sequence[str]) -> str:
    """A sentence on the last accuracies of those of `networks` that were evaluated; empty if none was.

    `training` is the page's list of training curves; accuracies are averaged over the seeds.
    """
    words = []
    for name in networks:
        number = axes.networks.index(name)
        last = [one["checkpoints"][-1] for one in training if one["network"] == number and one["checkpoints"]]
        if last and not any(None in checkpoint for checkpoint in last):
            clean, robust = (percent(sum(row[column] for row in last) / len(last)) for column in (1, 2))
            words.append(f"{spoken(name)} {clean} % and {robust} %")
    return f"Test images recognised, unchanged and under attack: {', '.join(words)}." if words else ""


def answer_sentence(rows: Sequence[Row]) -> str:
    """One sentence that answers from the verdicts on the primary claims, and says so where they decide nothing."""
    primary = [row for row in rows if row["family"] == "primary"]
    if not primary:
        return "Not answered: this run judged no primary claim."
    by_verdict: dict[str, list[Row]] = {}
    for row in primary:
        by_verdict.setdefault(plain_verdict(row["verdict"]), []).append(row)
    clauses: list[str] = []
    for verdict, verb in (("supported", "support"), ("refuted", "refute")):
        if verdict in by_verdict:
            statements = _listed(f"that {_as_clause(row)}" for row in by_verdict.pop(verdict))
            clauses.append(f"{'they' if clauses else 'the data'} {verb} {statements}")
    if clauses:
        if by_verdict:
            counts = {verdict: len(others) for verdict, others in by_verdict.items()}
            clauses.append(f"of the other primary claims, {_counted(counts)}")
        return f"{_capital('; '.join(clauses))}."
    if "undecided" not in by_verdict:
        return "Not answered: no primary claim was tested with a complete set of results."
    most = max(by_verdict["undecided"], key=lambda row: int(row["seeds"]))
    if most["seeds"] < FEWEST_SEEDS:
        return f"Undecided: {_few_words(most)}."
    return f"Undecided: after {_units(most['seeds'], most)}, no primary claim is supported or refuted."


def basis_words(rows: Sequence[Row]) -> str:
    """How much evidence the answer has: primary claims by verdict, training seeds, image pairs."""
    primary = [row for row in rows if row["family"] == "primary"]
    counts = Counter(plain_verdict(row["verdict"]) for row in primary)
    largest = max(rows, key=lambda row: int(row["seeds"]), default=None)
    parts = []
    if primary:
        parts.append(f"Of {_number(len(primary), 'primary claim')}, named before the run, {_counted(counts)}.")
    if largest is not None and largest["seeds"]:
        pairs = max(int(row["pairs"]) for row in rows)
        parts.append(f"Evidence: up to {_units(largest['seeds'], largest)} and {_number(pairs, 'image pair')}.")
        if largest["seeds"] < FEWEST_SEEDS:
            fewest = _units(FEWEST_SEEDS, largest)
            parts.append(f"A verdict needs at least {fewest}; one picture that looks better decides nothing.")
    return " ".join(parts)


def question_words(rows: Sequence[Row]) -> str:
    """The verdict on each primary claim of a question, then a count of the exploratory ones."""
    words = []
    for row in rows:
        if row["family"] == "primary":
            reason = reason_words(row)
            verdict = f"{plain_verdict(row['verdict'])}{f' ({reason})' if reason else ''}"
            words.append(f"{_capital(verdict)}: “{plain(row['statement']) or plain(row['claim'])}.”")
    counts = Counter(plain_verdict(row["verdict"]) for row in rows if row["family"] != "primary")
    if counts:
        words.append(f"Of {_number(sum(counts.values()), 'exploratory comparison')}, {_counted(counts)}.")
    return " ".join(words) or "No claim of this run asks this."


def question_of(row: Row) -> str | None:
    """The question that a claim belongs to, from its contrast and measure; None if it belongs to none.

    `faster`: times in epochs or iterations. `falls_apart`: one network at several trained checkpoints, or failures of
    the optimisation. `better` and `cost`: two networks at one checkpoint, by a distance to the style, or by what is
    kept of content and accuracy.
    """
    contrasts = _contrasts(row["contrast"])
    if any(contrast.unit in ("epochs", "iterations") for contrast in contrasts):
        return "faster"
    terms = [term for contrast in contrasts for term in contrast.terms if term.paints]
    cells = [cell for term in terms for cell in term.cells if cell.checkpoint != "untrained"]
    networks = {cell.network for cell in cells}
    measure = str(row["measure"])
    if len({(cell.network, cell.checkpoint) for cell in cells}) > len(networks):
        return "falls_apart"
    if "worst_rise" in measure or measure == "failed":
        return "falls_apart"
    if len(networks) < 2 or any(contrast.unit for contrast in contrasts):
        return None
    return "better" if measure.startswith(("style_", "rater_", "people_")) else "cost"


def reason_words(row: Row) -> str:
    """Why a claim has no verdict, without abbreviations; empty where the table gives no reason."""
    reason = plain(row["verdict"]).partition(" (")[2].removesuffix(")")
    if reason.startswith("n = "):
        return _few_words(row)
    if reason.startswith("censored in "):
        places = reason.removeprefix("censored in ")
        return f"the level was not reached in {places.removesuffix('s') if places.endswith(' 1 seeds') else places}"
    if reason.startswith("no variation"):
        return f"all {row['unit']} give the same value"
    return reason


def would_decide(row: Row) -> str:
    """What an undecided claim lacks, in few words; empty for a verdict."""
    verdict, reason = plain_verdict(row["verdict"]), reason_words(row)
    if verdict not in _OPEN:
        if reason.endswith("missed its content target"):
            return "pairs that reach their content target"
        missing = re.fullmatch(r"no ((?:recipe|network|control) \S+|[a-z0-9_]+)", reason)
        if missing and missing[1] == "people_prefer":
            return "ratings by people (blind test)"
        return f"a run with {missing[1]}" if missing else reason
    if "censored" in row["verdict"]:
        return "a longer run"
    if "no variation" in row["verdict"]:
        return f"{row['unit']} that differ"
    if row["seeds"] < FEWEST_SEEDS:
        return f"at least {_more(FEWEST_SEEDS - row['seeds'], row)}"
    if math.isnan(row["seeds_needed"]):
        return f"more than {MOST_SEEDS} {row['unit']}"
    needed = int(row["seeds_needed"]) - row["seeds"]
    return f"about {_more(needed, row)}" if needed > 0 else f"more {row['unit']}, or fewer claims at once"


def _claim(row: Row, axes: Axes, compared: Sequence[str]) -> dict[str, Any]:
    texts = {name: plain(row[name]) for name in TEXTS}
    unit = next((contrast.unit for contrast in _contrasts(row["contrast"]) if contrast.unit), None)
    return {
        **texts,
        "statement": plain(row["statement"]) or texts["claim"],
        "recipe": spoken(plain(row["recipe"])),
        **{name: finite(float(row[name])) for name in NUMBERS},
        "perSeed": _per_seed(row["per_seed"]),
        "axis": _AXES.get(unit or texts["measure"]) or words_of(unit or texts["measure"])["words"].lower(),
        "question": question_of(row),
        "decides": would_decide(row),
        "strongestFor": _address(row["strongest_for"], axes, compared),
        "strongestAgainst": _address(row["strongest_against"], axes, compared),
    }


def _contrasts(text: str) -> list[Contrast]:
    try:
        return [parse_contrast(part) for part in text.split(" and ")]
    except ConfigError:
        # A table from elsewhere may have words in the place of a formula.
        return []


def _per_seed(text: str) -> list[list[Any]]:
    parts = (part.rpartition(":") for part in text.split())
    try:
        return [[plain(name), finite(float(value))] for name, _, value in parts]
    except ValueError:
        return []


def _address(text: str, axes: Axes, compared: Sequence[str]) -> dict[str, str] | None:
    exhibit = Exhibit.parse(text)
    if exhibit is None or not _has_pictures(exhibit, axes):
        return None
    left, right = exhibit.networks[0], exhibit.networks[-1]
    if left == right and len(exhibit.recipes) == 1:
        # A claim about one network: beside it stands the next one, of other claims if there is one.
        right = next((network for network in (*compared, *axes.networks) if network != left), left)
    address = {
        "recipe": exhibit.recipes[0],
        "left": left,
        "right": right,
        "seed": str(exhibit.seed),
        "epoch": str(exhibit.epoch),
        "content": exhibit.content,
        "style": exhibit.style,
    }
    return address if len(exhibit.recipes) == 1 else address | {"right_recipe": exhibit.recipes[-1]}


def _has_pictures(exhibit: Exhibit, axes: Axes) -> bool:
    return (
        set(exhibit.recipes) <= set(axes.recipes)
        and set(exhibit.networks) <= set(axes.networks)
        and exhibit.seed in axes.seeds
        and exhibit.epoch in axes.epochs
        and exhibit.content in axes.contents
        and exhibit.style in axes.styles
    )


def _few_words(row: Row) -> str:
    return f"{_units(row['seeds'], row, _NUMERALS)} cannot decide"


def _units(number: int, row: Row, numerals: Mapping[int, str] | None = None) -> str:
    thing = "architecture" if row["unit"] == ARCHITECTURES else "training seed"
    return _number(number, thing, (numerals or {}).get(number))


def _more(number: int, row: Row) -> str:
    unit = "architecture" if row["unit"] == ARCHITECTURES else "seed"
    return f"{number} more {unit}{'' if number == 1 else 's'}"


def _number(number: int, thing: str, numeral: str | None = None) -> str:
    return f"{numeral or number} {thing}{'' if number == 1 else 's'}"


def _counted(counts: Mapping[str, int]) -> str:
    return _listed(
        f"{count} {words[count > 1]}" for verdict, words in _COUNTED.items() if (count := counts.get(verdict))
    )


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _as_clause(row: Row) -> str:
    statement = (plain(row["statement"]) or plain(row["claim"])).rstrip(".")
    first, space, rest = statement.partition(" ")
    # An abbreviation such as VGG keeps its capitals.
    return f"{first.lower() if first.istitle() else first}{space}{rest}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
