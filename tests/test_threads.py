"""Threads: the same numbers whatever their number, and no more of them than the linear algebra library would take."""

import threading

import numpy as np
import pytest
import simulated
from threadpoolctl import threadpool_info, threadpool_limits

from runoff_forecast.evaluate import BySize, simulate
from runoff_forecast.models import StratifiedArrival, threads


def numbers(item: int, rng: np.random.Generator) -> tuple[int, float]:
    return item, float(rng.standard_normal())


def test_random_numbers_are_an_items_own_whatever_the_threads():
    one, two = (threads.spread(numbers, range(20), np.random.default_rng(3), several) for several in (1, 2))
    assert one == two
    assert [item for item, _ in one] == list(range(20))
    assert len({number for _, number in one}) == 20


def test_two_threads_work_at_the_same_time():
    both = threading.Barrier(2, timeout=30)  # a single thread would wait for the other in vain
    assert len(threads.spread(lambda *_: both.wait(), range(2), np.random.default_rng(1), 2)) == 2


def test_an_error_in_a_thread_is_raised():
    with pytest.raises(ZeroDivisionError):
        threads.spread(lambda item, _: 1 / item, [1, 0], np.random.default_rng(1), 2)


@pytest.mark.parametrize("allowed", [1, 2])
def test_the_library_has_one_thread_and_we_no_more_than_it_had(allowed):
    with threadpool_limits(allowed):
        with threads.own_threads() as several:
            assert several == allowed
            assert {library["num_threads"] for library in threadpool_info()} == {1}
        assert {library["num_threads"] for library in threadpool_info()} == {allowed}


@pytest.mark.parametrize("level", ["unit", "unit+nation", "nation"])
def test_a_forecast_is_the_same_with_one_thread_and_with_two(level):
    truth, rng = simulated.truth(), np.random.default_rng(1)
    counts = simulate(truth, BySize(), level=level, fractions=(0.2, 0.45), rng=rng).counts
    found = []
    for allowed in (1, 2):
        with threadpool_limits(allowed):
            found.append(StratifiedArrival(draws=600)(counts, rng=np.random.default_rng(1)))
    np.testing.assert_array_equal(found[0].draws["final"], found[1].draws["final"])
    np.testing.assert_array_equal(found[0].parameters["drift_nation"], found[1].parameters["drift_nation"])
