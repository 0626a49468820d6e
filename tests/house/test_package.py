"""The project as an installed package: the wheel is complete without the repository around it."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from PIL import Image

import robust_style

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--size", "32", "--iterations", "1")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel; the project's own files are nowhere near."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    # Not in ROOT/build, where modules of an earlier version may lie.
    settings = folder / "setup.cfg"
    settings.write_text(f"[build]\nbuild_base = {folder / 'build'}\n", encoding="utf-8")
    built = subprocess.run(
        [*command, "--wheel-dir", folder, ROOT], check=False, capture_output=True, text=True,
        env={**os.environ, "DIST_EXTRA_CONFIG": str(settings)},
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("robust_style-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")  # the wheel that was built a moment ago
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script's function, in an empty folder, with the package of the wheel."""
    empty = installed / "empty"
    empty.mkdir(exist_ok=True)
    code = "import sys; from robust_style.commands.start import main; sys.argv[0] = 'robust-style'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=empty, check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(installed / "site")},
    )  # fmt: skip


def test_the_wheel_has_all_that_the_commands_read(installed: Path) -> None:
    site = installed / "site" / "robust_style"
    assert all((site / name).is_file() for name in ("py.typed", "__init__.pyi"))
    assert {path.name for path in (site / "painters").iterdir()} == {
        "painters.yaml", "standard.safetensors", "adversarial.safetensors",
    }  # fmt: skip
    assert (site.parent / "snakemake_logger_plugin_robust_style" / "__init__.py").is_file()
    for name in ("recipes", "layers", "schema", "claims_schema"):
        assert (site / "config" / f"{name}.yaml").read_bytes() == (ROOT / "config" / f"{name}.yaml").read_bytes()
    assert (site / "score" / "texture_spread.json").is_file()
    assert {path.name for path in (site / "page" / "browser").iterdir()} >= {"page.js", "page.css", "page.html"}


def test_the_commands_work_from_the_wheel(installed: Path) -> None:
    version = run(installed, "--version")
    assert version.stdout.strip() == f"robust-style {robust_style.__version__}"
    layers = run(installed, "layers", "vgg19")
    assert layers.returncode == 0, layers.stderr
    assert "relu4_2" in layers.stdout
    assert "--style-weight" in run(installed, "paint", "--help").stdout


def test_a_picture_is_painted_from_the_wheel(installed: Path) -> None:
    for name, colours in (("photo.png", ("red", "blue")), ("painting.png", ("white", "green"))):
        picture = Image.new("RGB", (48, 40), colours[0])
        picture.paste(colours[1], (8, 4, 30, 30))
        picture.save(installed / name)
    painted = run(installed, "paint", str(installed / "photo.png"), str(installed / "painting.png"), *QUICK)
    assert painted.returncode == 0, painted.stderr
    assert (installed / "photo--painting.png").is_file()


def test_the_old_name_of_paint_is_answered_with_the_new_one(installed: Path) -> None:
    answer = run(installed, "stylize", "--content", "a.png")
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: stylize: this command is called paint now")


def test_versions_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert citation["version"] == robust_style.__version__
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "robust_style.__version__"}
