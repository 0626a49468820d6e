"""Parsers of the commands: no abbreviations, unknown options answered with the nearest, numbers in any spelling."""

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, NoReturn

from robust_style.workflow.numbers import number_in, whole_number_in

# Long enough for any message, short enough for a terminal.
_LONGEST_SHOWN = 60


class CommandParser(argparse.ArgumentParser):
    """A parser that takes no abbreviated options and answers a mistake with one sentence and status 2.

    `renamed` gives the sentence for an option or a command that no longer exists.
    """

    def __init__(self, *, renamed: dict[str, str] | None = None, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False)
        self.renamed = renamed or {}

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse, but a sub-command refuses options that it does not know before it misses others."""
        args = sys.argv[1:] if args is None else args
        if self._subparsers is None:
            self._refuse_unknown(args)
            self._refuse_repeated(args)
        elif args and args[0] in self.renamed:
            self.error(f"{args[0]}: {self.renamed[args[0]]}")
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """One sentence on stderr, exit status 2."""
        self.exit(2, f"error: {message}; `{self.prog} --help` lists the options\n")

    def _refuse_unknown(self, arguments: Sequence[str]) -> None:
        known = self._option_string_actions
        for argument in arguments:
            if argument == "--":
                return
            name = argument.partition("=")[0]
            is_option = len(name) > 1 and name.startswith("-") and " " not in name and number_in(name) is None
            if not is_option or name in known:
                continue
            if name in self.renamed:
                self.error(f"{name}: {self.renamed[name]}")
            spelt = f"--{name.strip('-').replace('_', '-').lower()}"
            near = difflib.get_close_matches(spelt, list(known), 1)
            self.error(f"unknown option {shown(name)}{f'; did you mean {near[0]}?' if near else ''}")

    def _refuse_repeated(self, arguments: Sequence[str]) -> None:
        """Refuse a second list of values: argparse would silently keep the last one only."""
        options = list(takewhile(lambda argument: argument != "--", arguments))
        for name, action in self._option_string_actions.items():
            if action.nargs == "+" and options.count(name) > 1:
                self.error(f"{name} is given twice; write all its values after one {name}")


def shown(text: str) -> str:
    """What was typed, in a message: as Python would write it, not long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")


def number(least: int | float, most: int | float, *, above: bool = False) -> Callable[[str], float]:
    """A type for argparse: a number from `least` (or above it) to `most`: `300`, `1e3`, `1/8`."""

    def read(text: str) -> float:
        value = number_in(text)
        if value is None:
            raise argparse.ArgumentTypeError(f"expected a finite number, found {shown(text)}")
        if not least <= value <= most or (above and value == least):
            start = f"above {least:g}, up to" if above else f"from {least:g} to"
            raise argparse.ArgumentTypeError(f"expected a number {start} {most:g}, found {shown(text)}")
        return float(value)

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A type for argparse: a whole number from `least` to `most`, also as `1e3`."""

    def read(text: str) -> int:
        value = whole_number_in(text)
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}, found {shown(text)}")
        return value

    return read
