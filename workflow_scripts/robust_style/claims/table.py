"""The table of claims: one row per claim and recipe, with its evidence and verdict."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.tsv import read_table, write_table

# In the order in which a reader wants them. Some go on with a reason in brackets.
VERDICTS = (
    "supported", "refuted", "undecided", "points to", "points against", "unclear", "incomplete", "not tested",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimRow:
    """A claim judged with one recipe.

    `estimate` is the left side of the contrast less the right one, without its margin (`threshold`), in units of
    `measure`, averaged over pairs within a seed and then over seeds; the claim says that it is `above` or `below` the
    threshold (`claimed_side`). Where `unit` is `architectures`, these are in the place of seeds in all columns.
    `interval_*` is the interval over seeds at the `confidence` of Holm's step (exploratory: 0.95), `crossed_*` that of
    other contents and styles, too. `adjusted_p` is Holm's adjusted p of a primary claim, the q-value of an exploratory
    one. `per_seed` lists `seed:value` or `architecture:value`. None means
    that there is no such number.
    """

    claim: str
    statement: str
    source: str
    quote: str
    family: str
    unit: str
    recipe: str
    contrast: str
    measure: str
    verdict: str
    estimate: float | None = None
    threshold: float | None = None
    claimed_side: str = ""
    smallest_effect: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    confidence: float | None = None
    crossed_low: float | None = None
    crossed_high: float | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    seeds: int = 0
    pairs: int = 0
    seeds_needed: int | None = None
    per_seed: str = ""
    reading: str = ""
    strongest_for: str = ""
    strongest_against: str = ""


COLUMNS = tuple(field.name for field in fields(ClaimRow))
_COUNTS = ("seeds", "pairs")
_TEXTS = tuple(field.name for field in fields(ClaimRow) if field.type is str)


def write_claims(path: Path, rows: Iterable[ClaimRow]) -> None:
    """Writes the rows to the tab-separated file `path`."""
    write_table(path, pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS)))


def read_claims(path: Path) -> pd.DataFrame:
    """Read the table in its order; texts are never NaN, numbers are NaN where there is none.

    Raises ResultError if the table is missing, lacks a column or has an unknown verdict.
    """
    types = {name: "str" if name in _TEXTS else "int64" if name in _COUNTS else "float64" for name in COLUMNS}
    table = read_table(path, types, "the table of claims")
    if unknown := sorted(set(map(plain_verdict, table["verdict"])) - set(VERDICTS)):
        raise ResultError(
            f"{path}: expected the table of claims, found the verdict {unknown[0]!r}; delete it and run again"
        )
    return table


def plain_verdict(verdict: str) -> str:
    """Return the verdict without the reason that may follow it in brackets."""
    return verdict.partition(" (")[0]


_NAME = r"[^/+\s]+"
_NAMES = rf"{_NAME}(?:\+{_NAME})*"
_EXHIBIT = re.compile(
    rf"(?P<recipes>{_NAMES})/(?P<networks>{_NAMES})/seed_(?P<seed>\d+)/epoch_(?P<epoch>\d{{3,}})/"
    r"(?P<content>[^/+\s]+?)--(?P<style>[^/+\s]+)"
)


@dataclass(frozen=True)
class Exhibit:
    """Pictures to compare side by side, left one first: of two networks, of two recipes, or of both."""

    recipes: tuple[str, ...]
    networks: tuple[str, ...]
    seed: int
    epoch: int
    content: str
    style: str

    @staticmethod
    def parse(text: str) -> "Exhibit | None":
        """Parse text such as `fair/standard+adversarial/seed_0/epoch_100/bigben--the_scream`; None if it does not fit.

        The inverse of `str`.
        """
        match = _EXHIBIT.fullmatch(text)
        if match is None:
            return None
        return Exhibit(
            recipes=tuple(match["recipes"].split("+")),
            networks=tuple(match["networks"].split("+")),
            seed=int(match["seed"]),
            epoch=int(match["epoch"]),
            content=match["content"],
            style=match["style"],
        )

    def __str__(self) -> str:
        recipes, networks = "+".join(self.recipes), "+".join(self.networks)
        return f"{recipes}/{networks}/seed_{self.seed}/epoch_{self.epoch:03d}/{self.content}--{self.style}"
