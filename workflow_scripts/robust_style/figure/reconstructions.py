"""What each checkpoint has kept: the content from single layers, textures from more and more of them."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robust_style.errors import ResultError
from robust_style.figure.fitting import paragraph
from robust_style.figure.grid import shown_seed, thinned
from robust_style.figure.palette import Look, looks
from robust_style.figure.pictures import read_picture
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    LARGE_PT,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    save,
    visual_language,
)
from robust_style.figure.words import epoch_words, share_missing, spoken
from robust_style.files.digest import sha256_of_file
from robust_style.files.reconstruction_record import Part, Reconstructions

# More, in both blocks, would be stamps.
MOST_ROWS = 12

LABEL_MM = 17.0
GAP_MM = 1.2
BLOCK_GAP_MM = 5.0
HEADS_MM = 13.0
LAYERS_MM = 9.4
CAPTION_MM = 3.6
WIDEST_MM = 40.0
# "0.44 · 1234 %" in small type; under narrower pictures it is smaller.
LONGEST_CAPTION_MM = 16.5
NOTE_LINE_MM = 3.0
NOTE = (
    "Under each content: squared distance from the original, in parts of the original's own spatial variance, at the "
    "layer · in pixels (0 %: nothing is missing, 100 %: as far as one even colour). Under each texture: what is left "
    "of the distance from content to style. Of the pictures as shown."
)


@dataclass(frozen=True)
class _Row:
    """What one checkpoint has kept; of several networks where these are still one network, untrained."""

    networks: tuple[str, ...]
    shown: Reconstructions


def draw_reconstructions(
    *, records: list[Path], content: Path, style: Path, networks: list[str], figure: Path, vector: Path
) -> None:
    """Draws a row per checkpoint (epochs down, `networks` side by side within each) and a column per layer, twice.

    Where networks have other layers, the columns are depths, and the note says which layers of whom these are.
    `content` and `style` are the prepared images, shown at the left. Of several training seeds one is shown, of many
    epochs some. Raises ResultError if the records are of several images or numbers of layers, or of none of the
    networks.
    """
    found = _chosen(records, networks)
    regimes = {network: one.regime for network in networks for one in found if one.network == network}
    rows = _rows(found, list(regimes))
    layers = _layers(found)
    heads = next(iter(layers)) if len(layers) == 1 else [f"depth {n}" for n in range(1, len(found[0].content) + 1)]
    note = f"{NOTE}{_depths(layers)} Training seed {found[0].seed}."
    with visual_language():
        layout = max((_Layout(rows, note, beside=beside) for beside in (True, False)), key=lambda one: one.width)
        of_network = looks(regimes)
        for block in (0, 1):
            _draw_heads(layout, rows[0].shown, heads, block)
        _draw_original(layout, content, rows[0].shown.content_name, layout.top(0, 0))
        _draw_original(layout, style, rows[0].shown.style_name, layout.top(1, 1 if layout.beside else 0))
        for number, row in enumerate(rows):
            _draw_row(layout, row, number, of_network)
        for line, words in enumerate(layout.note):
            at = layout.sheet.height_mm - (len(layout.note) - line) * NOTE_LINE_MM - 0.4
            layout.sheet.text(words, 0.0, at, size=SMALL_PT, colour=QUIET)
        save(layout.sheet.figure, figure, vector)


class _Layout:
    """Where each thing stands: the two blocks beside each other, or the textures under the contents."""

    def __init__(self, rows: Sequence[_Row], note: str, *, beside: bool) -> None:
        first = rows[0].shown
        shape = first.height_px / first.width_px
        self.beside = beside and len(rows) > 1  # the originals stand under each other
        layers, blocks = len(first.content), 2 if self.beside else 1
        lines, heads = len(rows) * (3 - blocks), 3 - blocks
        gaps = (layers * blocks + 1) * GAP_MM + (blocks - 1) * BLOCK_GAP_MM
        across = (PAGE_WIDTH_MM - LABEL_MM - gaps) / (layers * blocks + 1)
        room = PAGE_HEIGHT_MM - heads * HEADS_MM - (heads - 1) * BLOCK_GAP_MM - 4 * NOTE_LINE_MM
        self.width: float = min(across, (room / lines - CAPTION_MM - GAP_MM) / shape, WIDEST_MM)
        self.height = self.width * shape
        self.caption_pt = SMALL_PT * min(1.0, self.width / LONGEST_CAPTION_MM)
        self.line = self.height + CAPTION_MM + GAP_MM
        self.block = HEADS_MM + len(rows) * self.line + BLOCK_GAP_MM
        self.step = self.width + GAP_MM
        self.across = layers * self.step + BLOCK_GAP_MM
        width = LABEL_MM + self.step + blocks * self.across - BLOCK_GAP_MM
        self.note = paragraph(note, width, SMALL_PT)
        height = heads * self.block - BLOCK_GAP_MM + len(self.note) * NOTE_LINE_MM + 1.0
        self.sheet = Sheet.of_size(width, height)

    def left(self, block: int, column: int) -> float:
        return LABEL_MM + self.step + (block * self.across if self.beside else 0.0) + column * self.step

    def top(self, block: int, row: int) -> float:
        return HEADS_MM + (0.0 if self.beside else block * self.block) + row * self.line


def _layers(found: Sequence[Reconstructions]) -> dict[tuple[str, ...], list[str]]:
    """The layers of the contents, and the networks that have these; networks of other kinds have others."""
    networks: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        names = networks.setdefault(tuple(part.layers[-1] for part in one.content), [])
        names += [one.network] * (one.network not in names)
    return networks


def _depths(layers: dict[tuple[str, ...], list[str]]) -> str:
    """What the depths are, in words; none where all networks have the same layers, which then stand over them."""
    if len(layers) == 1:
        return ""
    each = (f"{', '.join(map(spoken, networks))}: {', '.join(names)}" for names, networks in layers.items())
    return f" Depths of {'; of '.join(each)}."


def _draw_heads(layout: _Layout, shown: Reconstructions, heads: Sequence[str], block: int) -> None:
    title = (f"Content {spoken(shown.content_name)}", f"Texture {spoken(shown.style_name)}")[block]
    what = ("rebuilt from one layer alone", "rebuilt from all layers up to one")[block]
    left, top = layout.left(block, 0), layout.top(block, 0) - HEADS_MM
    layout.sheet.text(title, left, top + 0.3, size=LARGE_PT, bold=True)
    layout.sheet.text(what, left, top + 5.0, size=SMALL_PT, colour=QUIET)
    if block == 0 or not layout.beside:
        layout.sheet.text("original", LABEL_MM, top + LAYERS_MM, size=SMALL_PT)
    for column, head in enumerate(heads):
        words = f"to {head}" if block == 1 and column else head
        layout.sheet.text(words, layout.left(block, column), top + LAYERS_MM, size=SMALL_PT)


def _draw_original(layout: _Layout, path: Path, name: str, top: float) -> None:
    picture = read_picture(path)
    layout.sheet.picture(picture, LABEL_MM, top, layout.width, layout.height)
    layout.sheet.text(spoken(name), LABEL_MM, top + layout.height + 0.4, size=layout.caption_pt, colour=QUIET)


def _draw_row(layout: _Layout, row: _Row, number: int, of_network: dict[str, Look]) -> None:
    shown = row.shown
    tiles = np.split(read_picture(shown.strip), len(shown.content) + len(shown.texture), axis=1)
    for block, parts in enumerate((shown.content, shown.texture)):
        top = layout.top(block, number)
        if block == 0 or not layout.beside:
            _draw_label(layout.sheet, row, top, of_network)
        for column, part in enumerate(parts):
            at = layout.left(block, column)
            tile = tiles[block * len(shown.content) + column]
            layout.sheet.picture(tile, at, top, layout.width, layout.height)
            words = _content_words(part) if block == 0 else f"{share_missing(part.shown_loss)} %"
            layout.sheet.text(words, at, top + layout.height + 0.4, size=layout.caption_pt, colour=QUIET)


def _content_words(part: Part) -> str:
    return f"{share_missing(part.shown_loss, 0.1)} · {share_missing(part.pixel_loss, 0.1)} %"


def _draw_label(sheet: Sheet, row: _Row, top: float, of_network: dict[str, Look]) -> None:
    if len(row.networks) > 1:
        sheet.text(epoch_words(row.shown.epoch), 0.0, top + 0.2, bold=True)
        sheet.text("one network\nfor all", 0.0, top + 3.6, size=SMALL_PT, colour=QUIET)
        return
    name = "\n".join(textwrap.wrap(spoken(row.networks[0]), 12))
    sheet.text(name, 0.0, top + 0.2, size=SMALL_PT + 0.5, colour=of_network[row.networks[0]].colour, bold=True)
    below = top + 0.2 + 3.2 * (name.count("\n") + 1)
    sheet.text(epoch_words(row.shown.epoch), 0.0, below, size=SMALL_PT, colour=QUIET)


def _chosen(records: Sequence[Path], networks: Sequence[str]) -> list[Reconstructions]:
    found = [one for one in map(Reconstructions.load, records) if one.network in networks]
    if not found:
        raise ResultError(f"expected reconstructions of {', '.join(networks)}, found none; add these networks' records")
    kinds = {(one.content_name, one.style_name, len(one.content)) for one in found}
    if len(kinds) > 1:
        raise ResultError("expected reconstructions of one pair and its layers, found several; delete the others")
    seed = shown_seed((one.network, one.seed) for one in found)
    return [one for one in found if one.seed == seed]


def _rows(found: Sequence[Reconstructions], networks: Sequence[str]) -> list[_Row]:
    last = {max(one.epoch for one in found if one.network == name) for name in networks}
    shown = thinned(sorted({one.epoch for one in found}), last, max(2, MOST_ROWS // len(networks)))
    rows: list[_Row] = []
    for epoch in shown:
        alike: dict[str, list[Reconstructions]] = {}
        for name in networks:
            for one in found:
                if (one.network, one.epoch) == (name, epoch):
                    # untrained, networks of one seed are the same one
                    alike.setdefault(sha256_of_file(one.strip), []).append(one)
        rows += [_Row(tuple(one.network for one in group), group[0]) for group in alike.values()]
    return rows
