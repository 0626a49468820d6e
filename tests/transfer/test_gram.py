import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from robust_style.transfer.gram import gram_matrix


def test_gram_of_ones():
    # every inner product is h·w, divided by c·h·w
    assert torch.equal(gram_matrix(torch.ones(2, 4, 3, 5)), torch.full((2, 4, 4), 0.25))


def test_gram_of_channels_that_never_fire_together():
    features = torch.zeros(1, 2, 1, 2)
    features[0, 0, 0, 0], features[0, 1, 0, 1] = 2.0, 6.0
    assert torch.equal(gram_matrix(features), torch.tensor([[[1.0, 0.0], [0.0, 9.0]]]))


@given(
    shape=some.tuples(*[some.integers(1, 4)] * 4),
    seed=some.integers(0, 1000),
    last=some.booleans(),
)
def test_equals_the_sum_written_out(shape, seed, last):
    features = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    layout = torch.channels_last if last else torch.contiguous_format
    written_out = torch.einsum("bihw,bjhw->bij", features, features) / features[0].numel()
    torch.testing.assert_close(gram_matrix(features.contiguous(memory_format=layout)), written_out)


def test_gradient_against_finite_differences():
    features = torch.randn(2, 3, 2, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.autograd.gradcheck(gram_matrix, features.requires_grad_())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_half_precision_maps_are_summed_in_float32(dtype):
    # 4096 positions of 1 + 2^-7: summed in bfloat16 the small part would be lost
    gram = gram_matrix(torch.full((1, 1, 64, 64), 1.0078125, dtype=dtype))
    assert gram.dtype == torch.float32
    assert gram.item() == pytest.approx(1.0078125**2, rel=1e-6)
