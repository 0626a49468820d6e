"""Dry runs and runs that end before the training: job counts, other folders, mistakes as a user meets them."""

from pathlib import Path

import pytest

from checkout import copy_project, jobs, snakemake
from robust_style.workflow.resources import accelerator

pytestmark = pytest.mark.workflow

MINIATURE = {"train_segment": 4, "evaluate_checkpoint": 6, "judge_claims": 1, "check_results": 1}
IMPORTED = """
theirs: {architecture: vgg19, width: 0.125, regime: adversarial, source: theirs.pth, sha256: '%s', epoch: 76}
control: {architecture: vgg19, width: 0.125, regime: untrained}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("planned") / "robust style")


def plan(folder: Path, *arguments: str) -> str:
    run = snakemake(folder, "-n", *arguments)
    assert run.returncode == 0, run.stdout[-3000:]
    return run.stdout


def mistake(folder: Path, *arguments: str) -> str:
    there_before = (folder / "results").exists()
    run = snakemake(folder, "-n", *arguments)
    assert run.returncode == 1
    assert "Traceback" not in run.stdout
    assert "common.smk" not in run.stdout
    assert (folder / "results").exists() == there_before
    return run.stdout


@pytest.mark.nightly
@pytest.mark.parametrize("profile", [(), ("--workflow-profile", "config/profiles/slurm")], ids=["here", "slurm"])
def test_jobs_of_the_published_experiment(project: Path, profile: tuple[str, ...]) -> None:
    """18 trainings of 4 segments; all pairs of a checkpoint and recipe in one job."""
    planned = jobs(plan(project, *profile))
    assert (planned["train_segment"], planned["initialise_network"], planned["fetch_dataset"]) == (18 * 4, 18, 1)
    assert planned["evaluate_checkpoint"] == planned["reconstruct"] == 18 * 5
    # Two recipes paint with all checkpoints, four with three, three with the last.
    assert planned["stylize"] == 18 * (2 * 5 + 4 * 3 + 3)
    assert planned["score_stylization"] == 18 * 9


@pytest.mark.nightly
def test_the_demo_needs_no_gpu_and_no_network(project: Path) -> None:
    output = plan(project, "--configfile", "config/demo.yaml")
    assert "gpu=1" not in output
    assert "fetch_dataset" not in jobs(output)


@pytest.mark.nightly
@pytest.mark.skipif(accelerator(), reason="there is a GPU here, so it would start")
def test_without_a_gpu_the_published_experiment_does_not_start(project: Path) -> None:
    run = snakemake(project, "--cores", "1")
    assert run.returncode != 0
    for words in ("found no GPU", "days", "make demo", "device: cpu"):
        assert words in run.stdout
    assert not (project / "results" / "data").exists()


def test_files_of_another_folder(project: Path, tmp_path: Path) -> None:
    """Snakemake runs elsewhere: our tables are found, and the user's files are those of the working directory."""
    header = (project / "config" / "images.tsv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "mine.tsv").write_text(f"{header}\nmine\tboth\tphoto.png\t\tMine\tme\t2026\tmine\n", encoding="utf-8")
    (tmp_path / "photo.png").touch()
    (tmp_path / "mine.yaml").write_bytes(
        b"\xef\xbb\xbfimages: [config/images.tsv, mine.tsv]\r\ntransfer: {pairs: [{content: mine, style: barn}]}\r\n"
    )
    miniature = str(project / "config" / "miniature.yaml")
    output = plan(tmp_path, "-s", str(project / "Snakefile"), "--configfile", miniature, "mine.yaml")
    assert MINIATURE.items() <= jobs(output).items()
    assert "Preparing the image mine" in output


def test_values_of_the_command_line_and_one_warning(project: Path) -> None:
    values = ("seeds=[3,4]", "training={flip: false, momentum: 0.9999}", "networks={standard: null}", "expected={}")
    output = plan(project, "--configfile", "config/miniature.yaml", "--config", *values)
    assert jobs(output)["train_segment"] == 2 * 2
    assert output.count("warning: training.learning_rate: learning_rate 0.02 / (1 - momentum 0.9999) is 200") == 1


def test_imported_and_untrained_networks(project: Path) -> None:
    """2 networks x 2 seeds x 3 epochs trained, 2 untrained, 1 imported: under the first seed only."""
    (project / "theirs.pth").touch()
    blocks = (IMPORTED % ("0" * 64)).strip().replace("\n", ", ")
    values = ("seeds=[4, 1]", "transfer={recipes: {original: null}}")
    (project / "mine.yaml").write_text(f"networks: {{{blocks}}}\n", encoding="utf-8")
    output = plan(project, "--configfile", "config/miniature.yaml", "mine.yaml", "--config", *values)
    planned = jobs(output)
    assert (planned["import_network"], planned["initialise_network"], planned["train_segment"]) == (1, 3 * 2, 2 * 2 * 2)
    assert planned["evaluate_checkpoint"] == planned["stylize"] == planned["reconstruct"] == 12 + 2 + 1
    assert "theirs, seed 4, epoch 076" in output
    assert "theirs, seed 1" not in output


def test_recipes_paint_with_the_checkpoints_they_name(project: Path) -> None:
    """2 networks of epochs 0 to 4: `fair` with 0, 1 and 4, `original` with 4; reconstructions and accuracies of all."""
    (project / "few.yaml").write_text(
        "training: {epochs: 4}\ntransfer: {recipes: {fair: {checkpoints: ends}, original: {checkpoints: last}}}\n",
        encoding="utf-8",
    )
    output = plan(project, "--configfile", "config/miniature.yaml", "few.yaml")
    planned = jobs(output)
    assert (planned["stylize"], planned["score_stylization"]) == (2 * (3 + 1), 2 * 2)
    assert planned["evaluate_checkpoint"] == planned["reconstruct"] == 2 * 5
    for recipe, epochs in {"fair": (0, 1, 4), "original": (4,)}.items():
        for epoch in range(5):
            painting = f"epoch {epoch:03d}, recipe {recipe}." in output
            assert painting == (epoch in epochs), (recipe, epoch)


def test_a_target_may_name_a_seed_of_no_configuration(project: Path) -> None:
    target = "results/miniature/checkpoints/standard/seed_7/epoch_001.pt"
    assert jobs(plan(project, "--configfile", "config/miniature.yaml", "--", target))["train_segment"] == 1


@pytest.mark.nightly
def test_the_folder_of_results_is_normalised(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    values = "pathvars={results: ~/res//}"
    run = snakemake(project, "--summary", "--configfile", "config/miniature.yaml", "--config", values)
    assert run.returncode == 0, run.stdout[-3000:]
    assert f"\n{tmp_path}/res/check.json\t" in run.stdout


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("training: {learning_rat: 0.1}\n", "training.learning_rat: no such key; did you mean learning_rate?"),
        ("device: cpu\ndevice: cpu\n", "mine.yaml: line 2: key 'device' is given twice; keep one of them"),
        ("seeds: [many]\n", "error: the configuration does not fit config/schema.yaml:\n  seeds.0: expected a whole"),
        ("images: [nowhere.tsv]\n", "nowhere.tsv"),
        ("ratings: [nowhere.tsv]\n", "ratings: nowhere.tsv cannot be read (No such file or directory)"),
        ("ratings: [config/images.tsv]\n", "ratings: config/images.tsv has no column rater"),
        ("transfer: {pairs: [{content: nobody, style: barn}]}\n", "image nobody"),
        ("dataset: {name: folder, path: nowhere}\n", "dataset.path: nowhere is missing. Name the folder of images."),
        # Snakemake's own words.
        ("training:\n\tepochs: 4\n", "make sure to not mix whitespace and tab indentation"),
        ("device: !!python/object/apply:os.mkdir [canary]\n", "Config file is not valid JSON"),
    ],
)
def test_a_mistake_in_a_file(project: Path, content: str, message: str) -> None:
    (project / "mine.yaml").write_text(content, encoding="utf-8")
    assert message in mistake(project, "--configfile", "config/miniature.yaml", "mine.yaml")


def test_a_mistake_on_the_command_line(project: Path) -> None:
    assert "devise: no such key; did you mean device?" in mistake(project, "--config", "devise=cpu")


@pytest.mark.nightly
def test_a_bad_picture_is_reported_before_the_training(project: Path, tmp_path: Path) -> None:
    header = (project / "config" / "images.tsv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "photo.png").write_bytes(b"no picture at all")
    (tmp_path / "mine.tsv").write_text(f"{header}\nmine\tcontent\tphoto.png{chr(9) * 5}\n", encoding="utf-8")
    more = "images: [config/images.tsv, mine.tsv]\ntransfer: {pairs: [{content: mine, style: voronoi_mosaic}]}\n"
    (tmp_path / "more.yaml").write_text(more, encoding="utf-8")
    files = (str(project / "config" / "miniature.yaml"), "more.yaml")
    run = snakemake(
        tmp_path, "-s", str(project / "Snakefile"), "--cores", "1", "--keep-going", "--configfile", *files,
        "--until", "train_segment",
    )  # fmt: skip
    assert run.returncode == 1
    assert "mine.tsv line 2 (mine): expected a picture" in run.stdout
    assert "epoch 1/1" not in run.stdout
    assert not list(tmp_path.glob("results/**/epoch_001.pt"))
