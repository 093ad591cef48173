"""Parquet shards of a data set on the Hugging Face Hub, read by byte ranges, never whole.

A revision is pinned when the source is opened, so that every byte comes from one commit.
"""

import posixpath
import time
from collections.abc import Callable
from typing import TypeVar

from morelli.data.sources.parquet import ParquetSource
from morelli.data.sources.shard_file import ShardFile
from morelli.errors import BadSource

TRIES = 8
"""How often a request is made before it counts as failed."""

WAIT = 0.25
"""Seconds before the first repetition; each further one waits twice as long, 8 s at most."""

TIMEOUT = 30.0
"""Seconds without a byte after which a request counts as dropped."""

_PASSING = frozenset({408, 429, 500, 502, 503, 504})

Answer = TypeVar("Answer")


def hub_source(place: str, *, endpoint: str | None = None, wait: float = WAIT) -> ParquetSource:
    """Open a data set of the Hub whose files are Parquet shards.

    Args:
        place: OWNER/NAME, or OWNER/NAME@REVISION.
        endpoint: Address of the Hub; by default `HF_ENDPOINT` or the public one.
        wait: Seconds before a failed request is made again the first time.

    Raises:
        BadSource: If there is no such data set, it has no Parquet files, or the Hub does not
            answer.
    """
    repository, _, asked = place.partition("@")
    revision, sizes = _listing(repository, asked, endpoint, wait)
    shards = sorted((path, size) for path, size in sizes.items() if path.endswith(".parquet"))
    if not shards:
        raise BadSource(
            f"hub:{place} has no Parquet files; the Hub's own conversion may: "
            f"hub:{repository}@refs/convert/parquet"
        )
    top = posixpath.commonpath([posixpath.dirname(path) for path, _ in shards])
    files = tuple(
        ShardFile(
            posixpath.relpath(path, top or "."),
            size,
            _reader(repository, revision, path, endpoint, wait),
        )
        for path, size in shards
    )
    about = {"kind": "hub", "repository": repository, "revision": revision}
    return ParquetSource(about, files)


def _listing(
    repository: str, asked: str, endpoint: str | None, wait: float
) -> tuple[str, dict[str, int]]:
    """Pin a revision; return its commit, and its files' sizes in bytes by their paths."""
    from huggingface_hub import HfApi, RepoFile
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    api = HfApi(endpoint=endpoint)

    def info() -> str:
        data_set = api.dataset_info(repository, revision=asked or None, timeout=TIMEOUT)
        return str(data_set.sha)

    def tree(revision: str) -> dict[str, int]:
        entries = api.list_repo_tree(
            repository, revision=revision, repo_type="dataset", recursive=True
        )
        return {entry.path: entry.size for entry in entries if isinstance(entry, RepoFile)}

    try:
        revision = _patiently(info, wait)
        return revision, _patiently(lambda: tree(revision), wait)
    except RevisionNotFoundError:
        raise BadSource(f"hub:{repository} has no revision {asked!r}") from None
    except RepositoryNotFoundError:
        raise BadSource(
            f"the Hub has no data set {repository!r}, or it is private "
            "(then log in with: hf auth login)"
        ) from None
    except (HFValidationError, HfHubHTTPError, OfflineModeIsEnabled) as error:
        raise BadSource(f"hub:{repository}: {str(error).splitlines()[0]}") from None


def _reader(
    repository: str, revision: str, path: str, endpoint: str | None, wait: float
) -> Callable[[int, int], bytes]:
    """Return a function that fetches bytes [start, end) of one file by one request."""
    from huggingface_hub import get_session, get_token, hf_hub_url

    url = hf_hub_url(repository, path, repo_type="dataset", revision=revision, endpoint=endpoint)

    def fetch(start: int, end: int) -> bytes:
        headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        if token := get_token():
            headers["Authorization"] = f"Bearer {token}"
        response = get_session().get(url, headers=headers, timeout=TIMEOUT, follow_redirects=True)
        if response.is_client_error and response.status_code not in _PASSING:
            raise BadSource(f"the Hub refuses {path}: {response.status_code}; may you read it?")
        response.raise_for_status()
        if response.status_code != 206 or len(response.content) != end - start:
            raise BadSource(f"the Hub answered the bytes {start}-{end} of {path} with other ones")
        return bytes(response.content)

    return lambda start, end: _patiently(lambda: fetch(start, end), wait)


def _patiently(ask: Callable[[], Answer], wait: float) -> Answer:
    """Ask again after dropped connections, time-outs and passing refusals of the server."""
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # kept for callers

    for attempt in range(1, TRIES + 1):
        try:
            return ask()
        except (httpx.TransportError, httpx.HTTPStatusError, HfHubHTTPError) as error:
            status = _status(error)
            if status is not None and status not in _PASSING:
                raise
            if attempt == TRIES:
                raise BadSource(
                    f"the Hub does not answer ({type(error).__name__}"
                    f"{f' {status}' if status else ''}, {TRIES} times); what was finished is "
                    "kept: run the same command again later"
                ) from error
            time.sleep(min(8.0, wait * 2 ** (attempt - 1)))
    raise AssertionError("unreachable")


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)
