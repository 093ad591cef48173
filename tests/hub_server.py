"""A local stand-in for the Hugging Face Hub's file endpoints, for the real client.

One data set repository with one commit, read from a folder when the server is made: the commit
never changes, and a path that is not in it is never looked up on disk.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from threading import Lock, Thread
from typing import Any, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

Entry = dict[str, Any]  # a file or folder as the Hub lists it
Fault = Literal["none", "drop", "unavailable"]
ApiFault = Literal["none", "unavailable"]
Outcome = Literal["whole", "dropped", "unavailable"]

OUTCOMES: dict[Fault, Outcome] = {"none": "whole", "drop": "dropped", "unavailable": "unavailable"}
REVISION = "0123456789abcdef0123456789abcdef01234567"
ROUTE = re.compile(
    r"(?:/api)?/datasets/(?P<repository>[^/]+/[^/]+)"
    r"(?:/(?P<question>revision|tree|paths-info|resolve)/(?P<revision>[^/]+)(?:/(?P<path>.+))?)?"
)


@dataclass(frozen=True)
class Served:
    """One answered byte request: the half-open range (clipped to the file) and its fate."""

    path: str
    start: int
    end: int
    outcome: Outcome


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, int, int] | None = None  # path, start and end, if it carries a file's bytes
    dropped: bool = False


class HubServer:
    """Serves `folder` on 127.0.0.1 while entered, and logs what the client asked for.

    Every request is either a byte request (GET resolve of a file that is there), logged in
    `served`, or counted in `api_requests` (all others, HEAD included). `faults(k)` decides the fate
    of the request that becomes `served[k]`; `api_faults(k)` that of the k-th other one. k counts
    from 0, and no two requests ask at once.
    """

    endpoint: str

    def __init__(
        self,
        folder: Path,
        repository: str = "museum/paintings",
        revision: str = REVISION,
        faults: Callable[[int], Fault] = lambda _: "none",
        api_faults: Callable[[int], ApiFault] = lambda _: "none",
    ) -> None:
        self.repository, self.revision = repository, revision
        self.files = stored_files(folder)
        self.served: list[Served] = []
        self.api_requests = 0
        self._faults, self._api_faults, self._lock = faults, api_faults, Lock()

    def __enter__(self) -> Self:
        self._listener = _Listener(("127.0.0.1", 0), partial(_Conversation, self))
        self.endpoint = f"http://127.0.0.1:{self._listener.server_port}"
        Thread(target=self._listener.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def answer(self, method: str, target: str, asked_bytes: str, form: str) -> Answer:
        """The answer to a request, spoilt if its turn has come; logged before it is sent."""
        answer = self._find(target, asked_bytes, form)
        fault: Fault
        with self._lock:
            if answer.asked and method == "GET":
                fault = self._faults(len(self.served))
                self.served.append(Served(*answer.asked, OUTCOMES[fault]))
            else:
                fault = self._api_faults(self.api_requests)
                self.api_requests += 1
        unavailable = Answer(503, b"try again later")
        return unavailable if fault == "unavailable" else replace(answer, dropped=fault == "drop")

    def _find(self, target: str, asked_bytes: str, form: str) -> Answer:  # noqa: PLR0911
        url = urlsplit(target)
        if not (match := ROUTE.fullmatch(url.path)):
            return refusal("NoSuchEndpoint")
        asked = {name: unquote(part) for name, part in match.groupdict("").items()}
        path, options = asked["path"], parse_qs(form or url.query)
        files = [entry for entry, _ in self.files.values()]
        if asked["repository"] != self.repository:
            return refusal("RepoNotFound")
        if asked["revision"] not in ("", "main", self.revision):
            return refusal("RevisionNotFound")
        if asked["question"] == "resolve":
            found = self.files.get(path)
            return file_answer(*found, asked_bytes) if found else refusal("EntryNotFound")
        if asked["question"] == "tree":
            listed = listing(files, path, options.get("recursive") == ["true"])
            return json_answer(listed) if listed else refusal("EntryNotFound")
        if asked["question"] == "paths-info":
            known = listing(files, "", recursive=True)
            return json_answer([entry for entry in known if entry["path"] in options["paths"]])
        siblings = [{"rfilename": file["path"]} for file in files]
        return json_answer({"id": self.repository, "sha": self.revision, "siblings": siblings})


def stored_files(folder: Path) -> dict[str, tuple[Entry, bytes]]:
    """A folder's files by path; links that lead out of it are left out. Parquet is in LFS."""
    root, files = folder.resolve(), {}
    for source in sorted(root.rglob("*")):
        if source.is_file() and source.resolve().is_relative_to(root):
            path, content = source.relative_to(root).as_posix(), source.read_bytes()
            size, oid = len(content), sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entry: Entry = {"type": "file", "path": path, "size": size, "oid": oid}
            if source.suffix == ".parquet":
                lfs_oid = sha256(content).hexdigest()
                entry["lfs"] = {"oid": lfs_oid, "size": size, "pointerSize": 130}
            files[path] = entry, content
    return files


def listing(files: Iterable[Entry], folder: str, recursive: bool) -> list[Entry]:
    """What lies under a folder ("" is the top): files, and the folders that lead to them."""
    found = {file["path"]: file for file in files}
    for parent in {str(parent) for path in found for parent in PurePosixPath(path).parents} - {"."}:
        oid = sha1(parent.encode()).hexdigest()
        found[parent] = {"type": "directory", "path": parent, "size": 0, "oid": oid}
    top = f"{folder}/" if folder else ""
    inside = sorted(path for path in found if path.startswith(top))
    return [found[path] for path in inside if recursive or "/" not in path.removeprefix(top)]


def file_answer(entry: Entry, content: bytes, asked_bytes: str) -> Answer:
    """A file's bytes: one range that names its start, or all of them for any other wish."""
    path, size, etag = entry["path"], len(content), entry.get("lfs", entry)["oid"]
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{etag}"'}
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked_bytes)
    if match is None:
        return Answer(200, content, headers, (path, 0, size))
    start, end = int(match[1]), min(int(match[2] or size) + 1, size)
    if start >= end:
        return Answer(416, b"", {**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Answer(206, content[start:end], headers, (path, start, end))


def json_answer(content: object) -> Answer:
    return Answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})


def refusal(code: str) -> Answer:
    return Answer(404, code.encode(), {"X-Error-Code": code})


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128  # the default, 5, makes threads that come together wait a second


class _Conversation(BaseHTTPRequestHandler):
    """One request and its answer: HTTP/1.0, so that no connection outlives the server."""

    def __init__(self, hub: HubServer, *connection: Any) -> None:
        self.hub = hub
        super().__init__(*connection)

    def do_GET(self) -> None:
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        answer = self.hub.answer(self.command, self.path, self.headers.get("Range", ""), form)
        length = {"Content-Length": str(len(answer.body)), "X-Repo-Commit": self.hub.revision}
        with suppress(ConnectionError):  # a client that hangs up is no news
            self.send_response(answer.status)
            for name, value in {**answer.headers, **length}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[: len(answer.body) // (2 if answer.dropped else 1)])

    do_HEAD = do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object, **__: object) -> None:
        pass
