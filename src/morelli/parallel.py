"""Map in parallel, in order, never further ahead than asked."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int, ahead: int
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order, from `workers` threads.

    At most `ahead` items are taken from `items` before their result is asked for, so that memory
    stays bounded. When the consumer stops, or is interrupted, what runs is finished and the rest
    is dropped.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="morelli")
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
