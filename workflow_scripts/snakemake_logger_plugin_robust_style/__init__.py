"""The plugin that `snakemake --logger robust-style` loads. Snakemake finds it by the name of this package."""

from robust_style.workflow.terminal import LogHandler

__all__ = ["LogHandler"]
