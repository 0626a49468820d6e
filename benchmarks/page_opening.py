"""How long until the page shows its first picture, and how large its folder is.

    python benchmarks/page_opening.py --pictures 1000 --rounds 5

Made-up pictures as grainy as painted ones (four networks, five epochs, previews of 384 px, four snapshots), the page
built of them, and opened from the disk in headless Chromium, each time with an empty profile. The time is from the
start of the navigation until both pictures of the comparison are decoded, as the browser's own clock says.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "workflow_scripts"), str(ROOT / "tests")]

from browser import browser  # noqa: E402
from made_page import build_page  # noqa: E402
from made_results import MadeResults, make_results, noise_picture  # noqa: E402

NETWORKS, EPOCHS = ("standard", "adversarial", "noise", "control"), (0, 25, 50, 75, 100)
PREVIEW_PX, SNAPSHOT_PX, SNAPSHOTS = 384, 224, 3
DECODED = """
Promise.all(SIDES.map(side => document.getElementById(`picture-${side}`).decode())).then(() => performance.now())
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=1000, help="how many, a multiple of 20 (default 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each window is opened (default 5)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = _make(folder, asked.pictures)
        begin = time.perf_counter()
        page = build_page(folder, made, "A page of many pictures").parent
        print(f"{len(made.traces)} pictures, built in {time.perf_counter() - begin:.0f} s")
        sizes = {path: path.stat().st_size for path in page.rglob("*.*") if path.is_file()}
        data, edition = sizes[page / "data.js"], (folder / "page.html").stat().st_size
        print(f"folder {sum(sizes.values()) / 1e6:.1f} MB in {len(sizes)} files, of it data.js {data / 1e6:.2f} MB")
        print(f"edition in one file {edition / 1e6:.1f} MB")
        for words, address in (("folder", page / "index.html"), ("edition", folder / "page.html")):
            seconds = [_seconds_to_first_picture(folder / f"{words} {at}", address) for at in range(asked.rounds)]
            spread = f"{min(seconds):.2f} to {max(seconds):.2f}, n = {asked.rounds}"
            print(f"{words}: first picture after {median(seconds):.2f} s ({spread})")


def _make(folder: Path, pictures: int) -> MadeResults:
    pairs = [(f"content_{at % 10}", f"style_{at // 10}") for at in range(pictures // (len(NETWORKS) * len(EPOCHS)))]
    made = make_results(folder, networks=NETWORKS, recipes=("fair",), epochs=EPOCHS, pairs=tuple(pairs))
    random = np.random.default_rng(0)
    for trace in made.traces:
        # Untrained networks are one network: their pictures are the same.
        own = random if trace.parent.name != "epoch_000" else np.random.default_rng(list(trace.stem.encode()))
        _grainy(own, trace.stem, PREVIEW_PX).save(trace.with_suffix(".jpg"), quality=88)
        content = noise_picture(trace.stem.split("--")[0], (SNAPSHOT_PX, SNAPSHOT_PX))
        tiles = [content, *(np.asarray(_grainy(own, trace.stem, SNAPSHOT_PX)) for _ in range(SNAPSHOTS - 1))]
        Image.fromarray(np.concatenate(tiles, axis=1)).save(trace.with_suffix(".snapshots.png"), compress_level=1)
    return made


def _grainy(random: np.random.Generator, name: str, size: int) -> Image.Image:
    """A smooth picture under strokes a few pixels wide: as many bytes a pixel as a painted one."""
    grain = random.integers(0, 256, (size // 2, size // 2, 3), dtype=np.uint8)
    strokes = Image.fromarray(grain).resize((size, size), Image.Resampling.BICUBIC)
    return Image.blend(Image.fromarray(noise_picture(name, (size, size))), strokes, 0.4)


def _seconds_to_first_picture(profile: Path, page: Path) -> float:
    profile.mkdir()
    with browser(profile) as tab:
        tab.open(page.as_uri())
        return float(tab.tell(DECODED)) / 1000


if __name__ == "__main__":
    main()
