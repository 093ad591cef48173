"""What is said of a comparison is no more than it shows."""

from dataclasses import replace

from comparisons.fixed import comparison_of

from morelli.comparisons.conclusion import conclusion
from morelli.comparisons.text import signed


def test_a_difference_beyond_chance_is_said_with_its_interval() -> None:
    comparison = comparison_of(150, 120)
    low, high = comparison.pairs[0].accuracy.low, comparison.pairs[0].accuracy.high

    assert conclusion(comparison) == (
        "a classified more of the 200 test works correctly than b, beyond chance: accuracy 0.750 "
        f"against 0.600, a difference of +0.150 with a 95 % interval from {signed(low)} to "
        f"{signed(high)}; McNemar's exact test gives p below 0.0001."
    )


def test_the_better_is_named_first_whichever_it_is() -> None:
    text = conclusion(comparison_of(120, 150))

    assert text.startswith("b classified more of the 200 test works correctly than a, beyond ")
    assert "a difference of -0.150 with" in text


def test_a_difference_that_is_not_shown_is_not_claimed() -> None:
    text = conclusion(comparison_of(104, 100))

    assert text.startswith("No difference in accuracy between a and b is shown on the 200 test wo")
    assert "0.520 against 0.500, a difference of +0.020 with a 95 % interval from +0.0" in text
    assert "p = 0.1250" in text
    assert text.endswith("That does not show that they are equally good.")
    assert "better" not in text


def test_runs_right_on_the_same_works_are_called_so() -> None:
    text = conclusion(comparison_of(90, 90))

    assert text == (
        "a and b classified the very same of the 200 test works correctly: "
        "these works show no difference between them."
    )


def test_of_several_runs_the_pairs_that_differ_are_named() -> None:
    comparison = comparison_of(150, 148, 100)
    pair = comparison.pairs[1]

    text = conclusion(comparison)
    assert text.startswith("On the 200 test works, 2 of 3 pairs differ in accuracy beyond chance")
    assert "corrected by Holm for 3 pairs, p below 0.05" in text
    assert (
        f": a is ahead of c by 0.250 (95 % interval {signed(pair.accuracy.low)} to "
        f"{signed(pair.accuracy.high)}); b is ahead of c by 0.240 (" in text
    )
    assert text.endswith(
        " No difference is shown for 1 pair, which is not to say that there is none."
    )


def test_of_several_runs_one_that_falls_behind_is_named_behind() -> None:
    comparison = comparison_of(100, 150, 150)
    low, high = comparison.pairs[0].accuracy.low, comparison.pairs[0].accuracy.high

    text = conclusion(comparison)
    assert f"b is ahead of a by 0.250 (95 % interval {signed(-high)} to {signed(-low)})" in text
    assert low < high < 0


def test_of_several_runs_none_is_called_better_where_chance_would_do() -> None:
    text = conclusion(comparison_of(104, 100, 100))

    assert text.startswith("No difference in accuracy between any two of these 3 runs is beyond c")
    assert "better" not in text
    assert text.endswith("That does not show that they are equally good.")


def test_of_many_pairs_three_are_named() -> None:
    text = conclusion(comparison_of(180, 140, 100, 60, 20))

    assert "10 of 10 pairs" in text
    assert text.count("is ahead of") == 3
    assert text.endswith("; and 7 more.")


def test_holm_decides_what_is_beyond_chance() -> None:
    comparison = comparison_of(106, 100)
    alone = comparison.pairs[0]
    assert alone.p < 0.05
    corrected = replace(comparison, pairs=(replace(alone, p_holm=0.09),))

    assert "beyond chance" in conclusion(comparison)
    assert conclusion(corrected).startswith("No difference in accuracy between a and b is shown")


def test_of_few_works_accuracies_are_counts() -> None:
    assert "accuracy 19 of 20 against 8 of 20, a difference of +0.550" in conclusion(
        comparison_of(19, 8, works=20)
    )
