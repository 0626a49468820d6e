"""The commands as a user types them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from robust_style import __version__
from robust_style.commands import main as command
from robust_style.commands.main import main
from robust_style.files.checkpoint import load_checkpoint
from robust_style.model.compat import import_torchvision_models
from robust_style.model.network import build_network
from tiny_training import CLASSES, write_tiny_dataset

ROOT = Path(__file__).resolve().parents[2]
STATE = build_network("vgg11", 0.05, len(CLASSES), seed=4).state_dict()
LIKE = ("--architecture", "vgg11", "--width", "0.05", "--regime", "adversarial")


@pytest.fixture
def theirs(tmp_path: Path) -> str:
    torch.save({"net": STATE, "epoch": 9}, tmp_path / "theirs.pth")
    return str(tmp_path / "theirs.pth")


def test_there_and_out_again(theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, out = str(tmp_path / "ours.pt"), str(tmp_path / "out.safetensors")
    main(["convert", theirs, ours, *LIKE])
    assert "ours.pt: adversarial, vgg11 at width 0.05, 4 classes, after 10 epochs" in capsys.readouterr().out
    main(["export", ours, out])
    weights = load_file(out)
    assert all(torch.equal(weights[name], tensor) for name, tensor in STATE.items())
    main(["export", ours, out, "--half", "--force"])
    assert {tensor.dtype for tensor in load_file(out).values() if tensor.ndim > 1} == {torch.float16}


def test_threads_sleep_while_they_wait_and_a_mac_falls_back_to_its_cpu() -> None:
    """Both are read when torch is imported, so the entry point sets them first; a choice of the user stays."""
    code = (
        "import os, sys; sys.argv = ['robust-style', '--version']; from robust_style.commands.start import main\n"
        "try: main()\nfinally: print(os.environ['OMP_WAIT_POLICY'], os.environ['PYTORCH_ENABLE_MPS_FALLBACK'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts"), "OMP_WAIT_POLICY": "ACTIVE"}
    for policy in ("ACTIVE", "PASSIVE"):
        if policy == "PASSIVE":
            del environment["OMP_WAIT_POLICY"]
        run = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
        assert run.stdout.splitlines()[-1] == f"{policy} 1"


def test_what_is_said_is_recorded(theirs: str, tmp_path: Path) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz")
    more = ("--epoch", "100", "--network", "madry", "--seed", "7", "--dataset", str(data))
    main(["convert", theirs, str(tmp_path / "ours.pt"), *LIKE, *more])
    checkpoint = load_checkpoint(tmp_path / "ours.pt")
    assert (checkpoint.network, checkpoint.epoch, checkpoint.seed) == ("madry", 100, 7)
    assert checkpoint.class_names == CLASSES


def test_a_mistake_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "robust_style", "export", "absent.pt", "out.safetensors"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts")}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("error: absent.pt: expected a checkpoint, found no file")
    assert len(run.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["vgg11", "--width", "0.125"], ["relu4_2", "64", "4 x 4", "28 x 28", "64 x 64"]),
        (["resnet18"], ["layer3", "256", "8 x 8", "56 x 56", "128 x 128"]),
    ],
)
def test_layers_are_listed_with_their_sizes(
    arguments: list[str], line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["layers", *arguments])
    head, *rows = [row.split("\t") for row in capsys.readouterr().out.splitlines()]
    assert head[:3] == ["layer", "channels", "of 32 px"]
    (found,) = [row for row in rows if row[0] == line[0]]
    assert found[:5] == line
    assert "fair" in found[-1].split(), "the content of `fair`"


def test_layers_of_a_checkpoint_are_listed(theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = str(tmp_path / "ours.pt")
    main(["convert", theirs, ours, *LIKE])
    capsys.readouterr()
    main(["layers", ours])
    assert "relu5_2\t26\t2 x 2" in capsys.readouterr().out


def test_of_a_file_that_is_cut_off_the_layers_that_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with torch.random.fork_rng(devices=[]):
        state = dict(list(import_torchvision_models().alexnet().state_dict().items())[:4])
    torch.save(state, tmp_path / "theirs.pth")
    ours = str(tmp_path / "ours.pt")
    like = ("--architecture", "imagenet_alexnet", "--regime", "standard", "--epoch", "90")
    main(["convert", str(tmp_path / "theirs.pth"), ours, *like])
    capsys.readouterr()
    main(["layers", ours])
    assert [row.split("\t")[0] for row in capsys.readouterr().out.splitlines()[1:]] == [
        "conv1", "relu1", "conv2", "relu2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet81", "found 'resnet81'; did you mean resnet18?"),
        ("absent.pt", "absent.pt: no such file or directory; give the path of a checkpoint"),
    ],
)
def test_layers_of_nothing(name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["layers", name])
    assert message in capsys.readouterr().err


def test_a_reader_that_leaves_early_ends_the_command_quietly(tmp_path: Path) -> None:
    """As `layers vgg19 | head -0`: the pipe has no reader."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        run = subprocess.run(
            [sys.executable, "-m", "robust_style", "layers", "vgg19"],
            stdout=pipe, stderr=subprocess.PIPE, check=False, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts")},
        )  # fmt: skip
    assert run.returncode == 128 + signal.SIGPIPE
    assert run.stderr == ""


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"robust-style {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["layers", "https://example.org/a.pt"], ["export", "https://example.org/a.pt", "a.safetensors"]],
)
def test_a_url_is_no_path(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "'https://example.org/a.pt' is a URL; download the file and give its path" in capsys.readouterr().err


def test_no_epoch_anywhere_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(STATE, tmp_path / "plain.pth")
    with pytest.raises(SystemExit, match="1"):
        main(["convert", str(tmp_path / "plain.pth"), str(tmp_path / "ours.pt"), *LIKE])
    assert (
        "expected a number of completed epochs, found none in the file; state it (`--epoch NUMBER`"
        in capsys.readouterr().err
    )
    assert not (tmp_path / "ours.pt").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(
    theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="1"):
        main(["convert", theirs, f"{theirs}/ours.pt", *LIKE])
    assert re.search(
        r"error: .*ours\.pt: .*theirs\.pth is a file, not a folder. Choose another place.", capsys.readouterr().err
    )


def test_architecture_and_width_are_told_from_the_weights(theirs: str, tmp_path: Path) -> None:
    main(["convert", theirs, str(tmp_path / "ours.pt"), "--regime", "standard"])
    checkpoint = load_checkpoint(tmp_path / "ours.pt")
    assert (checkpoint.architecture, checkpoint.width) == ("vgg11", 0.05)


def test_an_assumed_normalisation_is_said_and_a_given_one_is_recorded(
    theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = str(tmp_path / "ours.pt")
    main(["convert", theirs, ours, *LIKE])
    told = capsys.readouterr().err
    assert "the file has no mean and no standard deviation; assumed: mean (0.4914, 0.4822, 0.4465), standard" in told
    main(["convert", theirs, ours, *LIKE, "--mean", "0", "0", "0", "--std", "1", "1", "1", "--force"])
    assert capsys.readouterr().err == ""
    assert (load_checkpoint(Path(ours)).mean, load_checkpoint(Path(ours)).std) == ((0.0,) * 3, (1.0,) * 3)
    again = str(tmp_path / "again.pt")
    main(["convert", ours, again, *LIKE, "--epoch", "10"])
    assert capsys.readouterr().err == "", "the file says it"
    assert load_checkpoint(Path(again)).std == (1.0,) * 3
    main(["convert", ours, again, *LIKE, "--std", "1/2", "1/2", "1/2", "--force"])
    assert "the file says standard deviation (1, 1, 1), recorded is (0.5, 0.5, 0.5)" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["convert", theirs, ours, *LIKE, "--mean", "125", "123", "114"])
    assert "expected a number from 0 to 1, found '125'" in capsys.readouterr().err


def test_names_beyond_ascii_are_replaced_where_the_terminal_has_no_more(theirs: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "robust_style", "convert", theirs, "gemälde.pt", *LIKE],
        cwd=tmp_path, check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts"), "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert r"gem\xe4lde.pt: adversarial" in run.stdout


@pytest.mark.parametrize("name", ["theirs.pth", "link.pt", "hard.pt"])
def test_convert_never_replaces_its_source(
    theirs: str, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(theirs).read_bytes()
    (tmp_path / "link.pt").symlink_to(theirs)
    (tmp_path / "hard.pt").hardlink_to(theirs)
    with pytest.raises(SystemExit, match="1"):
        main(["convert", theirs, str(tmp_path / name), *LIKE, "--force"])
    assert f"{name} is an input of this command" in capsys.readouterr().err
    assert Path(theirs).read_bytes() == before


def test_existing_files_are_replaced_with_force_only(
    theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, out = str(tmp_path / "ours.pt"), tmp_path / "out.safetensors"
    main(["convert", theirs, ours, *LIKE])
    out.write_text("mine")
    for arguments in (["export", ours, str(out)], ["convert", theirs, ours, *LIKE]):
        with pytest.raises(SystemExit, match="1"):
            main(arguments)
        assert "exists already. Add --force" in capsys.readouterr().err
    assert out.read_text() == "mine"
    main(["export", ours, str(out), "--force"])
    assert load_file(out)
    with pytest.raises(SystemExit, match="1"):
        main(["export", ours, str(tmp_path / "out.png")])
    assert "ends with .safetensors" in capsys.readouterr().err


def test_a_tilde_in_quotes_is_the_home(theirs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    main(["convert", "~/theirs.pth", "~/ours.pt", *LIKE])
    assert (tmp_path / "ours.pt").is_file()


def test_an_interruption_is_one_line(
    theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored where tests run
    monkeypatch.setattr(command, "converted", lambda *_, **__: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(SystemExit, match="130"):
        main(["convert", theirs, str(tmp_path / "ours.pt"), *LIKE])
    assert capsys.readouterr().err == "interrupted (SIGINT); no unfinished file is left\n"
    assert not (tmp_path / "ours.pt").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_an_interruption_of_the_imports_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n")
    code = (
        "import runpy, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "runpy.run_module('robust_style', run_name='__main__')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "workflow_scripts")])},
    )  # fmt: skip
    assert run.returncode == 130
    assert run.stderr == "interrupted (SIGINT); nothing was begun\n"


@pytest.mark.parametrize("epoch", ["0", "-1", "1000", "1.5", "x"])
def test_epochs_are_counted_from_1(theirs: str, tmp_path: Path, epoch: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["convert", theirs, str(tmp_path / "ours.pt"), *LIKE, f"--epoch={epoch}"])
    assert f"expected a whole number from 1 to 999, found {epoch!r}" in capsys.readouterr().err
