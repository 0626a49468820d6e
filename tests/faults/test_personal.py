"""Nothing personal: no user, host, folder or secret of whoever ran it gets into what is passed on."""

import getpass
import json
import platform
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from made_results import claim_row, make_reconstructions, make_results, write_claims
from merged_config import merged
from robust_style.data.catalogue import COLUMNS, find_image
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.figure.reconstructions import draw_reconstructions
from robust_style.provenance.run import PACKAGES, without_local_paths
from robust_style.report.methods import write_methods
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema_page import descriptions
from rule_script import run_script

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"
SECRET = "planted"  # part of everything that must not get out
HOME = f"/home/{SECRET}_user"
ENVIRONMENT = {
    "HOME": HOME, "USER": f"{SECRET}_user", "LOGNAME": f"{SECRET}_user", "HOSTNAME": f"{SECRET}-host",
    "SECRET_TOKEN": f"{SECRET}-token", "AWS_SECRET_ACCESS_KEY": f"{SECRET}-key", "http_proxy": f"http://{SECRET}@proxy:1",
}  # fmt: skip
CREDENTIALS = f"https://{SECRET}:{SECRET}@weights.example/"


@dataclass(frozen=True)
class Run:
    """A folder of products, made where everything around them is personal."""

    results: Path
    config: dict[str, Any]

    def products(self) -> Iterator[Path]:
        return (path for path in self.results.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp(f"{SECRET} folder")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr(socket, "gethostname", lambda: f"{SECRET}-host")
        patch.setattr(platform, "node", lambda: f"{SECRET}-host")
        patch.setattr(getpass, "getuser", lambda: f"{SECRET}_user")
        yield made_in(folder)


def made_in(folder: Path) -> Run:
    config = personal_config(folder)
    results = folder / "results"
    made = make_results(results, recipes=("fair",), epochs=(0, 4), pairs=(("rocket", "flow_field"),))
    records = make_reconstructions(results, epochs=(0, 4), layers=2)
    rows = [claim_row()]
    claims = write_claims(results / "claims.tsv", rows)
    made.collect(results / "scores.tsv")
    image = made.images["rocket"]
    figures = {"figure": results / "figures" / "forest.png", "vector": results / "figures" / "forest.svg"}
    draw_claims_forest(claims=claims, **figures)
    figures = {"figure": results / "figures" / "kept.png", "vector": results / "figures" / "kept.svg"}
    figures["preview"] = results / "figures" / "kept.jpg"
    draw_reconstructions(records=records, content=image, style=image, networks=["standard", "adversarial"], **figures)
    about = find_image([Path(path) for path in config["images"]], "mine")
    scripts = {
        "write_answer": {"input": {"claims": claims}, "output": {"answer": results / "answer.html"}},
        "build_comparison": {
            "input": {
                "traces": made.traces,
                "evaluations": made.evaluations,
                "table": results / "scores.tsv",
                "by_iteration": results / "moments.tsv",
                "claims": claims,
                "images": list(made.images.values()),
            },
            "output": {"folder": results / "comparison", "edition": results / "comparison.html"},
        },
        "write_manifest": {
            "input": {"products": [results / "scores.tsv", results / "comparison", results / "figures"]},
            "output": {"manifest": results / "manifest.tsv", "provenance": results / "provenance" / "run.json"},
            "params": {"config": config},
            # A record of the job is left, too.
            "config": {"pathvars": {"results": str(results), "logs": str(folder / "logs")}},
        },
        "write_crate": {
            "input": {
                "manifest": results / "manifest.tsv",
                "provenance": results / "provenance" / "run.json",
                "check": results / "scores.tsv",
            },
            "output": {"workflow": results / "workflow", "crate": results / "ro-crate-metadata.json"},
            "params": {"images": "{}", "snakemake": "9.27.1"},
        },
    }
    write_methods(
        config=config, meanings=descriptions(SCHEMA), pairs=[("mine", "flow_field")], claims=claims, traces=made.traces,
        images={"mine": {key: getattr(about, key) for key in ("title", "author", "year", "licence")}},
        methods=results / "methods.html",
    )  # fmt: skip
    for name, given in scripts.items():
        end = run_script(name, folder / "logs" / f"{name}.log", **given)
        assert end.code == 0, end.log
    return Run(results, config)


def personal_config(folder: Path) -> dict[str, Any]:
    """The published configuration with a file of one's own wherever there may be one."""
    config = merged("config")
    own = folder / "private"
    own.mkdir()
    row = {"name": "mine", "role": "both", "source": f"{own}/me.jpg", "title": "Mine", "author": "unknown"}
    table = own / "catalogue.tsv"
    table.write_text("\t".join(COLUMNS) + "\n" + "\t".join(row.get(column, "") for column in COLUMNS) + "\n")
    sha256 = {"sha256": "0" * 64}
    network = {"architecture": "vgg19", "regime": "standard", "epoch": 76, **sha256}
    config["images"] = [str(table)]
    config |= {"claims": [f"{HOME}/claims.yaml"], "sources": f"{HOME}/sources.tsv", "device": "cpu"}
    config["ratings"] = [f"{HOME}/ratings.tsv"]
    config["dataset"] = {"name": "cifar10", "archive": f"{HOME}/cifar-10-binary.tar.gz", **sha256}
    config["networks"] |= {
        "theirs": network | {"source": f"{HOME}/theirs.pt"},
        "of_the_web": network | {"source": f"{CREDENTIALS}web.pt?token={SECRET}#{SECRET}"},
    }
    config["raters"] = {"squeezenet": {"source": f"{HOME}/squeezenet.pth", **sha256}}
    config["pathvars"] = {
        "results": f"{HOME}/results", "logs": f"{HOME}/results/logs", "benchmarks": f"{HOME}/results/benchmarks"
    }  # fmt: skip
    return check_configuration(config, SCHEMA)


def test_no_product_names_a_person_a_host_a_folder_or_a_secret(run: Run) -> None:
    # The folder that all of it lies in has the word in its name, too.
    # The copy of the workflow's code is the code, byte for byte (provenance/test_crate), which has the word, too.
    made = [path for path in run.products() if "workflow" not in path.relative_to(run.results).parts]
    found = [path for path in made if SECRET.encode() in path.read_bytes()]
    assert found == []
    assert (run.results / "provenance" / "write_manifest.json").is_file()
    assert (run.results / "ro-crate-metadata.json").is_file()
    assert SECRET not in "".join(str(path.relative_to(run.results)) for path in run.products())
    assert {path.suffix for path in run.products()} >= {".html", ".js", ".json", ".tsv", ".svg", ".png", ".jpg"}


@pytest.mark.parametrize("place", ["methods.html", "provenance/run.json"])
def test_files_of_ones_own_are_named_without_their_place(run: Run, place: str) -> None:
    text = (run.results / place).read_text(encoding="utf-8")
    for name in ("cifar-10-binary.tar.gz", "theirs.pt", "https://weights.example/web.pt", "squeezenet.pth"):
        assert name in text


def test_provenance_records_what_is_on_a_list_and_no_more(run: Run) -> None:
    content = json.loads((run.results / "provenance" / "run.json").read_text(encoding="utf-8"))
    assert set(content) == {"commit", "config", "software", "machines", "devices"}
    assert set(content["software"]) == {"python", *PACKAGES}
    assert content["machines"] == [f"{platform.system()} {platform.machine()}"]
    assert re.fullmatch(r"unknown|[0-9a-f]{40}(-dirty)?", content["commit"])
    assert content["config"]["seeds"] == run.config["seeds"], "what the results depend on is there"


def test_every_path_and_address_of_a_configuration_is_shortened(run: Run) -> None:
    assert SECRET in json.dumps(run.config)
    assert SECRET not in json.dumps(without_local_paths(run.config))
