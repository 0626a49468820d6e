"""Where to look: the pictures of one comparison, named in one line of text."""

import re
from dataclasses import dataclass

_NAME = r"[^/+\s]+"
_NAMES = rf"{_NAME}(?:\+{_NAME})*"
_TEXT = re.compile(
    rf"(?P<recipes>{_NAMES})/(?P<networks>{_NAMES})/seed_(?P<seed>\d+)/epoch_(?P<epoch>\d{{3,}})/"
    r"(?P<content>[^/+\s]+?)--(?P<style>[^/+\s]+)"
)


@dataclass(frozen=True)
class Exhibit:
    """Pictures to hold side by side: of two networks, of two recipes, or of a network and recipe each; left first."""

    recipes: tuple[str, ...]
    networks: tuple[str, ...]
    seed: int
    epoch: int
    content: str
    style: str

    @staticmethod
    def parse(text: str) -> "Exhibit | None":
        """The exhibit that `text` names, such as `fair/standard+adversarial/seed_0/epoch_100/bigben--the_scream`.

        None where it names none.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        return Exhibit(
            recipes=tuple(found["recipes"].split("+")),
            networks=tuple(found["networks"].split("+")),
            seed=int(found["seed"]),
            epoch=int(found["epoch"]),
            content=found["content"],
            style=found["style"],
        )

    def __str__(self) -> str:
        recipes, networks = "+".join(self.recipes), "+".join(self.networks)
        return f"{recipes}/{networks}/seed_{self.seed}/epoch_{self.epoch:03d}/{self.content}--{self.style}"
