"""Every option alone, and every pair of option values together."""

from collections.abc import Iterator
from itertools import combinations

from .dtypes import DType
from .plan import Options, TracePlan, plan_trace, steps_to_average

DEFAULT_T0 = 1e6

# The default comes first, so that the pairs contain it too.
VALUES: dict[str, tuple[float | bool, ...]] = {
    "t0": (DEFAULT_T0, -1, 0, 2, 2.5, 5),
    "lr": (0.01, 0, 0.05, 1),
    "alpha": (0.75, 0, 0.5, 1),
    "lambd": (1e-4, 0, 0.1),
    "weightDecay": (0, 0.1),
    "maximize": (False, True),
}


def options_traces(dtype: DType) -> Iterator[TracePlan]:
    yield _with_options("defaults", dtype, {})
    for name, values in VALUES.items():
        for value in values[1:]:
            yield _with_options("alone", dtype, {name: value})
    # Given as an option, though it is the default.
    yield _with_options("alone", dtype, {"t0": DEFAULT_T0})
    for options in _covering_every_pair():
        differing = {name: value for name, value in options.items() if value != VALUES[name][0]}
        if len(differing) > 1:
            yield _with_options("together", dtype, differing)


def _with_options(folder: str, dtype: DType, options: Options) -> TracePlan:
    label = ",".join(name if value is True else f"{name}={_number(value)}" for name, value in options.items())
    steps = steps_to_average(options.get("t0", DEFAULT_T0))
    return plan_trace(f"{folder}/{label}" if label else folder, dtype, steps=steps, options=options)


def _number(value: float) -> str:
    return f"{value:g}".replace("e+06", "e6")


def _covering_every_pair() -> list[Options]:
    """A small set of rows in which every two values of two options meet at least once (a covering array, made
    greedily: a row starts from a pair not yet seen and takes, option by option, the value that adds most)."""
    unseen = {((a, x), (b, y)) for a, b in combinations(VALUES, 2) for x in VALUES[a] for y in VALUES[b]}
    rows: list[Options] = []
    while unseen:
        row = dict(min(unseen, key=_in_order_of_declaration))
        for name in VALUES:
            if name not in row:
                row[name] = max(VALUES[name], key=lambda value: len(_pairs({**row, name: value}) & unseen))
        unseen -= _pairs(row)
        rows.append({name: row[name] for name in VALUES})
    return rows


def _pairs(row: Options) -> set[tuple[tuple[str, float | bool], tuple[str, float | bool]]]:
    return set(combinations([(name, row[name]) for name in VALUES if name in row], 2))


def _in_order_of_declaration(pair: tuple[tuple[str, float | bool], ...]) -> list[int]:
    # Sets have no order that lasts from run to run; the table above has.
    names = list(VALUES)
    return [place for name, value in pair for place in (names.index(name), VALUES[name].index(value))]
