"""A machine is what callers say of it, and the usual where they say nothing."""

from pathlib import Path

from morelli.machine import HERE, Machine, machine_of
from morelli.progress import SILENT, Silent


def test_what_is_left_out_is_as_usual() -> None:
    assert machine_of() == HERE == Machine(None, None, SILENT)


def test_a_folder_may_be_text() -> None:
    assert machine_of("cache", 3).cache == Path("cache")
    assert machine_of("cache", 3).workers == 3


def test_another_listener_leaves_the_rest_as_it_is() -> None:
    listener = Silent()

    machine = Machine(Path("cache"), 2).heard_by(listener)

    assert machine == Machine(Path("cache"), 2, listener)
    assert machine.progress is listener


def test_nobody_hears_of_silent_work() -> None:
    SILENT.note("many bytes travel")
    SILENT.step("ingest", 1, 2, "works")
