from dataclasses import replace

import pytest
import torch

from robust_style.benchmark.iterations import flops, our_problem, plain_iteration, random_network, scene_of
from robust_style.benchmark.transfer_step import _fair, benchmark_transfer


def test_both_iterations_have_one_gradient():
    scene = scene_of(32, torch.device("cpu"))
    network = random_network(0.0625, scene)
    recipe = replace(_fair(), pooling="max", loss_normalisation="mean", style_weight=50.0)
    picture = scene.content.flip(3)
    plain = plain_iteration(network, recipe, scene)(picture)
    ours = our_problem(network, recipe, scene, torch.float32).evaluate(picture, [0], [True])
    assert (plain - ours.gradient).norm() < 1e-3 * plain.norm()


def test_operations_are_those_of_the_convolutions_up_to_the_deepest_layer():
    network = random_network(1.0, scene_of(32, torch.device("cpu")))
    # 47.3 GFLOP forward up to conv5_1 at 256 px
    assert flops(network, _fair(), 256) == pytest.approx(2 * 47.3e9, rel=0.01)


@pytest.mark.nightly  # 15 s
def test_the_table_has_each_rival_at_each_size(tmp_path, capsys):
    benchmark_transfer(
        table=tmp_path / "t.tsv", device="cpu", threads=1, width=0.0625, sizes=[32], rounds=1, iterations=3
    )
    lines = [line.split("\t") for line in (tmp_path / "t.tsv").read_text().splitlines()]
    whats = [line[lines[0].index("what")] for line in lines[1:]]
    assert whats[0] == "plain"
    assert whats[-1] == "ours float32"
    assert "torch L-BFGS, float32, line search strong_wolfe: loss" in capsys.readouterr().out
