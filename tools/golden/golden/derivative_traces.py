"""Runs to differentiate: a loss at their end, linear in the parameters and averages, and what it depends
on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from .dtypes import COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, DType
from .plan import SEED, StartPlan, TracePlan, plan_trace
from .run_traces import missing

ALL = (FLOAT32, FLOAT64, COMPLEX64, COMPLEX128)
REAL = (FLOAT32, FLOAT64)

# Every term of the update at work, without averaging.
BUSY = {"lr": 0.2, "lambd": 0.5, "alpha": 0.75, "t0": 1e6, "weightDecay": 0.1}
OTHER = {"lr": 0.5, "lambd": 0.1, "alpha": 1, "t0": -1, "maximize": True}


@dataclass(frozen=True)
class DerivativePlan:
    trace: TracePlan
    # The loss is the inner product of these with the parameters, and averages, after the last step.
    parameter_seeds: Sequence[np.ndarray | None]
    average_seeds: Sequence[np.ndarray | None]
    # By parameter, a symmetric matrix H. Its gradient is then H p + what the trace has for one.
    hessians: Sequence[np.ndarray | None]


def derivative_plans() -> Iterator[DerivativePlan]:
    for dtype in ALL:
        yield _plan("every-term", dtype, steps=4)
        yield _plan("average-while-mu-is-1", dtype, steps=4, of="both")
        yield _plan("through-averaging", dtype, steps=5, of="both", options={**BUSY, "t0": 0})
    for dtype in REAL:
        yield _plan("maximize", dtype, steps=4, options={**BUSY, "maximize": True})
        yield _plan("hessian", dtype, steps=4, shape=(3,), with_hessian=True)
        yield _plan(
            "hessian-through-averaging",
            dtype,
            steps=5,
            shape=(3,),
            of="both",
            options={**BUSY, "t0": -1, "maximize": True},
            with_hessian=True,
        )
        yield _plan(
            "started-while-averaging",
            dtype,
            steps=3,
            of="both",
            start=(4, 0.15, 0.25),
            options={**BUSY, "t0": 1},
        )
    yield _plan("one-step", FLOAT64, steps=1, of="both")
    yield _plan("without-decay", FLOAT64, steps=3, options={"lr": 0.2, "lambd": 0, "t0": 1e6})
    yield _plan("lambd-alone", FLOAT64, steps=3, options={**BUSY, "weightDecay": 0})
    yield _plan("weightDecay-alone", FLOAT64, steps=3, options={**BUSY, "lambd": 0})
    yield _plan(
        "decay-past-zero", FLOAT64, steps=3, options={**BUSY, "lr": 1, "lambd": 1.5, "weightDecay": 0}
    )
    yield _plan("alpha=2", FLOAT64, steps=4, options={**BUSY, "alpha": 2})
    yield _plan("alpha=0", FLOAT64, steps=3, options={**BUSY, "alpha": 0})
    yield _plan("averaging-but-not-through-it", FLOAT64, steps=5, options={**BUSY, "t0": 0})
    yield _plan(
        "average-alone", FLOAT64, steps=5, of="averages", options={**BUSY, "t0": -1, "maximize": True}
    )
    yield _plan("fractional-t0", FLOAT64, steps=6, of="both", options={**BUSY, "t0": 1.5})
    yield _plan("several-parameters", FLOAT64, steps=6, of="both", **_several())
    yield _plan(
        "options-edited",
        FLOAT64,
        steps=7,
        of="both",
        options={**BUSY, "t0": 0},
        edits={
            2: [{"lr": 0.3}],
            4: [{"lambd": 0.2, "weightDecay": 0}],
            5: [{"alpha": 1, "maximize": True}],
            6: [{"weightDecay": 0.3}],
        },
    )
    # mu returns to 1: what the average was is forgotten.
    yield _plan(
        "t0-raised-while-averaging",
        FLOAT64,
        steps=6,
        of="both",
        options={**BUSY, "t0": -1},
        edits={4: [{"t0": 4}]},
    )


def _several() -> dict:
    return {
        "shapes": [(2,), (1,), (2,), (1,)],
        "groups": [([0, 1], {**BUSY, "t0": 1}), ([2, 3], OTHER)],
        "gradient": missing({0: {2}, 1: {1, 2}, 2: {4}, 3: set(range(1, 7))}),
        "never_updated": [3],
    }


def _plan(
    name: str,
    dtype: DType,
    *,
    of: str = "parameters",
    options: dict | None = None,
    shape: tuple[int, ...] = (2,),
    shapes: Sequence[tuple[int, ...]] | None = None,
    groups: Sequence | None = None,
    with_hessian: bool = False,
    start: tuple[int, float, float] | None = None,
    never_updated: Sequence[int] = (),
    **trace,
) -> DerivativePlan:
    id = f"derivatives/{name}"
    random = np.random.default_rng(
        [SEED, int.from_bytes(sha256(f"{id}/loss".encode()).digest()[:8], "little")]
    )
    planned = plan_trace(
        id,
        dtype,
        shapes=shapes or [shape],
        options=None if groups else options or BUSY,
        groups=groups,
        **trace,
    )

    def draw(wanted: bool) -> list[np.ndarray | None]:
        drawn = [random.standard_normal(len(p.initial)).astype(dtype.real) for p in planned.parameters]
        return [values if wanted else None for values in drawn]

    seeds = draw(of != "averages"), draw(of != "parameters")
    for index in never_updated:
        # It has no average of its own, to be differentiated by.
        seeds[1][index] = None
    if start:
        step, eta, mu = start
        ax = draw(True)
        states = [StartPlan(step, float(np.float32(eta)), mu, values) for values in ax]
        planned = TracePlan(**{**planned.__dict__, "start": states})
    hessians = [
        _symmetric(random, len(p.initial), dtype) if with_hessian else None for p in planned.parameters
    ]
    return DerivativePlan(planned, *seeds, hessians)


def _symmetric(random: np.random.Generator, size: int, dtype: DType) -> np.ndarray:
    square = random.standard_normal((size, size))
    return (square + square.T).astype(dtype.real)
