"""Addresses on the web, before anything is asked of them. Standard library only: the Snakefile reads it."""

import re
from urllib.parse import urlsplit


def has_host(url: str) -> bool:
    """Whether the URL is whole: it names a host, and has no spaces."""
    try:
        return bool(urlsplit(url).hostname) and not re.search(r"\s", url)
    except ValueError:  # half of an IPv6 address
        return False
