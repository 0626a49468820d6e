"""The learning rate of each epoch."""


def learning_rate(epoch: int, *, initial: float, drop_every: int, drop_factor: float) -> float:
    """The learning rate during `epoch` (the first is 1): `initial`, times `drop_factor` every `drop_every` epochs.

    A pure function of the epoch, so that a chain of segments cannot lose count.
    Source: torch.optim.lr_scheduler.StepLR, as `robustness` steps it. Differs from that library: its schedule is saved
    before it is stepped, so that after a resume the rate drops one epoch late.
    """
    return float(initial * drop_factor ** ((epoch - 1) // drop_every))
