"""What can go wrong, by family. Each message says which file or key, what was expected, what was found, what to do.

A `RobustStyleError` is the user's to mend: the entry points print its one sentence without a traceback and exit
with status 1. Anything else is a defect of ours and keeps its traceback.
"""


class RobustStyleError(Exception):
    """Base of every error whose remedy lies with the user."""


class ConfigError(RobustStyleError):
    """The configuration contradicts itself, the machine, or its schema."""


class DatasetError(RobustStyleError):
    """An archive or a prepared dataset is missing, damaged or of another kind than stated."""


class DownloadError(RobustStyleError):
    """No source gave the file with the expected hash."""


class ImageError(RobustStyleError):
    """A content or style image cannot be used."""


class CheckpointError(RobustStyleError):
    """A checkpoint is missing, damaged, or does not belong to this network."""


class Divergence(RobustStyleError):
    """A loss became NaN or infinite."""


class StorageError(RobustStyleError):
    """A file cannot be written: the disk is full, over quota or read-only, or the place is somebody else's."""


class ResultError(RobustStyleError):
    """A finished product is missing, out of its range, or not what the manifest says."""
