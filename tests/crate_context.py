"""The validator's cache of what it would fetch: the vocabulary of RO-Crate 1.1, so that it needs no network."""

import gzip
import io
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
# As published (version 1.1.3 of the context, dedicated to the public domain), compressed.
COPY = Path(__file__).with_name("ro-crate-1.1-context.jsonld.gz")


class _FromDisk(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        assert request.url == CONTEXT, "nothing else is needed"
        body = io.BytesIO(gzip.decompress(COPY.read_bytes()))
        headers = {"Content-Type": "application/ld+json"}
        answer = HTTPResponse(body, headers, 200, preload_content=False, request_url=CONTEXT)
        return self.build_response(request, answer)


def make_cache(path: Path) -> Path:
    """Fills the cache at `path` (what the validator's `--cache-path` names) without asking anyone."""
    with CachedSession(cache_name=str(path), backend="sqlite", expire_after=-1, allowable_methods=("GET",)) as session:
        session.mount("https://", _FromDisk())
        session.get(CONTEXT)
    return path
