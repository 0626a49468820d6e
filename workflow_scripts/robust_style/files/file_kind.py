"""What kind of file somebody gave in place of a checkpoint, from its first bytes. Standard library only."""

# First bytes and the name of the kind, as the formats' specifications have them.
_MAGIC = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"BM", "a BMP image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"version https://git-lfs", "a Git LFS pointer (get the file itself with `git lfs pull`)"),
    (b"<", "a web page"),
)
_LONGEST_HEADER = 100_000_000


def kind_of(start: bytes) -> str | None:
    """The kind of the file that begins with `start` (64 bytes or more of it), with its article; None if unknown."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "a WebP image"
    if start[4:8] == b"ftyp":
        return f"an {'AVIF' if start[8:12] in (b'avif', b'avis') else 'HEIC or MP4'} file"
    # A length in 8 bytes, then JSON (the format's README).
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < _LONGEST_HEADER:
        return "a safetensors file"
    return next((kind for magic, kind in _MAGIC if start.lstrip(b" \r\n\t").startswith(magic)), None)
