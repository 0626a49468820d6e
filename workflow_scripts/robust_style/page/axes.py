"""The axes along which the page's pictures lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from robust_style.files.trace import Labels


@dataclass(frozen=True)
class Axes:
    """The axes along which the page's pictures lie: every recipe, network, seed, epoch, content and style, each once.

    Names keep the order of the configuration: the original pair, the main recipe and the standard network come first.
    """

    recipes: tuple[str, ...]
    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    epochs: tuple[int, ...]
    contents: tuple[str, ...]
    styles: tuple[str, ...]

    @classmethod
    def of(cls, labels: Sequence[Labels]) -> "Axes":
        """The axes of these pictures."""
        return cls(
            recipes=tuple(dict.fromkeys(label.recipe for label in labels)),
            networks=tuple(dict.fromkeys(label.network for label in labels)),
            seeds=tuple(sorted({label.seed for label in labels})),
            epochs=tuple(sorted({label.epoch for label in labels})),
            contents=tuple(dict.fromkeys(label.content for label in labels)),
            styles=tuple(dict.fromkeys(label.style for label in labels)),
        )

    def place(self, labels: Labels) -> list[int]:
        """A picture's number on each axis, in the order of the fields."""
        return [
            self.recipes.index(labels.recipe),
            self.networks.index(labels.network),
            self.seeds.index(labels.seed),
            self.epochs.index(labels.epoch),
            self.contents.index(labels.content),
            self.styles.index(labels.style),
        ]
