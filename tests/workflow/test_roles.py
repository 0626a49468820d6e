"""Which network of a configuration stands for what in a comparison."""

from merged_config import CONFIG, merged
from robust_style.workflow.roles import epsilons, networks_by_role
from robust_style.workflow.settings import checked

HASH = "0" * 64


def roles(**networks: dict[str, object]) -> dict[str, str]:
    config = merged("config")
    config["networks"] |= networks
    return networks_by_role(checked(config, CONFIG / "schema.yaml"))


def test_standard_and_adversarial_and_the_standard_one_before_training() -> None:
    assert roles() == {"standard": "standard", "adversarial": "adversarial", "untrained": "standard"}


def test_controls_have_roles_of_their_own() -> None:
    found = roles(
        gauss={"architecture": "vgg19", "regime": "noise", "epsilon": 0.5},
        longer={"architecture": "vgg19", "regime": "standard", "passes_per_epoch": 21},
        fresh={"architecture": "vgg19", "regime": "untrained"},
    )
    assert found["noise"] == "gauss"
    assert found["step_matched"] == "longer"
    assert found["untrained"] == "fresh"
    assert found["standard"] == "standard"


def test_a_name_stands_for_its_network_unless_it_is_the_word_for_a_role() -> None:
    found = roles(
        gentle={"architecture": "vgg19", "regime": "adversarial", "constraint": "l2", "epsilon": 0.1, "step_size": 0.1,
                "steps": 3},
        noise={"architecture": "vgg19", "regime": "untrained"},
    )  # fmt: skip
    assert found["gentle"] == "gentle"
    assert found["adversarial"] == "adversarial"
    assert "noise" not in found


def test_an_imported_network_takes_no_trained_one_s_place() -> None:
    stranger = {"architecture": "vgg19", "regime": "adversarial", "source": "a.pt", "sha256": HASH, "epoch": 101}
    assert roles(a_stranger=stranger)["adversarial"] == "adversarial"


def test_a_network_for_imagenet_has_no_role() -> None:
    config = merged("config") | {"expected": {}}
    painter = {"architecture": "imagenet_vgg19", "regime": "standard", "source": "a", "sha256": "0" * 64, "epoch": 9}
    config["networks"] = {"painter": painter, "ours": {"architecture": "resnet18", "regime": "standard"}}
    assert networks_by_role(checked(config, CONFIG / "schema.yaml"))["standard"] == "ours"
    config["networks"] = {"painter": painter}
    assert networks_by_role(checked(config, CONFIG / "schema.yaml")) == {"painter": "painter"}


def test_epsilons_are_those_of_standard_and_adversarial_training() -> None:
    config = merged("config")
    config["networks"] |= {
        "noise": {"architecture": "vgg19", "regime": "noise", "epsilon": 0.5},
        "longer": {"architecture": "vgg19", "regime": "standard", "passes_per_epoch": 21},
        "theirs": {"architecture": "vgg19", "regime": "standard", "source": "a.pt", "sha256": HASH, "epoch": 101},
    }
    assert epsilons(checked(config, CONFIG / "schema.yaml")) == {"standard": 0.0, "adversarial": 0.5}


def test_a_network_of_a_role_s_name_goes_before_others_that_could_play_it() -> None:
    found = roles(
        a_standard={"architecture": "resnet18", "regime": "standard"},
        a_noise={"architecture": "vgg19", "regime": "noise", "epsilon": 0.5},
    )
    assert (found["standard"], found["noise"]) == ("standard", "a_noise")
