"""Processes of their own, forked from a clean one that has the libraries: it spares seconds."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from typing import Any

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        "pytest",
        "morelli.cli.main",
        "morelli.studies.study",
        "morelli.studies.search",
        "sklearn.metrics",
        "scipy.stats",
        "torchvision",
        "matplotlib.backends.backend_svg",
        "matplotlib.backends.backend_agg",
        "safetensors.torch",
    ]
)


def process(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start a process of its own that does a piece of work, in this environment.

    The work and its arguments are pickled; a function of a test module cannot be, of a module
    beside it it can.
    """
    started: BaseProcess = _SERVER.Process(target=_do, args=(dict(os.environ), work, arguments))
    started.start()
    return started


def _do(environment: Mapping[str, str], work: Callable[..., None], arguments: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    work(*arguments)
