"""Derivatives in the form of the vector files, and whether an optimizer's are as near to them as they must
be."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .autograd import OPTIONS, Differentiated
from .comparison import begin, ulp
from .dtypes import DTYPES, DType
from .encoding import decode, encode
from .reference_backward import Cotangents, Differentiable

RULE = (
    "The forward run is held to the rule of the other files. For each real of a derivative by a parameter, "
    "an average or a gradient, |ours - recorded| <= tensorUlpPerStep * n * ulp(magnitude), and for a group's "
    "lr, lambd and weightDecay optionUlpPerStep * n * ulp(magnitude), where n is the number of the trace's "
    "steps, magnitude is recorded beside the derivative, and ulp is that of the parameters' precision, the "
    "coarser one of a group's. A magnitude is the derivative itself with every term of every sum in it, back "
    "to the loss, replaced by its absolute value: the largest of a tensor's reals, and for options with the "
    "largest |p| so far for each p."
)

# A step back rounds, on each side, no more than a product with decay and one with weightDecay, their sum, and
# the sum with what comes through the average: half an ulp each, and half an ulp for forming their factor: 4
# ulp, both sides together, rounded up. A Hessian of three columns adds three products and sums: another 4.
TENSOR_ULP_PER_STEP = 8
# The option's sums multiply such a number, and one of the parameter's, that is off by up to 4 ulp a step
# where products may be fused forwards, and add up a few numbers, in the coarser precision where PyTorch does.
OPTION_ULP_PER_STEP = 16


def described(found: Differentiated) -> dict:
    """The trace in the form of the vector files."""
    plan, trace = found.plan, dict(found.trace)
    names = {p.dtype.name for p in plan.trace.parameters}
    trace["id"] = f"{plan.trace.id}/{names.pop()}"
    for parameter, its_plan in zip(trace["parameters"], plan.trace.parameters, strict=True):
        parameter["dtype"] = its_plan.dtype.name
    if any(hessian is not None for hessian in plan.hessians):
        trace["hessians"] = _encoded([h if h is None else h.reshape(-1) for h in plan.hessians])
    trace["loss"] = {"parameters": _encoded(plan.parameter_seeds), "averages": _encoded(plan.average_seeds)}
    tensors = found.by_optimizer or found.derivatives
    trace["derivatives"] = {
        # Where the tensors' come from; the options' are always of the update written out of place.
        "by": "torch.optim.ASGD" if found.by_optimizer else "the update out of place",
        "parameters": _encoded(tensors.parameters),
        "averages": _encoded(tensors.averages),
        "gradients": [_encoded(step) for step in tensors.gradients],
        "options": list(found.derivatives.options),
    }
    trace["magnitudes"] = _magnitudes(trace)
    return trace


def _encoded(arrays) -> list[str | None]:
    return [None if array is None else encode(array) for array in arrays]


def _magnitudes(trace: dict) -> dict:
    found = replayed(trace, Differentiable, magnitudes=True)
    recorded = trace["derivatives"]

    def largest(arrays, wanted) -> list[float | None]:
        return [
            None if text is None else float(np.max(array)) for array, text in zip(arrays, wanted, strict=True)
        ]

    return {
        "parameters": largest(found.parameters, recorded["parameters"]),
        "averages": largest(found.averages, recorded["averages"]),
        "gradients": [largest(*step) for step in zip(found.gradients, recorded["gradients"], strict=True)],
        "options": found.options,
    }


def replayed(trace: dict, make_optimizer: type[Differentiable], *, magnitudes: bool = False) -> Cotangents:
    """What an optimizer's derivatives are."""
    dtypes = _dtypes(trace)

    def arrays(texts) -> list[np.ndarray | None]:
        return [
            None if text is None else decode(text, dtype) for text, dtype in zip(texts, dtypes, strict=True)
        ]

    hessians = [
        None if values is None else values.reshape(-1, int(np.sqrt(len(values))))
        for values in arrays(trace.get("hessians", [None] * len(dtypes)))
    ]
    optimizer = make_optimizer(
        [(g["parameters"], g["options"]) for g in trace["groups"]],
        arrays([p["initial"] for p in trace["parameters"]]),
        hessians,
    )
    begin(optimizer, trace, dtypes)
    for step in trace["steps"]:
        if "options" in step:
            optimizer.edit(step["options"])
        optimizer.step(arrays(step["gradients"]))
    optimizer.magnitudes = magnitudes
    return optimizer.backward(arrays(trace["loss"]["parameters"]), arrays(trace["loss"]["averages"]))


def _dtypes(trace: dict) -> list[DType]:
    return [DTYPES[p["dtype"]] for p in trace["parameters"]]


@dataclass(frozen=True)
class Gap:
    """The largest difference of a trace's derivatives, as a share of its bound."""

    where: str
    share: float


def largest_gap(trace: dict, found: Cotangents) -> Gap:
    gaps = (Gap(f"{trace['id']}, {where}", share) for where, share in _shares(trace, found))
    return max(gaps, key=lambda gap: gap.share)


def _shares(trace: dict, found: Cotangents) -> Iterator[tuple[str, float]]:
    recorded, magnitudes, dtypes = trace["derivatives"], trace["magnitudes"], _dtypes(trace)
    steps = len(trace["steps"])

    def tensors(what: str, ours, theirs, sizes) -> Iterator[tuple[str, float]]:
        for index, (mine, text, size) in enumerate(zip(ours, theirs, sizes, strict=True)):
            if text is None:
                continue
            expected = decode(text, dtypes[index])
            bound = TENSOR_ULP_PER_STEP * steps * float(ulp(expected.dtype.type(size)))
            distance = float(np.max(np.abs(mine.astype(np.float64) - expected)))
            yield f"by {what} {index}", distance / bound if distance else 0.0

    yield from tensors("parameter", found.parameters, recorded["parameters"], magnitudes["parameters"])
    yield from tensors("average", found.averages, recorded["averages"], magnitudes["averages"])
    per_step = zip(found.gradients, recorded["gradients"], magnitudes["gradients"], strict=True)
    for number, step in enumerate(per_step, start=1):
        yield from tensors(f"step {number}'s gradient", *step)
    for index, (ours, theirs) in enumerate(zip(found.options, recorded["options"], strict=True)):
        coarsest = min(
            (dtypes[i].real.type for i in trace["groups"][index]["parameters"]), key=lambda t: t(0).itemsize
        )
        for name in OPTIONS:
            size = coarsest(magnitudes["options"][index][name])
            bound = OPTION_ULP_PER_STEP * steps * float(ulp(size))
            yield f"by {name} of group {index}", abs(ours[name] - theirs[name]) / bound
