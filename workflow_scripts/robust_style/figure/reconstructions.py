"""What each checkpoint has kept: the content from single layers, textures from more and more of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robust_style.errors import ResultError
from robust_style.figure.palette import looks
from robust_style.figure.picture_grid import EMPTY, Block, Cell, Label, PictureGrid
from robust_style.figure.pictures import Picture, read_picture
from robust_style.figure.style import figure_style, save
from robust_style.figure.stylizations import common_seed, thinned
from robust_style.figure.words import epoch_words, share_missing, spoken
from robust_style.files.digest import sha256_of_file
from robust_style.files.reconstruction_record import Reconstructions

# More rows, in both blocks, would make the pictures too small.
MOST_ROWS = 12
NOTE = (
    "Under each content: squared distance from the original, in parts of the original's own spatial variance, at the "
    "layer · in pixels (0 %: nothing is missing, 100 %: as far as one even colour). Under each texture: what is left "
    "of the distance from content to style. Of the pictures as shown."
)


@dataclass(frozen=True)
class _Row:
    """What one checkpoint has kept; the networks are several if these are still one network, untrained."""

    networks: tuple[str, ...]
    kept: Reconstructions

    def label(self, colours: Mapping[str, str]) -> Label:
        epoch = epoch_words(self.kept.epoch)
        if len(self.networks) > 1:
            return Label(epoch, ("one network", "for all"))
        return Label(spoken(self.networks[0]), (epoch,), colours[self.networks[0]])


def draw_reconstructions(
    *, records: list[Path], content: Path, style: Path, networks: list[str], figure: Path, vector: Path, preview: Path
) -> None:
    """Draw a row for each checkpoint (epochs down, `networks` within each) and a column for each layer, twice.

    If networks have different layers, the columns are depths, and the note says which layers these are.
    `content` and `style` are the prepared images, drawn at the left; `preview` is a small JPEG of the figure. Of
    several training seeds one is drawn, of many epochs some. Raises ResultError if the records are of several images
    or numbers of layers, or of none of the networks.
    """
    kept = _read(records, networks)
    regimes = {network: record.regime for network in networks for record in kept if record.network == network}
    rows = _rows(kept, list(regimes))
    layers = _layers(kept)
    heads = next(iter(layers)) if len(layers) == 1 else [f"depth {n}" for n in range(1, len(kept[0].content) + 1)]
    blocks = _blocks(rows, heads, regimes, (read_picture(content), read_picture(style)))
    note = f"{NOTE}{_depths(layers)} Training seed {kept[0].seed}."
    with figure_style():
        save(PictureGrid(blocks, note).draw(), figure, vector, preview)


def _blocks(
    rows: Sequence[_Row], heads: Sequence[str], regimes: Mapping[str, str], originals: tuple[Picture, Picture]
) -> list[Block]:
    first = rows[0].kept
    colours = {network: look.colour for network, look in looks(regimes).items()}
    names = (spoken(first.content_name), spoken(first.style_name))
    titles = (f"Content {names[0]}", f"Texture {names[1]}")
    subtitles = ("rebuilt from one layer alone", "rebuilt from all layers up to one")
    cells: tuple[list[list[Cell]], list[list[Cell]]] = ([], [])
    for number, row in enumerate(rows):
        tiles = np.split(read_picture(row.kept.strip), len(row.kept.content) + len(row.kept.texture), axis=1)
        # No-break spaces, so that narrow captions do not break before a per cent sign.
        captions = (
            [
                f"{share_missing(p.shown_loss, 0.1)} · {share_missing(p.pixel_loss, 0.1)}\u00a0%"
                for p in row.kept.content
            ],
            [f"{share_missing(part.shown_loss)}\u00a0%" for part in row.kept.texture],
        )
        for block, of_block in enumerate((tiles[: len(heads)], tiles[len(heads) :])):
            original = EMPTY if number else Cell(originals[block])
            pictures = [Cell(tile, caption) for tile, caption in zip(of_block, captions[block], strict=True)]
            cells[block].append([original, *pictures])
    to_layers = [f"to {head}" if column else head for column, head in enumerate(heads)]
    return [
        Block(
            columns=[Label("original"), *map(Label, (heads, to_layers)[block])],
            rows=[row.label(colours) for row in rows],
            cells=cells[block],
            aspect=first.width_px / first.height_px,
            title=titles[block],
            subtitle=subtitles[block],
        )
        for block in (0, 1)
    ]


def _layers(kept: Sequence[Reconstructions]) -> dict[tuple[str, ...], list[str]]:
    """The layers of the contents, and the networks that have these layers."""
    networks: dict[tuple[str, ...], list[str]] = {}
    for record in kept:
        names = networks.setdefault(tuple(part.layers[-1] for part in record.content), [])
        names += [record.network] * (record.network not in names)
    return networks


def _depths(layers: Mapping[tuple[str, ...], Sequence[str]]) -> str:
    """What the depths are, in words; empty if all networks have the same layers, which are then the heads."""
    if len(layers) == 1:
        return ""
    each = (f"{', '.join(map(spoken, networks))}: {', '.join(names)}" for names, networks in layers.items())
    return f" Depths of {'; of '.join(each)}."


def _read(records: Sequence[Path], networks: Sequence[str]) -> list[Reconstructions]:
    kept = [record for record in map(Reconstructions.load, records) if record.network in networks]
    if not kept:
        raise ResultError(f"expected reconstructions of {', '.join(networks)}, found none; add these networks' records")
    if len({(record.content_name, record.style_name, len(record.content)) for record in kept}) > 1:
        raise ResultError("expected reconstructions of one pair and its layers, found several; delete the others")
    seed = common_seed((record.network, record.seed) for record in kept)
    return [record for record in kept if record.seed == seed]


def _rows(kept: Sequence[Reconstructions], networks: Sequence[str]) -> list[_Row]:
    last = {max(record.epoch for record in kept if record.network == name) for name in networks}
    epochs = thinned(sorted({record.epoch for record in kept}), last, max(2, MOST_ROWS // len(networks)))
    by_place = {(record.epoch, record.network): record for record in kept}
    rows: list[_Row] = []
    for epoch in epochs:
        same: dict[str, list[Reconstructions]] = {}
        for network in networks:
            if record := by_place.get((epoch, network)):
                same.setdefault(sha256_of_file(record.strip), []).append(record)
        rows += [_Row(tuple(record.network for record in group), group[0]) for group in same.values()]
    return rows
