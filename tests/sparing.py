"""What spares the processor while tests run; a conftest imports the hooks before any library.

Workers share the cores, so each computes on one thread. Much of what libraries and tests make lives
until the end: looking through it for garbage again and again took a tenth of the time. Coverage
makes all Python code take two or three times as long, that of libraries too.
"""

import gc
import os
from collections.abc import Generator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from coverage import Coverage

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= {"OMP_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1"}

gc.set_threshold(20_000, 20, 20)

LIBRARIES = ("torchvision", "sklearn.metrics", "scipy.stats", "matplotlib.backends.backend_svg")
"""Large ones that Morelli imports where it first needs them."""


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect tests and import libraries without coverage; of Morelli's modules it is taken."""
    coverage, option = Coverage.current(), session.config.option
    if coverage is None or getattr(option, "dist", "no") != "no":  # workers do not distribute
        return (yield)
    import morelli

    for module in walk_packages(morelli.__path__, "morelli."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    coverage.stop()
    for library in LIBRARIES:
        import_module(library)
    try:
        return (yield)
    finally:
        coverage.start()


def pytest_collection_finish() -> None:
    """Leave what is there by now out of the search for garbage."""
    gc.collect()
    gc.freeze()
