"""The argument parser of the commands: no abbreviations, the nearest option for an unknown one, types for numbers."""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, NoReturn

from robust_style.messages import did_you_mean, quoted
from robust_style.workflow.schema import number_in, whole_number_in


class CommandParser(argparse.ArgumentParser):
    """A parser that accepts no abbreviated options and reports a mistake in one sentence with status 2.

    `renamed`: what to do instead, for options and commands that no longer exist.
    """

    def __init__(self, *, renamed: dict[str, str] | None = None, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False)
        self.renamed = renamed or {}

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As in argparse, but a sub-command reports unknown options before missing ones."""
        args = sys.argv[1:] if args is None else args
        if self._subparsers is None:
            self._refuse_unknown(args)
            self._refuse_repeated(args)
        elif args and args[0] in self.renamed:
            self.error(f"{args[0]}: {self.renamed[args[0]]}")
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Print one sentence to stderr and exit with status 2."""
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
            self.error(f"unknown option {quoted(name)}{did_you_mean(spelt, known)}")

    def _refuse_repeated(self, arguments: Sequence[str]) -> None:
        """Refuse a second list of values: argparse would silently keep the last one only."""
        options = list(takewhile(lambda argument: argument != "--", arguments))
        for name, action in self._option_string_actions.items():
            if action.nargs == "+" and options.count(name) > 1:
                self.error(f"{name} is given twice; write all its values after one {name}")


def number(least: int | float, most: int | float, *, above: bool = False) -> Callable[[str], float]:
    """An argparse type: a number (`300`, `1e3`, `1/8`) from `least`, or above it, to `most`."""

    def read(text: str) -> float:
        value = number_in(text)
        if value is None:
            raise argparse.ArgumentTypeError(f"expected a finite number, found {quoted(text)}")
        if not least <= value <= most or (above and value == least):
            start = f"above {least:g}, up to" if above else f"from {least:g} to"
            raise argparse.ArgumentTypeError(f"expected a number {start} {most:g}, found {quoted(text)}")
        return float(value)

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """An argparse type: a whole number from `least` to `most`, also as `1e3`."""

    def read(text: str) -> int:
        value = whole_number_in(text)
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}, found {quoted(text)}")
        return value

    return read
