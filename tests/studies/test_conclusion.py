"""What is said of a study is what its figures say."""

from dataclasses import replace

from studies.fixed import TEST, fixed_results

from morelli.features.weights import RANDOM
from morelli.studies.conclusion import conclusion_of
from morelli.studies.figures import ChosenFigures, Cost, SeedFigures, StudyResults


def test_it_names_the_best_what_it_reaches_on_test_and_how_the_others_compare() -> None:
    assert conclusion_of(fixed_results()) == (
        "On val the best is resnet18 with dropout 0.5 and learning rate 0.001: 30 of 40. "
        "On 40 test works it classifies 29 of 40 correctly (95 % interval 57.2% to 83.9%), "
        "macro-F1 0.713; always answering the commonest class gives 15 of 40. "
        "Of 2 other settings, 2 cannot be distinguished from it on 40 works of val (McNemar's "
        "test, p 0.05 or more after Holm's correction), so that the choice among them is open. "
        "Best of the other networks, on val: alexnet 28 of 40 (not distinguished). "
        "1 trial failed."
    )


def worse(results: StudyResults) -> StudyResults:
    """The same, but that the chosen setting is better beyond chance."""
    rows = (
        row if row.p is None else replace(row, p=0.001, p_holm=0.002) for row in results.settings
    )
    return replace(results, settings=tuple(rows))


def test_settings_that_are_worse_beyond_chance_leave_no_choice_open() -> None:
    text = conclusion_of(worse(fixed_results()))

    assert "Of 2 other settings, 0 cannot be distinguished" in text
    assert "is open" not in text
    assert "on val: alexnet 28 of 40. " in text


def test_of_several_seeds_the_mean_is_said_with_its_deviation() -> None:
    results = fixed_results()
    seeds = (
        SeedFigures(0, replace(TEST, accuracy=0.7125)),
        SeedFigures(1, replace(TEST, accuracy=0.75)),
    )

    text = conclusion_of(replace(results, test=ChosenFigures(seeds)))

    assert "it classifies 73.1% correctly (mean of 2 seeds, deviation 2.7%) (95 % int" in text


def test_a_single_setting_is_compared_with_none() -> None:
    results = fixed_results()

    text = conclusion_of(replace(results, settings=(results.best,)))

    assert "other" not in text
    assert "failed" not in text


def test_random_weights_of_the_chosen_network_are_said() -> None:
    results = fixed_results()
    random = replace(results, cost=results.cost | {"resnet18": Cost(weights=RANDOM)})
    others = replace(results, cost=results.cost | {"alexnet": Cost(weights=RANDOM)})

    assert conclusion_of(random).endswith("this says what it costs, not how good it is.")
    assert "random" not in conclusion_of(others)
