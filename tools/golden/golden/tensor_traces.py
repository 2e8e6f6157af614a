"""Runs in which PyTorch computes the schedule with tensors: lr in a tensor, and capturable.

PyTorch then rounds elsewhere than it does otherwise, and elsewhere than SPEC.md. So each run is recorded
twice: as it is, and with the same numbers as plain options, which is what SPEC.md holds a backend to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .dtypes import COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, DType
from .plan import GroupPlan, LearningRatePlan, Options, TracePlan, plan_trace
from .recording import record
from .run_traces import missing

ALL = (FLOAT32, FLOAT64, COMPLEX64, COMPLEX128)
REAL = (FLOAT32, FLOAT64)

# Every term of the update at work, averaging from step 5 on. alpha is none that PyTorch leaves to a square
# root: that one comes from a vendor's library here, whose bits depend on the processor.
BUSY = {"lr": 0.05, "lambd": 0.1, "alpha": 0.75, "t0": 2, "weightDecay": 0.1}
OTHER = {"lr": 0.5, "lambd": 0.01, "alpha": 1, "t0": -1, "maximize": True}

# Every t0 here is a float32, so that PyTorch's mu has no error but that of its last division, which is
# SPEC.md's.
FOR_GOOD = 1e6

Edits = Mapping[int, Sequence[Options]]


def recorded_tensor_traces() -> list[dict]:
    return [_recorded(plan) for plan in (*_tensor_lr(), *_capturable())]


def _recorded(plan: TracePlan) -> dict:
    trace = record(_with_plain_options(plan))
    on_tensors = record(plan)
    trace["groups"] = on_tensors["groups"]
    trace["learningRates"] = on_tensors.get("learningRates", [])
    for step, other in zip(trace["steps"], on_tensors["steps"], strict=True):
        step["onTensors"] = {key: other[key] for key in ("parameters", "state")}
    # The dtype is part of the id, as there is one file for all of them.
    for parameter, its_plan in zip(trace["parameters"], plan.parameters, strict=True):
        parameter["dtype"] = its_plan.dtype.name
    dtypes = {p.dtype.name for p in plan.parameters}
    return {**trace, "id": f"{plan.id}/{dtypes.pop() if len(dtypes) == 1 else 'mixed'}"}


def _with_plain_options(plan: TracePlan) -> TracePlan:
    groups = [GroupPlan(g.parameters, {**g.options, "capturable": False}) for g in plan.groups]
    return replace(plan, groups=groups, learning_rates=())


def _tensor_lr() -> Iterator[TracePlan]:
    for dtype in ALL:
        yield _with_lr("0-d", dtype, steps=9)
        yield _with_lr("filled-between-steps", dtype, steps=9, fills={2: 0.2, 5: 0.01, 6: 0, 7: 0.1})
    for dtype in REAL:
        yield _with_lr("float64", dtype, steps=9, lr_dtype=FLOAT64, fills={4: 0.2, 6: 0.03})
        yield _with_lr("strong-decay", dtype, steps=12, options={"lr": 1, "lambd": 0.9, "alpha": 2})
        yield _with_lr("resumed", dtype, steps=9, fills={3: 0.2, 7: 0.1}, resume_before=[4, 7])
    yield _with_lr("one-element", FLOAT32, steps=6, lr_shape=(1,), fills={4: 0.2})
    yield _with_lr("filled-every-step", FLOAT32, steps=9, fills={s: 0.05 * 0.9**s for s in range(2, 10)})
    yield _with_lr("maximize", FLOAT64, steps=8, options={"maximize": True, "t0": 0}, fills={3: 0.3})
    yield _with_lr("alpha=0.6", FLOAT32, steps=12, options={"alpha": 0.6, "t0": -1})
    yield _with_lr("before-averaging", FLOAT32, steps=6, options={"t0": FOR_GOOD}, fills={3: 0.2})
    yield _with_lr("long", FLOAT32, steps=40, options={"t0": 5}, shapes=[(1,)])
    yield _with_lr(
        "late-joiner",
        FLOAT32,
        steps=8,
        options={"t0": 0},
        fills={3: 0.2, 5: 0.07},
        shapes=[(2,), (2,)],
        gradient=missing({1: {1, 2, 3}}),
    )
    edited = {3: [{"lambd": 0.3}], 5: [{"alpha": 1}], 7: [{"t0": 6}]}
    yield _with_lr("other-options-edited", FLOAT32, steps=9, edits=edited)
    # Whole numbers, so that it can be read off: steps of 1, 1, 2, 3, 4.
    yield _with_lr(
        "acts-one-step-late",
        FLOAT32,
        steps=5,
        options={"lr": 1, "lambd": 0, "weightDecay": 0},
        fills={step: step for step in range(2, 6)},
        shapes=[(1,)],
        initial=lambda draw: draw.repeating([0]),
        gradient=lambda draw: draw.repeating([-1]),
    )
    fill = {"lr": _rounded(0.2, FLOAT32)}
    yield plan_trace(
        "tensor-lr/shared-by-groups",
        FLOAT32,
        shapes=[(2,), (2,)],
        dtypes=[FLOAT32, FLOAT64],
        steps=8,
        groups=[
            ([0], _with_rounded_lr(BUSY)),
            ([1], {**_with_rounded_lr(BUSY), "lambd": 0.01, "maximize": True}),
        ],
        edits={4: [fill, fill]},
        learning_rates=[LearningRatePlan(FLOAT32, (), (0, 1))],
    )
    yield plan_trace(
        "tensor-lr/one-per-group",
        FLOAT32,
        shapes=[(2,), (2,), (1,)],
        steps=8,
        groups=[([0], _with_rounded_lr(BUSY)), ([1], _with_rounded_lr(OTHER)), ([2], OTHER)],
        edits={3: [fill, {}, {}], 5: [{}, fill, {"lr": 0.1}]},
        learning_rates=[LearningRatePlan(FLOAT32, (), (0,)), LearningRatePlan(FLOAT32, (1,), (1,))],
    )


def _capturable() -> Iterator[TracePlan]:
    for dtype in ALL:
        yield _captured("plain", dtype, steps=9)
    for dtype in REAL:
        # The average, still the parameter, changes sign and magnitude: PyTorch blends here where others copy.
        yield _captured(
            "large-steps", dtype, steps=10, options={**BUSY, "lr": 1, "t0": FOR_GOOD}, shapes=[(4,)]
        )
        yield _captured("strong-decay", dtype, steps=12, options={**BUSY, "lr": 1, "lambd": 0.9, "alpha": 2})
        yield _captured("resumed", dtype, steps=9, resume_before=[3, 7])
        yield _captured("tensor-lr", dtype, steps=9, lr_dtype=FLOAT32, fills={2: 0.2, 5: 0.01, 6: 0, 7: 0.1})
    yield _captured("defaults", FLOAT32, steps=5, options={})
    yield _captured("maximize", FLOAT64, steps=8, options={**BUSY, "maximize": True, "t0": 0})
    yield _captured("large-steps-then-averaging", FLOAT32, steps=8, options={**BUSY, "lr": 1, "t0": 4})
    yield _captured("true-mean", FLOAT32, steps=8, options={**BUSY, "t0": -1})
    yield _captured("fractional-t0", FLOAT32, steps=9, options={**BUSY, "t0": 2.5})
    yield _captured("long", FLOAT32, steps=40, options={**BUSY, "t0": 5}, shapes=[(1,)])
    yield _captured(
        "missing-gradients",
        FLOAT32,
        steps=8,
        shapes=[(2,), (2,)],
        options={**BUSY, "t0": 0},
        gradient=missing({0: {2, 5}, 1: {1, 2, 3}}),
    )
    yield _captured(
        "options-edited",
        FLOAT32,
        steps=10,
        edits={3: [{"lr": 0.3}], 5: [{"lambd": 0.3, "weightDecay": 0}], 7: [{"t0": 8, "maximize": True}]},
    )
    yield _captured(
        "groups",
        FLOAT32,
        steps=8,
        shapes=[(2,), (2,), (1,)],
        dtypes=[FLOAT32, FLOAT64, FLOAT32],
        groups=[([0, 1], BUSY), ([2], OTHER)],
    )


def _with_lr(
    name: str,
    dtype: DType,
    *,
    lr_dtype: DType = FLOAT32,
    lr_shape: tuple[int, ...] = (),
    options: Options | None = None,
    **trace,
) -> TracePlan:
    return _filled(f"tensor-lr/{name}", dtype, {**BUSY, **(options or {})}, lr_dtype, lr_shape, **trace)


def _captured(
    name: str,
    dtype: DType,
    *,
    lr_dtype: DType | None = None,
    options: Options = BUSY,
    groups: Sequence[tuple[Sequence[int], Options]] | None = None,
    **trace,
) -> TracePlan:
    captured = {**options, "capturable": True}
    its_groups = groups and [(members, {**its, "capturable": True}) for members, its in groups]
    return _filled(f"capturable/{name}", dtype, captured, lr_dtype, (), groups=its_groups, **trace)


def _filled(
    id: str,
    dtype: DType,
    options: Options,
    lr_dtype: DType | None,
    lr_shape: tuple[int, ...],
    *,
    fills: Mapping[int, float] | None = None,
    edits: Edits | None = None,
    shapes: Sequence[tuple[int, ...]] = ((2,),),
    **trace,
) -> TracePlan:
    """A trace of one group whose lr, if `lr_dtype` says so, is in a tensor; `fills` maps steps to its new
    values."""
    if lr_dtype:
        options = _with_rounded_lr(options, lr_dtype)
        edits = {
            **(edits or {}),
            **{s: [{"lr": _rounded(value, lr_dtype)}] for s, value in (fills or {}).items()},
        }
    rates = [LearningRatePlan(lr_dtype, lr_shape, (0,))] if lr_dtype else []
    return plan_trace(id, dtype, options=options, edits=edits, shapes=shapes, learning_rates=rates, **trace)


def _with_rounded_lr(options: Options, dtype: DType = FLOAT32) -> Options:
    return {**options, "lr": _rounded(options["lr"], dtype)}


def _rounded(value: float, dtype: DType) -> float:
    """What a tensor makes of a number, so that the same number can be given without the tensor."""
    return float(dtype.real.type(value))
