"""`robust-style app`: a page in the browser on which both painters paint side by side."""

import argparse
import importlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from robust_style.commands.paint import BOTH
from robust_style.commands.parser import whole_number
from robust_style.errors import RobustStyleError
from robust_style.transfer.paint_photo import RESULT, Progress, paint, recipe_settings
from robust_style.transfer.painter import Painter, load_painter
from robust_style.transfer.picture_file import write_painting

_RECIPE = "painterly"
_PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
_EXAMPLE_PX = 512
# A new picture on the page at most so often.
_INTERVAL_S = 0.5
_PORTS = (1024, 65535)
# The pictures of the coarse sizes are shown as large as the last one.
_PICTURE_PX = 480
_CSS = ", ".join(f"#{name} img" for name in BOTH) + " {width: 100%; height: 100%; object-fit: contain}"


def add_app(commands: Any) -> None:
    """Add the sub-command `app` to the parser."""
    command = commands.add_parser(
        "app",
        help="paint on a page in the browser, both painters side by side",
        description="Serve the page on this machine only (127.0.0.1), until Ctrl-C. Nothing is sent elsewhere.",
    )
    command.add_argument("--port", type=whole_number(*_PORTS), help="default: the first free one from 7860")
    command.set_defaults(run=_serve)


def _serve(chosen: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="robust-style-app-") as folder:
        # Read when gradio is imported. Uploads and pictures are deleted with the folder.
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": folder, "HF_HUB_DISABLE_TELEMETRY": "1"}
        for name in ("no_proxy", "NO_PROXY"):  # gradio calls its own server to see whether it runs
            os.environ[name] = f"{os.environ.get(name, '')},127.0.0.1".lstrip(",")
        try:
            gradio: Any = importlib.import_module("gradio")
        except ImportError:
            raise RobustStyleError('the app needs the package gradio: pip install "gradio>=6,<7"') from None
        page = _page(gradio, Path(folder), [load_painter(name) for name in BOTH])
        try:
            _, address, _ = page.launch(
                server_name="127.0.0.1", server_port=chosen.port, prevent_thread_lock=True, quiet=True, share=False,
                show_error=True, footer_links=[], css=_CSS, ssr_mode=False, enable_monitoring=False, mcp_server=False,
            )  # fmt: skip
        except OSError:
            raise RobustStyleError(
                f"port {chosen.port or 7860}: not free on this machine; choose another --port"
            ) from None
        try:
            print(f"{address} (Ctrl-C ends it)", flush=True)
            threading.Event().wait()
        finally:
            page.close(verbose=False)


def _page(gradio: Any, folder: Path, painters: Sequence[Painter]) -> Any:
    usual = recipe_settings(_RECIPE, {})
    stop = threading.Event()

    def paint_both(
        photo: str | None,
        painting: str | None,
        size: float,
        weight: float,
        strokes: float,
        iterations: float,
        keep: bool,
    ) -> Iterator[list[Any]]:
        """For each new state: picture and file to download of each painter, and a line of text."""
        if not photo or not painting:
            raise gradio.Error("Choose a photo and a painting first.", print_exception=False)
        stop.clear()
        settings: dict[str, Any] = {"style_weight": weight, "style_scale": strokes, "iterations": int(iterations)}
        settings |= {"colour_preservation": "luminance"} if keep else {}
        canvases = [_Canvas(painter, Path(photo), Path(painting), settings, int(size), stop) for painter in painters]
        threads = [threading.Thread(target=canvas.paint, daemon=True) for canvas in canvases]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                time.sleep(_INTERVAL_S)
                yield [*(part for canvas in canvases for part in (canvas.picture, None)), _words(canvases)]
            if (error := next((canvas.error for canvas in canvases if canvas.error), None)) is not None:
                raise gradio.Error(error, print_exception=False)
            files = [canvas.write(folder) for canvas in canvases]
            pairs = zip((canvas.picture for canvas in canvases), files, strict=True)
            outcome = "stopped" if stop.is_set() else "done"
            yield [*(part for pair in pairs for part in pair), f"{_words(canvases)} · {outcome}"]
        finally:  # also when the page is closed
            stop.set()

    with gradio.Blocks(title="robust-style", analytics_enabled=False) as page:
        gradio.Markdown(
            "## A photo, a painting, two networks\nThe same recipe with a standard and an adversarial network."
        )
        with gradio.Row():
            image = {"type": "filepath", "image_mode": None, "sources": ["upload", "clipboard"], "height": 260}
            photo = gradio.Image(label="Photo", elem_id="photo", **image)
            painting = gradio.Image(label="Painting", elem_id="painting", **image)
        with gradio.Row():
            for label, component, examples in zip(
                ("Photos", "Paintings"), (photo, painting), _examples(folder), strict=True
            ):
                with gradio.Column():
                    gradio.Examples([[str(path)] for path in examples], component, label=label, cache_examples=False)
        with gradio.Row():
            size = gradio.Slider(64, 1024, 256, step=16, label="Size, px", elem_id="size")
            weight = gradio.Slider(1, 1000, usual["style_weight"], step=1, label="Style weight")
            strokes = gradio.Slider(0.5, 4, usual["style_scale"], step=0.1, label="Strokes")
            iterations = gradio.Slider(1, 300, usual["iterations"], step=1, label="Iterations", elem_id="iterations")
            keep = gradio.Checkbox(label="Keep the photo's colours")
        with gradio.Row():
            start = gradio.Button("Paint", variant="primary", elem_id="paint")
            end = gradio.Button("Stop", variant="stop", elem_id="stop")
        words = gradio.Markdown(elem_id="state")
        outputs: list[Any] = []
        with gradio.Row():
            for painter in painters:
                with gradio.Column():
                    outputs.append(
                        gradio.Image(
                            label=painter.name, elem_id=painter.name, format="jpeg", type="pil", interactive=False,
                            buttons=["fullscreen"], height=_PICTURE_PX,
                        )
                    )  # fmt: skip
                    outputs.append(
                        gradio.DownloadButton(f"Download {painter.name}", elem_id=f"download-{painter.name}")
                    )
        inputs = [photo, painting, size, weight, strokes, iterations, keep]
        start.click(paint_both, inputs, [*outputs, words], show_progress="hidden")
        end.click(stop.set, queue=False)
    return page


class _Stopped(Exception):
    """The user has pressed Stop."""


@dataclass
class _Canvas:
    """One painter's picture on the page; `paint` runs in a thread of its own."""

    painter: Painter
    photo: Path
    painting: Path
    settings: dict[str, Any]
    size_px: int
    stop: threading.Event
    picture: Image.Image | None = None
    error: str | None = None
    words: str = "begins"
    result: dict[str, Any] = field(default_factory=dict)
    _shown_at: float = 0.0

    def paint(self) -> None:
        """Paint until the end or until `stop` is set."""
        try:
            # The two painters share the cores.
            picture = paint(
                self.photo, self.painting, self.painter, recipe=_RECIPE, settings=self.settings, size_px=self.size_px,
                threads=max(1, (os.cpu_count() or 1) // 2), callback=self._show,
            )  # fmt: skip
            self.picture, self.result = picture, picture.info[RESULT]
        except _Stopped:
            pass
        except RobustStyleError as error:
            self.error = str(error)
            self.stop.set()

    def write(self, folder: Path) -> str | None:
        """Write the picture for the download, with its settings; None before the first iteration."""
        if self.picture is None:
            return None
        path = folder / f"{self.photo.stem}--{self.painting.stem}.{self.painter.name}.png"
        settings = {"recipe_settings": recipe_settings(_RECIPE, self.settings), "size": self.size_px}
        write_painting(
            path, self.picture, {"settings": settings | {"painter": self.painter.name}, "result": self.result}
        )
        return str(path)

    def _show(self, progress: Progress) -> None:
        is_due = time.monotonic() - self._shown_at >= _INTERVAL_S
        if progress.iteration and (is_due or self.stop.is_set()):
            self.picture, self._shown_at = progress.best_picture(), time.monotonic()
        self.words = f"iteration {progress.iteration} of {progress.iterations}, loss {progress.loss:.4g}"
        self.result = {"iterations": progress.iteration, "stopped": "interrupted"}
        if self.stop.is_set():
            raise _Stopped


def _words(canvases: Sequence[_Canvas]) -> str:
    return " · ".join(f"**{canvas.painter.name}** {canvas.words}" for canvas in canvases)


def _examples(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files of the embedded photographs and of procedural paintings."""
    # 0.3 s, which the other commands need not wait for
    from robust_style.data.paintings import PAINTINGS
    from robust_style.data.paintings import paint as generated
    from robust_style.data.photographs import photograph

    pictures = [(name, photograph(name)) for name in _PHOTOGRAPHS]
    pictures += [(name, generated(name, 1, _EXAMPLE_PX)) for name in PAINTINGS]
    paths = []
    for name, pixels in pictures:
        paths.append(folder / f"{name}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths[: len(_PHOTOGRAPHS)], paths[len(_PHOTOGRAPHS) :]
