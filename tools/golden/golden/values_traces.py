"""What the numbers are: shapes, magnitudes, zeros of both signs, infinities and NaN."""

from collections.abc import Iterator
from math import inf, nan

import numpy as np

from .dtypes import DType
from .plan import Draw, TracePlan, Values, normal, plan_trace

# Averaging from step 3 on, every term of the update at work.
BUSY = {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 0, "weightDecay": 0.1}

# Their values are subnormal: arithmetic that flushes such numbers cannot follow. In all others it can.
SUBNORMAL_TRACES = ("magnitudes/subnormal",)


def values_traces(dtype: DType) -> Iterator[TracePlan]:
    for shape in [(), (1,), (3,), (2, 3), (0,), (17,)]:
        # 17 is one more than the widest vector of float32.
        name = f"shapes/[{','.join(map(str, shape))}]"
        yield plan_trace(name, dtype, shapes=[shape], steps=9, options=BUSY)
    yield plan_trace("shapes/empty-beside-others", dtype, shapes=[(1,), (0,), (2,)], steps=9, options=BUSY)
    yield from _zeros(dtype)
    yield from _magnitudes(dtype)
    yield from _not_finite(dtype)


def _zeros(dtype: DType) -> Iterator[TracePlan]:
    def zero(draw: Draw) -> np.ndarray:
        return draw.repeating([0])

    yield plan_trace("zeros/gradients", dtype, steps=9, options=BUSY, gradient=zero)
    yield plan_trace(
        "zeros/gradients-without-decay", dtype, steps=9, options={"lambd": 0, "t0": 0}, gradient=zero
    )
    yield plan_trace(
        "zeros/gradients-now-and-then",
        dtype,
        steps=9,
        options=BUSY,
        gradient=lambda draw: zero(draw) if draw.step % 3 == 0 else draw.normal(),
    )
    # Every meeting of a signed zero parameter with a signed zero gradient, and -0 among ordinary values.
    yield from (
        plan_trace(
            f"zeros/signed{suffix}",
            dtype,
            shapes=[(6,)],
            steps=9,
            options={**BUSY, **options},
            initial=lambda draw: draw.repeating([0, 0, -0.0, -0.0, -0.0, 1]),
            gradient=lambda draw: draw.repeating([0, -0.0, 0, -0.0, 0.5, -0.0]),
        )
        for suffix, options in [
            ("", {}),
            ("-maximize", {"maximize": True}),
            ("-without-weightDecay", {"weightDecay": 0}),
            ("-lr=0", {"lr": 0}),
        ]
    )


def _magnitudes(dtype: DType) -> Iterator[TracePlan]:
    def times(scale: float) -> Values:
        return lambda draw: draw.normal() * scale

    def spread(decades: float) -> Values:
        return lambda draw: draw.normal() * 10.0 ** draw.random.uniform(-decades, decades, draw.count)

    single = dtype.real.itemsize == 4
    limits = np.finfo(dtype.real)
    # Small, yet far enough from the subnormal numbers that not even a difference of two values is one.
    huge, tiny = (1e30, 1e-25) if single else (1e250, 1e-250)

    yield plan_trace(
        "magnitudes/spread",
        dtype,
        shapes=[(17,)],
        steps=9,
        options=BUSY,
        initial=spread(6),
        gradient=spread(6),
    )
    for name, initial, gradient in [
        ("large", times(huge), times(huge)),
        ("small", times(tiny), times(tiny)),
        ("gradient-dwarfs-parameter", times(1e-4), times(1e6)),
        ("parameter-dwarfs-gradient", times(1e6), times(1e-4)),
        # One element near the largest number, so that it decays but nothing overflows.
        ("near-overflow", lambda draw: draw.repeating([0.4 * float(limits.max)]), times(huge)),
    ]:
        yield plan_trace(
            f"magnitudes/{name}", dtype, steps=9, options=BUSY, initial=initial, gradient=gradient
        )
    # The sum passes the largest number by far: rounding plays no part in whether it is infinite.
    yield plan_trace(
        "magnitudes/overflow",
        dtype,
        shapes=[(2,)],
        steps=6,
        options={"lr": 1, "lambd": 0, "t0": 0},
        initial=lambda draw: draw.repeating([0.75, -0.75]) * float(limits.max),
        gradient=lambda draw: draw.repeating([-0.75, 0.1]) * float(limits.max) * (draw.step == 4),
    )
    yield plan_trace(
        "magnitudes/subnormal",
        dtype,
        steps=9,
        options=BUSY,
        initial=times(float(limits.tiny) / 16),
        gradient=times(float(limits.tiny) / 4),
    )
    yield plan_trace(
        "magnitudes/crossing-zero",
        dtype,
        steps=9,
        options={**BUSY, "lr": 1},
        initial=lambda draw: draw.normal(),
        gradient=lambda draw: (-1.0) ** draw.step * (2 + 0.01 * draw.normal()),
    )
    # 1 - lambd * eta is negative, and is not clamped.
    yield plan_trace(
        "decay/past-zero", dtype, steps=9, options={"lr": 0.5, "lambd": 3, "alpha": 0.5, "t0": 0}
    )


def _not_finite(dtype: DType) -> Iterator[TracePlan]:
    special = [1, nan, inf, -inf, -1]

    def from_step(first: int, last: int) -> Values:
        """Special values in these steps, each in its place; ordinary ones before and after."""

        def gradient(draw: Draw) -> np.ndarray:
            ordinary = draw.normal()
            return draw.repeating(special) if first <= draw.step <= last else ordinary

        return gradient

    def special_at_first(draw: Draw) -> np.ndarray:
        return draw.repeating(special)

    def planned(name: str, gradient: Values, *, initial: Values = normal, **options: float) -> TracePlan:
        # Without weight decay, an infinite parameter stays infinite. With it, it is NaN a step later.
        return plan_trace(
            f"not-finite/{name}",
            dtype,
            shapes=[(5,)],
            steps=8,
            options={**BUSY, "weightDecay": 0, **options},
            initial=initial,
            gradient=gradient,
        )

    yield planned("gradients-before-averaging", from_step(1, 1))
    yield planned("gradients-at-first-blend", from_step(3, 3))
    yield planned("gradients-while-averaging", from_step(5, 5))
    yield planned("gradients-often", from_step(4, 7))
    yield planned("gradients-maximize", from_step(2, 2), maximize=True)
    yield planned("gradients-default-t0", from_step(3, 3), t0=1e6)
    yield planned("gradients-weightDecay", from_step(2, 2), weightDecay=0.1)
    # 0 * inf is NaN, also where the step size is 0.
    yield planned("gradients-lr=0", from_step(4, 4), lr=0)
    yield planned("parameters", normal, initial=special_at_first)
    yield planned("parameters-weightDecay", normal, initial=special_at_first, weightDecay=0.1)
