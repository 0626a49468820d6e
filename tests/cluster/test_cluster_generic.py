"""The profile for any other engine, on a "cluster" of background processes: submitted, cancelled, and gone on with."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from accidents import EPOCHS, project
from checkout import SNAKEMAKE, Finished, environment, heed_interrupts, snakemake

pytestmark = pytest.mark.workflow

PROFILE = ("--workflow-profile", "config/profiles/cluster-generic", "--seconds-between-status-checks", "1")
TRAIN = (*PROFILE, "--configfile", "config/miniature.yaml", "small.yaml", "--config", "device=cpu", "--until",
         "train_segment")  # fmt: skip
CHECKPOINTS = [
    Path(f"results/miniature/checkpoints/{name}/seed_0/epoch_{EPOCHS:03d}.pt") for name in ("standard", "adversarial")
]


def test_interrupted_and_started_again(tmp_path: Path, on_this_machine: Finished) -> None:
    folder = project(tmp_path / "robust-style")
    with (folder / "output.txt").open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *TRAIN], cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT,
            preexec_fn=heed_interrupts,
        )  # fmt: skip
        try:
            wait_for(lambda: any(f"epoch 1/{EPOCHS}" in text for text in logs(folder)), run, folder)
            run.send_signal(signal.SIGINT)
            assert run.wait(300) != 0
        finally:
            run.kill()
            run.wait()
    groups = [int(log.stem) for log in (folder / ".snakemake/background-jobs").glob("*.log")]
    wait_for(lambda: not any(alive(group) for group in groups), None, folder)
    # On a busy machine, the first training may have ended before the other began.
    assert not all((folder / checkpoint).exists() for checkpoint in CHECKPOINTS)
    again = snakemake(folder, *TRAIN)
    assert again.returncode == 0, again.stdout[-4000:]
    assert any("resuming after epoch" in text for text in logs(folder))
    for checkpoint in CHECKPOINTS:
        assert (folder / checkpoint).read_bytes() == (on_this_machine.folder / checkpoint).read_bytes()


def test_a_job_that_fails_is_a_failure(tmp_path: Path) -> None:
    """The three scripts by themselves: what they say of a job that ends well, ends badly, and is cancelled."""
    ids = {}
    for name, body in {"well": "exit 0", "badly": "exit 3", "long": "sleep 60"}.items():
        script = tmp_path / f"{name}.sh"
        script.write_text(body, encoding="utf-8")
        ids[name] = ask(tmp_path, "submit.sh", "1", "1000", "10", "0", str(script))
    wait_for(lambda: ask(tmp_path, "status.sh", ids["badly"]) == "failed", None, tmp_path)
    wait_for(lambda: ask(tmp_path, "status.sh", ids["well"]) == "success", None, tmp_path)
    assert ask(tmp_path, "status.sh", ids["long"]) == "running"
    ask(tmp_path, "cancel.sh", ids["long"])
    wait_for(
        lambda: ask(tmp_path, "status.sh", ids["long"]) == "failed" and not alive(int(ids["long"])), None, tmp_path
    )


def ask(folder: Path, script: str, *arguments: str) -> str:
    place = Path(__file__).resolve().parents[2] / "config" / "profiles" / "cluster-generic" / script
    answer = subprocess.run([place, *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=20)
    return answer.stdout.strip()


def logs(folder: Path) -> list[str]:
    files = (folder / ".snakemake" / "background-jobs").glob("*.log")
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


def alive(group: int) -> bool:
    """Whether a process of the group runs; those that nobody has buried yet do not."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, of_group = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:3]
            except OSError:
                continue
            if int(of_group) == group and state != "Z":
                return True
    return False


def wait_for(happened: object, run: "subprocess.Popen[bytes] | None", folder: Path) -> None:
    assert callable(happened)
    for _ in range(1800):
        if happened():
            return
        assert run is None or run.poll() is None, (folder / "output.txt").read_text(encoding="utf-8")[-3000:]
        time.sleep(0.1)
    raise AssertionError("it did not happen within three minutes")
