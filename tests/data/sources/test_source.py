"""Class names become labels."""

from morelli.data.sources.source import number_names


def test_names_are_numbered_as_sorted_and_none_and_empty_are_no_class() -> None:
    numbers, names = number_names(["b", None, "a", "", "b"])
    assert numbers.tolist() == [1, -1, 0, -1, 1]
    assert names == ("a", "b")
