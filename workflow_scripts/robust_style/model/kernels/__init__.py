"""Operations that replace torch's where those are slow or non-deterministic on one kind of device.

Each computes what torch's operation computes, but for rounding: `row_products` and `small_map` on CPUs, `mean_pool`
and `bilinear` on GPUs.
"""
