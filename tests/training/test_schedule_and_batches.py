import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robust_style.training.layout import layout_for
from robust_style.training.schedule import learning_rate
from robust_style.training.subset import batches_of, class_balanced


@pytest.mark.parametrize(("every", "factor"), [(50, 0.1), (3, 0.5), (1, 0.9)])
def test_learning_rate_is_that_of_steplr(every: int, factor: float) -> None:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs = torch.optim.lr_scheduler.StepLR(optimiser, every, factor)
    for epoch in range(1, 121):
        ours = learning_rate(epoch, initial=0.1, drop_every=every, drop_factor=factor)
        assert ours == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)
        optimiser.step()
        theirs.step()


def test_learning_rate_at_the_boundaries() -> None:
    rates = [learning_rate(epoch, initial=1.0, drop_every=2, drop_factor=0.5) for epoch in range(1, 6)]
    assert rates == [1.0, 1.0, 0.5, 0.5, 0.25]


@given(st.integers(1, 60), st.integers(2, 20))
def test_batches_hold_every_image_once_and_never_one_alone(images: int, batch_size: int) -> None:
    order = torch.randperm(images, generator=torch.Generator().manual_seed(0))
    batches = batches_of(order, batch_size)
    assert torch.equal(torch.cat(batches), order)
    assert all(len(batch) == batch_size for batch in batches[:-2])
    assert images == 1 or min(len(batch) for batch in batches) > 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 40))
def test_class_balanced_takes_the_first_of_each_class(labels: list[int], count: int) -> None:
    chosen = class_balanced(torch.tensor(labels), count, 4).tolist()
    assert chosen == sorted(set(chosen))
    for label in range(4):
        share = count // 4 + (label < count % 4)
        assert [i for i in chosen if labels[i] == label] == [i for i, found in enumerate(labels) if found == label][
            :share
        ]


def test_class_balanced_none_is_all() -> None:
    assert class_balanced(torch.tensor([1, 1, 0]), None, 2).tolist() == [0, 1, 2]


def test_layout_follows_precision_and_width() -> None:
    assert layout_for("bfloat16", 1.0) == layout_for("float32", 0.25) == torch.channels_last
    assert layout_for("float32", 1.0) == torch.contiguous_format
    assert layout_for("bfloat16", 0.125, "resnet18") == torch.contiguous_format, "oneDNN's memory, see there"
    assert layout_for("float32", 0.25, "resnet18") == torch.channels_last
