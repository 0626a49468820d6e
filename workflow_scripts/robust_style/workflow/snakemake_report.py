"""Snakemake's report: the labels of its items, and whether there is anything to report.

Snakemake 9.27 sorts the items of a view (a subcategory) by their labels as text. It makes a toggle of a label that is
not the first, if the label has two values and each of them belongs to half of the items; two such labels are two
columns instead. The view fails if an item's counterpart under the toggle does not exist.
SOURCE: snakemake/report/html_reporter/template/components/abstract_results.js, `getData` and `renderEntries`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError

Item = Mapping[str, str | int]
Texts = Mapping[str, str]

_PAIR = "pair"
_OPTION = "--report"
# Ranks of an order of labels, after 0 (the preferred label is the toggle).
_WORKS, _FAILS = 1, 2


def require_results(arguments: Sequence[str], results: Path) -> None:
    """Raise ResultError if these command-line arguments ask for a report of a workflow that has not run.

    Without this check, Snakemake 9.27 writes a line about missing metadata for every file before it stops.
    """
    is_report = any(argument == _OPTION or argument.startswith(f"{_OPTION}=") for argument in arguments)
    # Every job leaves a record in that folder. A report of a part of the results is possible.
    if is_report and "--report-after-run" not in arguments and not (results / "provenance").exists():
        raise ResultError(
            f"{results}/ has no results to report: run the workflow first (the same command without {_OPTION})"
        )


def can_hold_folders(arguments: Sequence[str]) -> bool:
    """True if the report that these command-line arguments ask for is a .zip, which can hold folders.

    Snakemake 9.27 refuses folders in a report of a single file ("unsupported when requesting a pure HTML report").
    """
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    paths = [following for argument, following in pairs if argument == _OPTION]
    paths += [argument.removeprefix(f"{_OPTION}=") for argument in arguments if argument.startswith(f"{_OPTION}=")]
    return any(Path(path).suffix == ".zip" for path in paths)


class ReportLabels:
    """Labels for the items of one view, chosen from all of them so that the view can show every item."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Choose the labels. `items` have the same keys, in the preferred order; the last is the preferred toggle.

        Keys with the same value for all items are dropped. `content` and `style` become one label `pair` where not
        every combination of them exists.
        """
        rows = list(items)
        self._has_pair = {"content", "style"} <= set(rows[0]) and not _is_grid(rows)
        rows = [self._with_pair(row) for row in rows]
        self._widths = {name: max(len(str(row[name])) for row in rows) for name in rows[0]}
        texts = [self._as_text(row) for row in rows]
        names = [name for name in rows[0] if len({text[name] for text in texts}) > 1] or list(rows[0])[:1]
        self._order = min(_orders(names), key=lambda order: _rank(texts, order, names[-1]))
        self._joins = _rank(texts, self._order, names[-1]) == _FAILS

    def of(self, item: Item) -> dict[str, str]:
        """The labels of one of the items, in the order of the columns."""
        text = self._as_text(self._with_pair(item))
        if self._joins:
            return {", ".join(self._order): " · ".join(text[name] for name in self._order)}
        return {name: text[name] for name in self._order}

    def _with_pair(self, item: Item) -> Item:
        if not self._has_pair:
            return item
        others = {name: value for name, value in item.items() if name not in ("content", "style")}
        return {_PAIR: f"{item['content']} × {item['style']}", **others}

    def _as_text(self, item: Item) -> dict[str, str]:
        """Numbers are padded with zeros, so that their order as text is their order as numbers."""
        return {
            name: str(value).zfill(self._widths[name]) if isinstance(value, int) else value
            for name, value in item.items()
        }


def picture_item(config: dict[str, Any], recipe: str, network: str, seed: int | str, epoch: int | str) -> Item:
    """What distinguishes the pictures of one pair. The regime is added to a network's name where the two differ."""
    regime = config["networks"][network]["regime"]
    return {
        "recipe": recipe,
        "epoch": int(epoch),
        "training seed": int(seed),
        "network": network if network == regime else f"{network} ({regime})",
    }


def _is_grid(rows: Sequence[Item]) -> bool:
    """True if every combination of several contents and styles exists; a row or column of a grid counts too."""
    pairs = {(row["content"], row["style"]) for row in rows}
    contents, styles = ({pair[axis] for pair in pairs} for axis in (0, 1))
    return 1 < len(pairs) == len(contents) * len(styles)


def _orders(names: Sequence[str]) -> list[list[str]]:
    """The names as they are, and with each of the others first: the first label is never a toggle."""
    return [[first, *(name for name in names if name != first)] for first in names]


def _rank(texts: Sequence[Texts], order: Sequence[str], preferred: str) -> int:
    """0 if the preferred label is the toggle and works, 1 if the view works, 2 if it fails."""
    toggle = _toggle(texts, order)
    if toggle is None:
        return _WORKS
    rows = {tuple(text[name] for name in order if name != toggle) for text in texts}
    if 2 * len(rows) != len(texts):
        return _FAILS
    return 0 if toggle == preferred else _WORKS


def _toggle(texts: Sequence[Texts], order: Sequence[str]) -> str | None:
    """The label that Snakemake makes a toggle, if there is one."""
    counts = {name: Counter(text[name] for text in texts) for name in order[1:]}
    halves = [name for name, count in counts.items() if set(count.values()) == {len(texts) / 2}]
    return halves[0] if len(halves) == 1 else None
