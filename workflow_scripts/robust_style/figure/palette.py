"""The colour, marker and line of each network, in every figure and on the page."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Dashes: TypeAlias = Literal["-", "--", "-.", ":"]


@dataclass(frozen=True)
class Look:
    """How one network is drawn."""

    colour: str
    marker: str
    dashes: Dashes


# SOURCE: Okabe and Ito 2008, distinguishable with every common colour blindness. From the seventh network on, Tol's
# muted colours (2021), which are less distinct from these. Markers and dashes distinguish networks without colour.
STANDARD = Look("#0072B2", "o", "-")
ADVERSARIAL = Look("#D55E00", "s", "--")
FURTHER = (
    Look("#009E73", "^", "-."),
    Look("#CC79A7", "D", ":"),
    Look("#56B4E9", "v", "-"),
    Look("#E69F00", "P", "--"),
    Look("#332288", "X", "-."),
    Look("#999933", "<", ":"),
    Look("#661100", ">", "-"),
    Look("#44AA99", "p", "--"),
    Look("#AA4499", "*", "-."),
    Look("#000000", "h", ":"),
)


def looks(regimes: Mapping[str, str]) -> dict[str, Look]:
    """A look per network, given each network's regime in the order of the configuration.

    The first standard and the first adversarial network have the project's two colours, before them those of that
    name; the others take the rest.
    """
    chosen: dict[str, Look] = {}
    reserved = {"standard": STANDARD, "adversarial": ADVERSARIAL}
    namesakes = {regime: regime if regimes.get(regime) == regime else None for regime in reserved}
    further = itertools.cycle(FURTHER)
    for network, regime in regimes.items():
        is_first = regime in reserved and namesakes[regime] in (None, network)
        chosen[network] = reserved.pop(regime) if is_first else next(further)
    return chosen


@dataclass(frozen=True)
class Mark:
    """How a verdict is drawn; a hollow marker has the colour as its edge."""

    colour: str
    marker: str
    is_filled: bool


# Distinguished by form as well as by colour; no network has one of these.
VERDICTS = {
    "supported": Mark("#117733", "o", is_filled=True),
    "refuted": Mark("#882255", "D", is_filled=True),
    "undecided": Mark("#5f6368", "o", is_filled=False),
    "points to": Mark("#117733", "o", is_filled=False),
    "points against": Mark("#882255", "D", is_filled=False),
    "unclear": Mark("#5f6368", ".", is_filled=False),
    "incomplete": Mark("#9aa0a6", "+", is_filled=False),
    "not tested": Mark("#9aa0a6", "x", is_filled=False),
}
