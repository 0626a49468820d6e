"""Contrasts written as formulas: `standard@half - standard > adversarial@half - adversarial`.

A formula compares two sums of terms with `<` or `>`. A term is

* a number: a margin, in units of the measure,
* `network`, `network@checkpoint`, `network[recipe]@checkpoint`: the claim's measure of this network's pictures. The
  checkpoint is an epoch, `untrained` (epoch 0), `first` (the first trained one), `half` (the one nearest to half of the
  training) or `last` (without `@`),
* `control(name)`: the measure of the control pictures of that name, which no network painted,
* `mean(network)`: the mean over the trained checkpoints,
* `epochs_to_90(network)`, `epochs_to_common(network, other)`, `iterations_to_90(network)`,
  `iterations_to_common(network, other)`: how fast (`speed`),
* `rank_correlation(quantity)`: over all trained networks.

The grammar is Python's, parsed by `ast`; nothing is evaluated as code.
"""

import ast
from dataclasses import dataclass

from robust_style.errors import ConfigError

# Units of replication. Of an architecture its standard and its adversarial network are compared, one training of each.
SEEDS, ARCHITECTURES = "seeds", "architectures"
PAIRED_REGIMES = ("standard", "adversarial")
CHECKPOINTS = ("untrained", "first", "half", "last")
# Function -> number of networks it takes; names of controls and quantities are checked where they are used.
FUNCTIONS = {
    "control": 1, "mean": 1, "epochs_to_90": 1, "epochs_to_common": 2, "iterations_to_90": 1,
    "iterations_to_common": 2, "rank_correlation": 1,
}  # fmt: skip
# The units of functions that are not in units of the claim's measure.
_UNITS = {
    "epochs_to_90": "epochs", "epochs_to_common": "epochs", "iterations_to_90": "iterations",
    "iterations_to_common": "iterations", "rank_correlation": "rank_correlation",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """Pictures of one network; `recipe` None is the one that the claim is judged with."""

    network: str
    recipe: str | None = None
    checkpoint: str | int = "last"


@dataclass(frozen=True)
class Term:
    """`sign` times a number per training seed: of a cell (`function` None) or of a function of cells."""

    sign: int
    function: str | None
    cells: tuple[Cell, ...]

    @property
    def paints(self) -> bool:
        """Whether its names are networks, not a control or a quantity."""
        return self.function not in ("control", "rank_correlation")


@dataclass(frozen=True)
class Contrast:
    """A sum of `terms` that is claimed to lie above (`direction` 1) or below (-1) `threshold`."""

    text: str
    terms: tuple[Term, ...]
    threshold: float
    direction: int

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of all terms."""
        return tuple(cell for term in self.terms for cell in term.cells)

    @property
    def unit(self) -> str | None:
        """`epochs`, `iterations` or `rank_correlation`; None if the contrast is in units of the measure."""
        return next((_UNITS[term.function] for term in self.terms if term.function in _UNITS), None)


def parse_contrast(text: str) -> Contrast:
    """The contrast that `text` writes. Raises ConfigError that names the part which is no formula."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise ConfigError(f"expected a formula such as 'adversarial < standard', found {text!r}") from None
    if not (isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Lt | ast.Gt)):
        raise ConfigError(f"expected two sums compared by one < or >, found {text!r}")
    direction = 1 if isinstance(tree.ops[0], ast.Gt) else -1
    parts = [*_sum(tree.left, 1, text), *_sum(tree.comparators[0], -1, text)]
    terms = tuple(part for part in parts if isinstance(part, Term))
    if not terms:
        raise ConfigError(f"expected a network in the formula, found {text!r}")
    if len({_UNITS.get(term.function or "") for term in terms}) > 1:
        raise ConfigError(f"expected terms of one unit, found {text!r}")
    margin = sum(part for part in parts if not isinstance(part, Term))
    return Contrast(text, terms, 0.0 - margin, direction)


def _sum(node: ast.expr, sign: int, text: str) -> list[Term | float]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_sum(left, sign, text), *_sum(right, sign, text)]
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return [*_sum(left, sign, text), *_sum(right, -sign, text)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _sum(operand, -sign, text)
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return [sign * float(number)]
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
            if len(arguments) != FUNCTIONS.get(function):
                raise ConfigError(f"expected one of {', '.join(FUNCTIONS)} with its networks, found {_source(node)!r}")
            return [Term(sign, function, tuple(_cell(argument) for argument in arguments))]
        case _:
            return [Term(sign, None, (_cell(node),))]


def _cell(node: ast.expr) -> Cell:
    match node:
        case ast.Name(id=network):
            return Cell(network)
        case ast.Subscript(value=ast.Name(id=network), slice=ast.Name(id=recipe)):
            return Cell(network, recipe)
        case ast.BinOp(left=left, op=ast.MatMult(), right=ast.Name(id=name)) if name in CHECKPOINTS:
            cell = _cell(left)
            return Cell(cell.network, cell.recipe, name)
        case ast.BinOp(left=left, op=ast.MatMult(), right=ast.Constant(value=int() as epoch)):
            cell = _cell(left)
            return Cell(cell.network, cell.recipe, epoch)
    raise ConfigError(
        f"expected a network, network[recipe] or network@checkpoint ({', '.join(CHECKPOINTS)} or an epoch), "
        f"found {_source(node)!r}"
    )


def _source(node: ast.expr) -> str:
    return ast.unparse(node)
