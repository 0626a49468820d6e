"""Wrong configurations as a user meets them: Snakemake ends with status 1 and the message, and nothing is made."""

import sys
from pathlib import Path

import pytest

# The helpers that copy the project and run it lie with the tests of the workflow.
sys.path.append(str(Path(__file__).resolve().parents[1] / "workflow"))
from checkout import MINIATURE, copy_project, jobs, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("configured") / "robust-style")


# The content of a file beside the miniature's, and what is said.
MISTAKES = {
    "text for a block": ("transfer: text\n", "  transfer: expected a block of keys, found 'text'"),
    "text for a number": (
        "training: {learning_rate: fast}\n",
        "  training.learning_rate: expected a number, found 'fast'",
    ),
    "no such key": ("training: {learning_rat: 0.1}\n", "training.learning_rat: no such key; did you mean learning_rat"),
    "a key twice": ("device: cpu\ndevice: cpu\n", "mine.yaml: line 2: key 'device' is given twice; keep one of them"),
    "epochs that segments do not divide": (
        "training: {epochs: 3, checkpoint_every: 2}\n",
        "training.epochs: expected a multiple of training.checkpoint_every (2), found 3",
    ),
    "an alias of itself": ("seeds: &a [*a]\n", "mine.yaml: line 1: expected values, found an alias"),
    # Snakemake's own words.
    "a tab": ("training:\n\tepochs: 4\n", "make sure to not mix whitespace and tab indentation"),
    "an object of python": ("device: !!python/object/apply:os.mkdir [canary]\n", "Config file is not valid JSON"),
    "nothing": ("", "Config file must be given as JSON or YAML with keys at top level"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_in_a_file(project: Path, kind: str) -> None:
    content, message = MISTAKES[kind]
    (project / "mine.yaml").write_text(content, encoding="utf-8")
    run = snakemake(project, "-n", *MINIATURE, "mine.yaml")
    assert run.returncode == 1
    assert message in run.stdout
    assert "Traceback" not in run.stdout
    assert not (project / "results").exists()
    assert not (project / "canary").exists()


def test_a_mistake_on_the_command_line_goes_through_the_same_check(project: Path) -> None:
    run = snakemake(project, "-n", *MINIATURE, "--config", "device=gpu")
    assert run.returncode == 1
    assert "device: expected auto, cpu, cuda or cuda:N, found 'gpu'; did you mean cuda?" in run.stdout
    assert "Traceback" not in run.stdout


def test_a_file_of_another_editor_is_read(project: Path) -> None:
    """A byte order mark, line ends of Windows."""
    (project / "mine.yaml").write_bytes(b"\xef\xbb\xbfseeds: [3]\r\ntraining:\r\n  epochs: 2\r\n")
    run = snakemake(project, "-n", *MINIATURE, "mine.yaml")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "seed 3" in run.stdout
    assert jobs(run.stdout)["train_segment"] > 0
