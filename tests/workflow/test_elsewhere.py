"""Snakemake run in another folder than the repository: dry runs with -s, -d and files of one's own."""

from pathlib import Path
from typing import Any

import pytest

from checkout import copy_project, jobs, snakemake
from merged_config import CONFIG, merged
from robust_style.errors import ConfigError
from robust_style.workflow.config_files import with_nested_values
from robust_style.workflow.published import normalised_path
from robust_style.workflow.settings import checked

ROW = "mine\tboth\tphoto.png\t\tMine\tme\t2026\tmine\n"
OWN = "images: [config/images.tsv, mine.tsv]\ntransfer: {pairs: [{content: mine, style: voronoi_mosaic}]}\n"
MINIATURE = {"train_segment": 4, "evaluate_checkpoint": 6, "judge_claims": 1, "check_results": 1}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("elsewhere") / "robust style")


@pytest.mark.workflow
def test_another_folder_plans_the_same(project: Path, tmp_path: Path) -> None:
    arguments = ("-n", "--configfile", str(project / "config" / "miniature.yaml"))
    for run in (
        snakemake(tmp_path, "-s", str(project / "Snakefile"), *arguments),
        snakemake(project, "--directory", str(tmp_path / "new"), *arguments),
    ):
        assert run.returncode == 0, run.stdout[-3000:]
        assert MINIATURE.items() <= jobs(run.stdout).items()
    assert not (tmp_path / "results").exists()


@pytest.mark.workflow
def test_a_study_finds_its_claims(project: Path, tmp_path: Path) -> None:
    studies = project / "config" / "studies"
    files = [str(studies / f"{name}.yaml") for name in ("schedule", "small", "schedule_small")]
    run = snakemake(tmp_path, "-s", str(project / "Snakefile"), "-n", "--configfile", *files)
    assert run.returncode == 0, run.stdout[-3000:]
    assert jobs(run.stdout)["judge_claims"] == 1, "a missing input would have been refused"


@pytest.mark.workflow
def test_files_of_ones_own_are_those_of_the_working_directory(project: Path, tmp_path: Path) -> None:
    header = (project / "config" / "images.tsv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "mine.tsv").write_text(f"{header}\n{ROW}", encoding="utf-8")
    (tmp_path / "photo.png").write_bytes(b"not looked at in a dry run")
    (tmp_path / "mine.yaml").write_text(OWN, encoding="utf-8")
    miniature = str(project / "config" / "miniature.yaml")
    run = snakemake(tmp_path, "-s", str(project / "Snakefile"), "-n", "--configfile", miniature, "mine.yaml")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "Preparing the image mine" in run.stdout


@pytest.mark.workflow
def test_blocks_on_the_command_line_are_read_and_a_warning_is_shown_once(project: Path) -> None:
    values = ("seeds=[3,4]", "training={flip: false, momentum: 0.9999}", "networks={standard: null}", "expected={}")
    run = snakemake(project, "-n", "--configfile", "config/miniature.yaml", "--config", *values)
    assert run.returncode == 0, run.stdout[-3000:]
    assert jobs(run.stdout)["train_segment"] == 2 * 2
    assert run.stdout.count("warning: training.learning_rate: learning_rate 0.02 / (1 - momentum 0.9999) is 200") == 1


@pytest.mark.workflow
def test_a_fault_has_no_place_in_our_code(project: Path) -> None:
    run = snakemake(project, "-n", "--configfile", "config/miniature.yaml", "--config", "seeds=[many]")
    assert run.returncode == 1
    assert "error: the configuration does not fit config/schema.yaml:\n  seeds.0: expected a whole number" in run.stdout
    assert "common.smk" not in run.stdout


@pytest.mark.workflow
def test_the_folder_of_results_is_normalised(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    said = "pathvars={results: ~/res//}"
    run = snakemake(project, "--summary", "--configfile", "config/miniature.yaml", "--config", said)
    assert run.returncode == 0, run.stdout[-3000:]
    assert f"\n{tmp_path}/res/check.json\t" in run.stdout
    assert "contains double" not in run.stdout


@pytest.mark.parametrize(
    ("path", "normalised"),
    [
        ("results/here/", "results/here"),
        ("./out", "out"),
        ("<results>/logs/", "<results>/logs"),
        ("a//b", "a/b"),
        ("~/res", "/home/me/res"),
        ("s3://bucket/results", "s3://bucket/results"),
    ],
)
def test_path_variables(path: str, normalised: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert normalised_path(path) == normalised


@pytest.mark.parametrize("below", ["", "/results"])
def test_a_file_in_the_place_of_a_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "res").touch()
    with pytest.raises(ConfigError, match=r"pathvars: .*res is a file, not a folder; move it away or name another"):
        normalised_path(f"{tmp_path}/res{below}")


def test_the_home_of_nobody() -> None:
    with pytest.raises(ConfigError, match="pathvars: ~no_such_user/res: this machine knows no such user"):
        normalised_path("~no_such_user/res")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (["0", "-1", "0.5"], [0, -1, 0.5]),
        ({"a": {"b": "true"}, "c": "null", "d": "~"}, {"a": {"b": True}, "c": None, "d": None}),
        (["relu1_1", "8/255", "2026-01-01", "[", "a: b"], ["relu1_1", "8/255", "2026-01-01", "[", "a: b"]),
    ],
)
def test_values_within_brackets_on_the_command_line(text: Any, value: Any) -> None:
    """Snakemake gives them as text, and others as what they are."""
    config = {"key": text, "device": "cpu", "kept": {"a": 1}}
    assert with_nested_values(config, {"key": text, "device": "cpu"}) == config | {"key": value}


def test_a_table_of_the_working_directory_goes_before_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it is named; a table that nobody names is ours, whatever lies in the working directory."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "images.tsv").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    named = {"images": ["config/images.tsv", "~/all.tsv"], "claims": ["config/claims.yaml"], "sources": "sources.tsv"}
    found = checked(merged("config") | named, CONFIG / "schema.yaml")
    assert found["images"] == ["config/images.tsv", str(Path("~/all.tsv").expanduser())]
    assert found["claims"] == [str(CONFIG / "claims.yaml")]
    assert found["sources"] == "sources.tsv"
    unnamed = checked(merged("config"), CONFIG / "schema.yaml")
    assert unnamed["images"] == [str(CONFIG / "images.tsv")]
    assert unnamed["sources"] == str(CONFIG / "sources.tsv")


def test_files_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    config = merged("config")
    config["dataset"] |= {"archive": "~/cifar.tar.gz", "sha256": "0" * 64}
    theirs = {"architecture": "vgg19", "regime": "standard", "source": "~/theirs.pt", "sha256": "0" * 64, "epoch": 7}
    config["networks"]["theirs"] = theirs
    config["raters"]["squeezenet"] = {"source": "~/squeezenet.pth", "sha256": "0" * 64}
    found = checked(config, CONFIG / "schema.yaml")
    assert found["dataset"]["archive"] == "/home/me/cifar.tar.gz"
    assert found["networks"]["theirs"]["source"] == "/home/me/theirs.pt"
    assert found["raters"]["squeezenet"]["source"] == "/home/me/squeezenet.pth"
