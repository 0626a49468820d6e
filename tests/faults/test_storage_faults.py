"""No room for what a step writes: one sentence that names the file, status 1, and what was finished is as it was."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from merged_config import CONFIG, merged
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.experiment import networks_by_role, painted_recipe, training_epsilons
from rule_script import Outcome, run_script

# Bytes a file may have: less than any product.
LIMIT = 64
NETWORK = {"network": "adversarial", "seed": "0"}


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As `ulimit -f`, or a quota: the write that goes beyond fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def steps(root: Path) -> dict[str, dict[str, Any]]:
    """Every kind of step of the miniature, in the order in which the data travels, as arguments of `run_script`."""
    config = check_configuration(merged("config", "miniature"), CONFIG / "schema.yaml")
    config["images"] = [str(CONFIG / "images.tsv")]
    network, transfer = config["networks"]["adversarial"], config["transfer"]
    training = {
        key: value
        for key, value in config["training"].items()
        if key not in ("epochs", "checkpoint_every", "precision", "threads")
    }
    dataset, images = (
        root / "phototiles.npz",
        [root / "images" / f"{name}.png" for name in ("astronaut", "voronoi_mosaic")],
    )
    start, trained = (root / "checkpoints" / f"epoch_{epoch}.pt" for epoch in ("000", "001"))
    stem = root / "stylized" / "astronaut--voronoi_mosaic"
    of_picture = {
        kind: [stem.with_name(stem.name + ending)]
        for kind, ending in (
            ("pictures", ".png"), ("previews", ".jpg"), ("traces", ".json"),
            ("snapshots", ".snapshots.png"), ("animations", ".gif"),
        )
    }  # fmt: skip
    score, evaluation = root / "scores" / "one.json", root / "evaluation.json"
    table, moments, claims = root / "scores.tsv", root / "moments.tsv", root / "claims.tsv"
    recipes = {"fair": transfer["recipes"]["fair"]}
    painted = {
        "pairs": [("astronaut", "voronoi_mosaic")], "blends": {}, "regime": "adversarial",
        "recipe": painted_recipe(config, "adversarial", "fair", read_stand_ins(CONFIG / "layers.yaml")),
        **{key: transfer[key] for key in ("size_px", "preview_px", "animation_px", "animation_frames")},
    }  # fmt: skip
    kept = config["reconstruction"] | {"regime": "adversarial", "size_px": 32, "blends": {}}
    kept |= {"content": "astronaut", "style": "voronoi_mosaic"}
    figure = {"figure": root / "figures" / "one.png", "vector": root / "figures" / "one.svg"}
    return {
        "prepare_dataset": {
            "input": {"archive": []}, "output": {"dataset": dataset}, "wildcards": {"dataset": "phototiles"},
            "params": {"train_size": 200, "test_size": 50, "classes": None, "size_px": 32},
        },
        "prepare_image": {
            "output": {"image": images[1]}, "wildcards": {"image": "voronoi_mosaic"}, "params": {"is_mask": False},
        },
        "initialise_network": {
            "input": {"dataset": dataset}, "output": {"checkpoint": start}, "wildcards": NETWORK,
            "params": {"settings": network, "training": training, "code": ""},
        },
        "train_segment": {
            "input": {"dataset": dataset, "previous": start}, "output": {"checkpoint": trained},
            "wildcards": {**NETWORK, "epoch": "001"},
            "params": {"settings": network, "training": training, "code": ""},
        },
        "evaluate_checkpoint": {
            "input": {"checkpoint": trained, "dataset": dataset}, "output": {"evaluation": evaluation},
            "wildcards": {**NETWORK, "epoch": "001"},
            "params": {"evaluation": config["evaluation"], "with_autoattack": False},
        },
        "stylize": {
            "input": {"checkpoint": trained, "images": images}, "output": of_picture, "params": painted,
            "wildcards": {**NETWORK, "epoch": "001", "recipe": "fair"},
        },
        "reconstruct": {
            "input": {"checkpoint": trained, "images": images}, "params": kept,
            "output": {"strip": root / "strip.png", "record": root / "strip.json"},
            "wildcards": {**NETWORK, "epoch": "001"},
        },
        "score_stylization": {
            "input": {name: of_picture[name] for name in ("pictures", "snapshots", "traces")} | {"images": images},
            "output": {"scores": score},
        },
        "collect_scores": {
            "input": {"scores": [score], "evaluations": [evaluation], "ratings": [], "answers": []},
            "output": {"table": table, "by_iteration": moments},
        },
        "collect_evaluations": {
            "input": {"evaluations": [evaluation]},
            "output": {"table": root / "evaluations.tsv", "history": root / "history.tsv"},
        },
        "judge_claims": {
            "input": {"table": table, "by_iteration": moments, "blocks": [CONFIG / "claims.yaml"]},
            "output": {"claims": claims},
            "params": {
                "networks": networks_by_role(config), "recipes": recipes, "epsilons": training_epsilons(config),
                "ratios": {}, "architectures": {},
            },
        },
        "draw_score_vs_epoch": {
            "input": {"table": table}, "output": figure,
            "params": {"networks": ["adversarial"], "recipes": ["fair"]},
        },
        "write_answer": {"input": {"claims": claims}, "output": {"answer": root / "answer.html"}},
        "build_comparison": {
            "input": {
                "traces": of_picture["traces"], "evaluations": [evaluation], "table": table, "by_iteration": moments,
                "claims": claims, "images": images,
            },
            "output": {"folder": root / "comparison", "edition": root / "comparison.html"},
        },
        "write_manifest": {
            "input": {"products": [table, claims]}, "params": {"config": config},
            "output": {"manifest": root / "manifest.tsv", "provenance": root / "run.json"},
        },
    }  # fmt: skip


def run(root: Path, rule: str) -> Outcome:
    config = check_configuration(merged("config", "miniature"), CONFIG / "schema.yaml") | {
        "images": [str(CONFIG / "images.tsv")]
    }
    return run_script(rule, root / "logs" / f"{rule}.log", config=config, **steps(root)[rule])


def files(root: Path) -> dict[str, bytes]:
    """Everything but the logs, hidden files too."""
    found = (path for path in root.rglob("*") if path.is_file() and "logs" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every step done once."""
    root = tmp_path_factory.mktemp("made")
    content = {**steps(root)["prepare_image"], "output": {"image": root / "images" / "astronaut.png"}}
    content["wildcards"] = {"image": "astronaut"}
    assert run_script(
        "prepare_image", root / "logs" / "a.log", config={"images": [str(CONFIG / "images.tsv")]}, **content
    )
    for rule in steps(root):
        outcome = run(root, rule)
        assert outcome.code == 0, f"{rule}: {outcome.log}"
    return root


@pytest.mark.parametrize("rule", list(steps(Path())))
def test_no_room_for_a_product(made: Path, rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(made)
    with no_file_larger_than(LIMIT):
        outcome = run(made, rule)
    assert outcome.code == 1
    last = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert last.startswith(f"error: {made}"), last
    assert last.endswith("raise the limit on the size of a file (`ulimit -f`) and run again, what is finished is kept")
    assert files(made) == before


@pytest.mark.parametrize("rule", list(steps(Path())))
def test_done_again_it_gives_the_same_bytes(made: Path, rule: str) -> None:
    before = files(made)
    assert run(made, rule).code == 0
    assert files(made) == before
