import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.model.kernels.bilinear import sample_bilinear, sample_by_indexing


def a_grid(height: int, width: int, zoom: float, degrees: float, across: float, down: float) -> torch.Tensor:
    turn = math.radians(degrees)
    matrix = torch.tensor(
        [[zoom * math.cos(turn), -zoom * math.sin(turn), across], [zoom * math.sin(turn), zoom * math.cos(turn), down]]
    )
    return F.affine_grid(matrix.unsqueeze(0), [1, 3, height, width], align_corners=False)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 24), st.integers(2, 24), st.floats(0.3, 3), st.floats(-180, 180), st.floats(-2, 2), st.floats(-2, 2)
)
def test_look_ups_equal_torch_s_grid_sample_and_its_gradient(
    height: int, width: int, zoom: float, degrees: float, across: float, down: float
) -> None:
    images = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height), dtype=torch.float64)
    grid = a_grid(height, width, zoom, degrees, across, down).double()
    found, expected = images.clone().requires_grad_(), images.clone().requires_grad_()
    weights = torch.rand(images.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for seen, each in ((sample_by_indexing, found), (sample_bilinear, expected)):
        torch.autograd.backward((seen(each, grid) * weights).sum())
    torch.testing.assert_close(sample_by_indexing(images, grid), sample_bilinear(images, grid), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(found.grad, expected.grad, rtol=1e-9, atol=1e-9)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_a_gpu_gives_the_same_gradient_every_time() -> None:
    torch.set_deterministic_debug_mode("error")
    grid = a_grid(64, 96, 1.1, 7.0, 0.03, -0.02).cuda()
    gradients = []
    for _ in range(2):
        images = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0)).cuda().requires_grad_()
        torch.autograd.backward(sample_bilinear(images, grid).square().sum())
        gradients.append(images.grad)
    assert torch.equal(gradients[0], gradients[1])
