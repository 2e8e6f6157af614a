"""What happens during a run: several parameters and groups, missing gradients, late joiners, options edited
between steps, state dictionaries saved and resumed."""

from collections.abc import Iterator

import numpy as np

from .dtypes import COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, DType
from .plan import Draw, TracePlan, Values, plan_trace

# Every term of the update at work, averaging from step 5 on.
BUSY = {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 2, "weightDecay": 0.1}


def run_traces(dtype: DType) -> Iterator[TracePlan]:
    yield from _parameters_and_groups(dtype)
    yield from _edited_options(dtype)
    yield from _resumed(dtype)
    # Errors have the time to add up.
    yield plan_trace("long", dtype, shapes=[(2,)], steps=100, options=BUSY)


def missing(absent: dict[int, set[int]]) -> Values:
    """Normal gradients, but none for the parameters named, at the steps named."""

    def gradient(draw: Draw) -> np.ndarray | None:
        return None if draw.step in absent.get(draw.parameter, ()) else draw.normal()

    return gradient


def _parameters_and_groups(dtype: DType) -> Iterator[TracePlan]:
    three = [(3,), (2, 3), (1,)]
    two = [(3,), (2,)]
    yield plan_trace("parameters/several", dtype, shapes=three, steps=10, options=BUSY)
    yield plan_trace(
        "parameters/missing-gradients",
        dtype,
        shapes=[(3,), (2,), (1,)],
        steps=12,
        options=BUSY,
        gradient=missing({0: {2, 3, 9}, 1: {1, 5, 6, 7, 12}, 2: {4, 8}}),
    )
    yield plan_trace(
        "parameters/late-joiner",
        dtype,
        shapes=two,
        steps=12,
        options={**BUSY, "t0": 0},
        gradient=missing({1: {1, 2, 3, 4}}),
    )
    yield plan_trace(
        "parameters/late-joiner-after-lr-changed",
        dtype,
        shapes=two,
        steps=10,
        options={**BUSY, "t0": 0},
        edits={3: [{"lr": 0.5}], 6: [{"lr": 0.02}]},
        gradient=missing({1: {1, 2, 3}}),
    )
    yield plan_trace(
        "parameters/one-never-has-a-gradient",
        dtype,
        shapes=two,
        steps=6,
        options={**BUSY, "t0": -1},
        gradient=missing({0: set(range(1, 7))}),
    )
    yield plan_trace("parameters/no-gradient-at-all", dtype, steps=2, gradient=lambda draw: None)
    other = {"lr": 0.5, "lambd": 0.01, "alpha": 1, "t0": -1, "maximize": True}
    yield plan_trace(
        "groups/options-of-their-own",
        dtype,
        shapes=[(3,), (2,), (1,), (2,)],
        steps=10,
        groups=[([0, 1], BUSY), ([2], other), ([3], {"weightDecay": 0.5, "t0": 2.5})],
    )
    yield plan_trace(
        "groups/edited-one-by-one",
        dtype,
        shapes=two,
        steps=11,
        groups=[([0], BUSY), ([1], other)],
        edits={
            3: [{"lr": 0.2}, {}],
            5: [{}, {"lr": 0.1, "t0": 3}],
            8: [{"weightDecay": 0}, {"maximize": False}],
        },
    )
    yield plan_trace(
        "groups/order-of-parameters-crossed",
        dtype,
        shapes=two,
        steps=7,
        groups=[([1], {**BUSY, "t0": 0}), ([0], other)],
        gradient=missing({0: {1, 2}}),
    )
    if dtype == FLOAT64:
        # In one file only: it needs float32 and float64, and complex64 and complex128 come with those.
        yield plan_trace(
            "parameters/mixed-dtypes",
            dtype,
            shapes=[(2,), (3,), (2,), (1,)],
            dtypes=[FLOAT32, FLOAT64, COMPLEX64, COMPLEX128],
            steps=10,
            options=BUSY,
            resume_before=[6],
        )


def _edited_options(dtype: DType) -> Iterator[TracePlan]:
    def edited(name: str, steps: int, edits: dict, **options: float) -> TracePlan:
        return plan_trace(
            f"edited/{name}",
            dtype,
            steps=steps,
            options={**BUSY, **options},
            edits={step: [changes] for step, changes in edits.items()},
        )

    # Steps of 1, 1, 2, 3, 4: a change of lr acts one step late. Whole numbers, so that it can be read off.
    yield plan_trace(
        "edited/lr-acts-one-step-late",
        dtype,
        shapes=[(1,)],
        steps=5,
        options={"lr": 1, "lambd": 0},
        edits={step: [{"lr": step}] for step in range(2, 6)},
        initial=lambda draw: draw.repeating([0]),
        gradient=lambda draw: draw.repeating([-1]),
    )
    yield edited("lr-before-averaging", 11, {3: {"lr": 0.5}})
    yield edited("lr-while-averaging", 11, {7: {"lr": 0.5}, 9: {"lr": 0}, 10: {"lr": 0.01}})
    yield edited("lr-every-step", 11, {step: {"lr": 0.05 * 0.9**step} for step in range(2, 12)})
    yield edited("lambd", 11, {3: {"lambd": 0}, 7: {"lambd": 0.3}})
    yield edited("alpha", 11, {3: {"alpha": 0}, 7: {"alpha": 1}})
    yield edited("weightDecay", 11, {3: {"weightDecay": 0}, 7: {"weightDecay": 0.3}})
    yield edited("maximize", 11, {3: {"maximize": True}, 7: {"maximize": False}})
    # mu returns to 1: the average is once more the parameter, and blends again later.
    yield edited("t0-raised-while-averaging", 16, {5: {"t0": 7}}, t0=0)
    yield edited("t0-raised-for-good-while-averaging", 9, {6: {"t0": 1e6}}, t0=0)
    yield edited("t0-raised-a-little-while-averaging", 11, {6: {"t0": 1}}, t0=-1)
    # Takes effect in the very step that would have been followed by a blend.
    yield edited("t0-raised-before-first-blend", 14, {4: {"t0": 5}})
    yield edited("t0-lowered-before-averaging", 11, {5: {"t0": -1}}, t0=1e6)
    yield edited("t0-lowered-while-averaging", 13, {8: {"t0": 0.5}}, t0=4)
    yield edited(
        "everything",
        12,
        {
            4: {"lr": 0.2, "lambd": 0.01, "t0": 0},
            8: {"alpha": 2, "weightDecay": 0.3, "maximize": True, "t0": 6},
        },
    )


def _resumed(dtype: DType) -> Iterator[TracePlan]:
    # With t0 = 2, step 4 is the last that copies, and step 5 the first that blends.
    for step in (1, 2, 4, 5, 6, 9):
        yield plan_trace(f"resumed/before-step={step}", dtype, steps=11, options=BUSY, resume_before=[step])
    yield plan_trace("resumed/every-step", dtype, steps=11, options=BUSY, resume_before=range(1, 12))
    yield plan_trace("resumed/before-averaging-by-default-t0", dtype, steps=6, resume_before=[4])
    yield plan_trace(
        "resumed/fractional-t0", dtype, steps=12, options={**BUSY, "t0": 2.5}, resume_before=[4, 5, 8]
    )
    yield plan_trace(
        "resumed/after-an-edit",
        dtype,
        steps=11,
        options=BUSY,
        edits={6: [{"lr": 0.3, "weightDecay": 0.02}], 8: [{"t0": 9, "maximize": True}]},
        resume_before=[6, 8],
    )
    yield plan_trace(
        "resumed/with-a-late-joiner",
        dtype,
        shapes=[(2,), (2,)],
        steps=11,
        options={**BUSY, "t0": 0},
        gradient=missing({1: {1, 2, 3, 4}}),
        resume_before=[3, 6, 8],
    )
    yield plan_trace(
        "resumed/groups",
        dtype,
        shapes=[(2,), (2,), (2,)],
        steps=10,
        groups=[([2], {"lr": 0.5, "t0": 0}), ([0, 1], BUSY)],
        resume_before=[3, 7],
    )
