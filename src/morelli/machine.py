"""What work is done with: a cache folder, threads, and whoever hears how far it is."""

from dataclasses import dataclass, replace
from pathlib import Path

from morelli.progress import SILENT, Progress


@dataclass(frozen=True)
class Machine:
    """What work is done with. It decides how long that takes, and no figure.

    Attributes:
        cache: Folder of cached features and pictures; None is `MORELLI_CACHE` or the user's cache
            folder.
        workers: Threads; None is one a core.
        progress: Hears how far it is.
    """

    cache: Path | None = None
    workers: int | None = None
    progress: Progress = SILENT

    def heard_by(self, progress: Progress) -> "Machine":
        """Return the same machine with another listener."""
        return replace(self, progress=progress)


def machine_of(
    cache: str | Path | None = None, workers: int | None = None, progress: Progress | None = None
) -> Machine:
    """Return a machine from what callers may leave out."""
    return Machine(None if cache is None else Path(cache), workers, progress or SILENT)


HERE = Machine()
"""A machine of which nothing is said: the usual cache, a thread a core, nobody who listens."""
