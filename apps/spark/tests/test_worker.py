"""How a task runs a program, without Spark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from asgd_spark.partitions import widths
from asgd_worker import Job, Record, Refused, WorkerFailed, merge, on_rows, run


def rows(count: int) -> Iterator[str]:
    return (f"row {i}" for i in range(count))


def test_all_lines_reach_the_program_and_what_it_prints_comes_back() -> None:
    assert run(["wc", "-l"], rows(100_000)).split() == ["100000"]
    assert run(["sh", "-c", 'cat >/dev/null; cat "$2"', "sh"], rows(3), model="{}") == "{}"


def test_rows_that_fail_midway_are_not_taken_for_all() -> None:
    def failing() -> Iterator[str]:
        yield from rows(50_000)
        raise BrokenPipeError("of the rows, not of the program")

    with pytest.raises(BrokenPipeError, match="of the rows"):
        run(["wc", "-l"], failing())


def test_a_program_that_ends_before_the_last_row_has_failed() -> None:
    with pytest.raises(WorkerFailed, match="before it had read all rows"):
        run(["true"], rows(1_000_000))


@pytest.mark.parametrize("status", [64, 65])
def test_what_would_fail_again_is_a_record(status: int) -> None:
    job = Job(("sh", "-c", f"cat >/dev/null; echo no >&2; exit {status}"), ())
    assert on_rows(job, None, 3, rows(5)) == [Record(3, "refused", "no", 0, 3)]


@pytest.mark.parametrize("status", [1, 75, 137])
def test_what_may_not_fail_again_is_an_error(status: int) -> None:
    with pytest.raises(WorkerFailed, match=f"ended with status {status} on .*: no"):
        run(["sh", "-c", f"cat >/dev/null; echo no >&2; exit {status}"], rows(5))


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(WorkerFailed, match="asgd-nowhere cannot be started on"):
        run(["asgd-nowhere"], rows(1))


def test_a_header_comes_before_rows_and_not_alone() -> None:
    job = Job(("cat",), (), "kind,width")
    assert on_rows(job, None, 0, iter(["oak,1"]))[0].text == "kind,width\noak,1"
    assert on_rows(job, None, 0, iter([])) == []


def test_parts_are_merged_in_the_order_of_their_partitions() -> None:
    # In place of asgd-train --merge, the lines as they come.
    program = ("sh", "-c", "paste -sd+")
    records = [Record(2, "result", "c", 1, 2), Record(0, "result", "a", 1, 0), Record(1, "result", "b", 1, 1)]
    assert merge(program, 7, records) == [Record(7, "result", "a+b+c", 3 + 5, 7)]
    assert merge(program, 7, records[:1]) == [Record(7, "result", "c", 1, 2)]


def test_the_first_refusal_is_passed_on() -> None:
    records = [Record(2, "refused", "late", 0, 2), Record(0, "result", "a", 1, 0), Record(1, "refused", "early", 0, 1)]
    assert merge(("false",), 0, records) == [Record(0, "refused", "early", 0, 1)]
    with pytest.raises(Refused):
        run(["sh", "-c", "exit 65"], [])


@pytest.mark.parametrize(
    ("count", "levels"), [(0, [0]), (1, [1]), (8, [1]), (9, [2, 1]), (64, [8, 1]), (65, [9, 2, 1])]
)
def test_the_tree_has_eights(count: int, levels: list[int]) -> None:
    assert widths(count) == levels
