"""The image's recipe: the same pins and the same Python as everywhere, all that a run needs, and no superuser.

It cannot be built where these tests run: that takes a registry of images.
"""

import re

import pytest

from checkout import PARTS, ROOT
from rule_environments import ENVIRONMENTS, conda_pin

RECIPE = (ROOT / "Containerfile").read_text(encoding="utf-8")
LINES = [line.split() for line in RECIPE.splitlines() if line and not line.startswith("#")]


def test_its_python_is_the_environments() -> None:
    minor = re.fullmatch(r"python:(3\.\d+)-slim", LINES[0][1])
    assert minor
    for path in ENVIRONMENTS:
        assert conda_pin(path.stem, "python").startswith(f"{minor[1]}.")


def test_it_installs_the_lock_and_nothing_else() -> None:
    installing = [line for line in RECIPE.splitlines() if "install" in line]
    assert installing == ["RUN python -m pip install --no-cache-dir --requirement requirements.lock"]


def test_all_that_a_run_needs_is_copied() -> None:
    copied = {name for line in LINES if line[0] == "COPY" for name in line[1:-1] if not name.startswith("--")}
    assert copied == {*PARTS, "requirements.lock"}
    for line in LINES:
        if line[0] == "COPY" and line[-1] != "./":
            assert line[-2] == line[-1], "each folder keeps its name"


@pytest.mark.parametrize("part", sorted({*PARTS, "requirements.lock"}))
def test_nothing_that_is_copied_is_left_out_of_the_context(part: str) -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert (ROOT / part).exists()
    assert part not in left_out


def test_snakemake_is_what_it_runs_and_not_as_root() -> None:
    words = [line[0] for line in LINES]
    assert LINES[words.index("USER")] == ["USER", "painter"]
    assert words.index("USER") > max(at for at, word in enumerate(words) if word in ("RUN", "COPY"))
    assert 'ENTRYPOINT ["snakemake"]' in RECIPE
