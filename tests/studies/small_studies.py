"""Small studies, processes that work on them, and what they say."""

import json
import os
import random
import resource
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from processes import process
from safetensors.torch import save_file

from morelli.data.aside import write_text
from morelli.data.collection import open_collection
from morelli.errors import BadFolder
from morelli.features.backbones import build, find_backbone
from morelli.studies.figures import SettingFigures, SplitFigures
from morelli.studies.folder import begin
from morelli.studies.recipe import Row, StudyRecipe
from morelli.studies.search import WARM_UP, Search
from morelli.studies.study import study
from morelli.studies.trials import (
    DONE,
    PRUNED,
    Head,
    Predicted,
    Trial,
    alone,
    claim,
    open_folders,
    trial_path,
)
from morelli.training.named_recipes import RECIPES
from morelli.training.recipe import Recipe

BASE = replace(
    RECIPES["plain"], backbone="squeezenet1_1", weights="random", hidden=16, batch=16, epochs=3
)

BEGINNINGS = 30
"""Folders in which processes begin a study at once."""


def small(**changed: Any) -> StudyRecipe:
    """Return the recipe of a quick study; what is no setting of a study changes its base."""
    own = {name: changed.pop(name) for name in list(changed) if name in _OWN}
    grid = {"backbones": ("squeezenet1_1",), "dropout": (0.0, 0.5), "lr": (1e-3, 1e-2)}
    return StudyRecipe(**(grid | own), base=Recipe(**(vars(BASE) | changed)))


_OWN = ("backbones", "dropout", "lr", "seeds", "search", "trials", "rows")

GRID = small(backbones=("squeezenet1_1", "mobilenet_v2"), seeds=2)
LISTED = small(
    rows=(
        Row("squeezenet1_1", 0.5, 1e-3, 2, published=0.5),
        Row("squeezenet1_1", 0.0, 1e-2, 3),
        Row("mobilenet_v2", 0.0, 1e-2, 1, published=0.25, published_seconds=9.0),
    )
)
ONE = small(dropout=(0.5,), lr=(1e-3, 1e-2), epochs=2)
"""Two settings of one shape."""

SHARED = small(dropout=(0.0, 0.3, 0.5), seeds=12, hidden=8)
"""Six settings; with so many seeds each is a stack of its own."""


def figures_of(row: SettingFigures, split: str = "val") -> SplitFigures:
    """Return what a setting comes to on val or test; it must have come to something."""
    figures = row.val if split == "val" else row.test
    assert figures is not None
    return figures


def write_weights(folder: Path, name: str) -> None:
    """Write random weights of a network to a folder of weights."""
    folder.mkdir(exist_ok=True)
    state = build(find_backbone(name)).state_dict()
    state = {key: tensor.clone() for key, tensor in state.items()}
    save_file(state, folder / f"{name}.safetensors")


class Heard:
    """Hears what is noted, and writes it to a file if there is one."""

    def __init__(self, log: Path | None = None) -> None:
        self.notes: list[str] = []
        self._log = log

    def note(self, text: str) -> None:
        """Remember."""
        self.notes.append(text)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Nothing."""


def trials_of(notes: Sequence[str]) -> list[int]:
    """Return the numbers of the trials that notes say have ended."""
    return [int(note[6:].split(":")[0]) for note in notes if note.startswith("Trial ")]


@dataclass(frozen=True)
class Asked:
    """The study that a process works on: what `study` is given."""

    collection: Path
    out: Path
    recipe: StudyRecipe
    cache: Path


def studied(asked: Asked, log: Path, start: Path) -> None:
    """Work on a study as soon as `start` is there; write what is noted to `log`."""
    torch.set_num_threads(1)
    log.touch()
    while not start.exists():
        time.sleep(0.005)
    _work(asked, Heard(log))


def _work(asked: Asked, progress: Heard) -> None:
    where = asked.collection, asked.out
    study(*where, asked.recipe, cache=asked.cache, workers=1, progress=progress)


def hold(folder: Path, name: str, held: Path) -> None:
    """Claim a piece of work, say so, and never end."""
    lock = claim(folder, name)
    if lock is not None:
        held.touch()
        signal.pause()


def count_up(folder: Path, times: int) -> None:
    """Add 1 to a number in a file, again and again, alone."""
    for _ in range(times):
        with alone(folder):
            number = int((folder / "number").read_text())
            (folder / "number").write_text(str(number + 1))


def begun(folder: Path, collection: Path, recipe: StudyRecipe, refused: Path, start: Path) -> None:
    """Begin studies in many new folders as soon as `start` is there, as others do."""
    opened = open_collection(collection)
    refused.touch()
    while not start.exists():
        pass
    for number in range(BEGINNINGS):
        try:
            begin(folder / str(number), opened, recipe)
        except BadFolder as error:
            with refused.open("a", encoding="utf-8") as file:
                file.write(f"{error}\n")


def drawn(folder: Path, recipe: StudyRecipe) -> list[dict[str, Any]]:
    """Return what a search draws where the accuracy hangs on the settings alone."""
    open_folders(folder)
    search, settings = Search(folder, recipe), []
    while not search.over:
        with search.take() as taken:
            assert taken is not None
            settings.append(taken.recipe.as_dict())
            accuracy = 1 / (1 + 100 * taken.recipe.lr + taken.recipe.dropout)
            behind = taken.behind(WARM_UP, accuracy)
            head = Head(0, (), 1, accuracy, 1.0, Predicted((), {}))
            taken.end(Trial(taken.number, taken.recipe, PRUNED if behind else DONE, (head,)))
    return settings


def write_drawn(folder: Path, recipe: StudyRecipe, settings: Path) -> None:
    """Write what a search draws."""
    settings.write_text(json.dumps(drawn(folder, recipe)), encoding="utf-8")


def hold_trial(folder: Path, recipe: StudyRecipe, held: Path) -> None:
    """Take a trial of a search, report on it, write its settings, and never end."""
    with Search(folder, recipe).take() as taken:
        assert taken is not None
        taken.behind(1, 0.5)
        write_text(held, json.dumps(taken.recipe.as_dict()))
        signal.pause()


def short_of_room(asked: Asked, refusal: Path, size: int) -> None:
    """Work on a study where no file may grow beyond so many bytes; write how it is refused."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        _work(asked, Heard())
    except BadFolder as error:
        refusal.write_text(str(error), encoding="utf-8")


def side_by_side(number: int, asked: Asked, logs: Path) -> list[list[int]]:
    """Let processes work on one study at a time; return the trials that each of them did."""
    logs.mkdir()
    files = [logs / str(one) for one in range(number)]
    started = [process(studied, asked, file, logs / "start") for file in files]
    while not all(file.exists() for file in files):
        assert all(one.is_alive() for one in started)
        time.sleep(0.005)
    (logs / "start").touch()
    for one in started:
        one.join(60)
    assert [one.exitcode for one in started] == [0] * number
    return [trials_of(file.read_text(encoding="utf-8").splitlines()) for file in files]


def killed(started: BaseProcess, after: float, seen: Path | None = None) -> bool:
    """End a process by SIGKILL; return whether it was still at work.

    Args:
        started: The process.
        after: Seconds until then.
        seen: A file; the seconds count from when it is there.
    """
    while seen is not None and not seen.exists():
        assert started.is_alive()
    started.join(after)
    if started.exitcode is None and started.pid is not None:
        os.kill(started.pid, signal.SIGKILL)
    started.join()
    assert started.exitcode in (0, -signal.SIGKILL)
    return started.exitcode != 0


def killed_and_ended(asked: Asked, logs: Path, longest: float) -> list[int]:
    """Kill a study when its first trial is there, twice more at random moments, and let it end.

    Args:
        asked: The study.
        logs: A new folder for what is noted.
        longest: Seconds after which it is killed at the latest.

    Returns:
        The numbers of the trials that were said to have ended, by all of the processes.
    """
    logs.mkdir()
    (logs / "start").touch()
    arguments = (asked, logs / "log", logs / "start")
    assert killed(process(studied, *arguments), 0, trial_path(asked.out, 0))
    for _ in range(2):
        killed(process(studied, *arguments), random.uniform(0.1, longest))
    last = process(studied, *arguments)
    last.join(60)
    assert last.exitcode == 0
    return trials_of((logs / "log").read_text(encoding="utf-8").splitlines())
