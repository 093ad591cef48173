"""Tasks are label columns, and others are refused."""

import pytest

from morelli.data.tasks import TASKS, check_task
from morelli.errors import UnknownName


def test_every_task_passes_and_another_name_is_answered_with_the_nearest() -> None:
    for task in TASKS:
        check_task(task)
    with pytest.raises(UnknownName, match="unknown task 'styles'; did you mean style"):
        check_task("styles")
