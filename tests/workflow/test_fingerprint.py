"""A fingerprint changes with the meaning of the code a script reaches, and with nothing else."""

from pathlib import Path

import pytest

from robust_style.workflow.fingerprint import _imported, _meaning, fingerprint

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A script that imports one room, which imports another; a third room it does not reach."""
    files = {
        "paint.py": "from robust_style.brush.stroke import stroke\n\nstroke(3)\n",
        "robust_style/__init__.py": "",
        "robust_style/brush/__init__.py": '"""Brushes."""\n',
        "robust_style/brush/stroke.py": (
            "from robust_style.colour import mix\n\n\ndef stroke(n: int) -> int:\n"
            '    """A stroke."""\n    if n < 0:\n        raise ValueError(f"{n} is no length")\n    return mix(n) + 1\n'
        ),
        "robust_style/brush/page.html": "<p>one</p>",
        "robust_style/brush/numbers.json": "[1]",
        "robust_style/colour.py": "def mix(n):\n    return n * 2\n",
        "robust_style/other.py": "def other():\n    return 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    _meaning.cache_clear()
    _imported.cache_clear()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("robust_style/brush/stroke.py", '"""A stroke."""', '"""A stroke of the brush, n px long."""'),
        ("robust_style/brush/stroke.py", "def stroke", "# why it is so\ndef stroke"),
        ("robust_style/brush/stroke.py", "is no length", "is not a length; give one above 0"),
        ("robust_style/brush/stroke.py", "n: int) -> int", "n: float) -> float"),
        ("robust_style/colour.py", "n * 2", "(n  *  2)"),
        ("robust_style/other.py", "return 1", "return 2"),
    ],
)
def test_explaining_better_changes_nothing(house: Path, name: str, old: str, new: str) -> None:
    before = fingerprint(house / "paint.py")
    replaced(house / name, old, new)
    assert fingerprint(house / "paint.py") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("paint.py", "stroke(3)", "stroke(4)"),
        ("robust_style/brush/stroke.py", "mix(n) + 1", "mix(n) + 2"),
        ("robust_style/brush/stroke.py", "n < 0", "n <= 0"),
        ("robust_style/colour.py", "n * 2", "n * 3"),
        ("robust_style/brush/page.html", "one", "two"),
        ("robust_style/brush/numbers.json", "1", "2"),
    ],
)
def test_another_meaning_is_noticed_however_far_away(house: Path, name: str, old: str, new: str) -> None:
    before = fingerprint(house / "paint.py")
    replaced(house / name, old, new)
    assert fingerprint(house / "paint.py") != before


def test_the_real_scripts_reach_their_rooms() -> None:
    """Training does not depend on how figures are drawn, figures not on the training step."""
    scripts = ROOT / "workflow_scripts"
    from robust_style.workflow.fingerprint import _reached

    train = {path.relative_to(scripts).as_posix() for path in _reached(scripts / "train_segment.py", scripts)}
    figure = {path.relative_to(scripts).as_posix() for path in _reached(scripts / "draw_overview.py", scripts)}
    assert "robust_style/training/epoch.py" in train
    assert "robust_style/attack/pgd.py" in train
    assert not any(name.startswith(("robust_style/figure/", "robust_style/transfer/")) for name in train)
    assert not any(name.startswith(("robust_style/training/", "robust_style/attack/")) for name in figure)
