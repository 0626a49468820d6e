"""The table of claims: one row per claim and recipe, with estimate, interval, verdict and exhibits."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.tsv import read_table, write_table

_NUMBERS = ("estimate", "interval_low", "interval_high", "crossed_low", "crossed_high", "effect_size", "p_value")
_COUNTS = ("seeds", "pairs")
COLUMNS = (
    "claim", "statement", "source", "recipe", "contrast", "measure", *_NUMBERS, *_COUNTS, "verdict", "reading",
    "strongest_for", "strongest_against",
)  # fmt: skip
# In the order in which they are shown; "undecided" may be followed by a number of seeds in brackets.
VERDICTS = ("supported", "refuted", "undecided", "not tested")


def write_claims(path: Path, rows: list[dict[str, object]]) -> None:
    """Write the table; each of `rows` has a value per column. Raises StorageError if it cannot be written."""
    write_table(path, pd.DataFrame(rows, columns=list(COLUMNS)))


def read_claims(path: Path) -> pd.DataFrame:
    """Read the table in its order; texts are never NaN, numbers are NaN where not measured.

    Raises ResultError if the table is missing, lacks a column or has an unknown verdict.
    """
    types = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(_NUMBERS, "float64") | dict.fromkeys(_COUNTS, "int64")
    table = read_table(path, types, "the table of claims")
    if unknown := sorted(set(map(plain_verdict, table["verdict"])) - set(VERDICTS)):
        raise ResultError(
            f"{path}: expected the table of claims, found the verdict {unknown[0]!r}; delete it and run again"
        )
    return table


def plain_verdict(verdict: str) -> str:
    """Return the verdict without the number of seeds that may follow it in brackets."""
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
