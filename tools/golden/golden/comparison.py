"""Whether an optimizer reproduces a recorded trace, by the rule and the bounds that the manifest states."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .dtypes import DTYPES, DType
from .encoding import decode
from .reference import Reference, State

RULE = (
    "step, eta, mu and whether there is a state are equal. For each real of a parameter and of ax, after "
    "each step: a recorded NaN or infinity is met by the same; zeros that meet have the same sign; otherwise "
    "|ours - recorded| <= ulpPerStep * s * ulp(scale), where s counts the trace's steps from 1, scale is the "
    "largest finite magnitude recorded for this real of the parameter so far, initial value included, and "
    "ulp(x) = 2^(max(floor(log2 x), e) - m), with m = 23, e = -126 in single and m = 52, e = -1022 in double "
    "precision. With ulpPerStep 0 every bit is the same, except that NaN is NaN."
)

# The recorded values round every operation once (pytorch.py), so arithmetic that does too has their bits.
#
# Where any product may be fused with the sum after it, one step moves the two sides apart by no more than
# - 1 ulp(scale) in p * decay: half an ulp from the rounding on each side;
# - 1 in eta * g: half an ulp of at most 2 scale, as it leads from one value of the parameter to the next;
# - 1 in the sum: half an ulp from each side;
# - 1 for the weight decay inside g, whose two roundings reach the parameter multiplied by eta.
# What they were apart before does not grow, as |decay - eta * weightDecay| <= 1. The average adds roundings
# of its own, but takes the mean of the parameters' errors, which is half of the last one's bound.
# The scale is the largest magnitude so far, as cancellation near zero leaves errors of the earlier size.
ULP_PER_STEP = {"never": 0, "may": 4}


@dataclass(frozen=True)
class Difference:
    """The largest difference of a trace, in ulp per step; infinite for what no bound admits."""

    where: str
    ulp_per_step: float


def largest_difference(trace: dict, file_dtype: str, make_optimizer: Callable[..., Reference]) -> Difference:
    """Replays a trace in the form of the vector files."""
    dtypes = [DTYPES[p.get("dtype", file_dtype)] for p in trace["parameters"]]
    initial = [decode(p["initial"], dtype) for p, dtype in zip(trace["parameters"], dtypes, strict=True)]
    scales = [larger(np.zeros_like(values), values) for values in initial]
    optimizer = make_optimizer([(g["parameters"], g["options"]) for g in trace["groups"]], initial)
    begin(optimizer, trace, dtypes)
    largest = Difference("nowhere", 0.0)
    for number, step in enumerate(trace["steps"], start=1):
        if "options" in step:
            optimizer.edit(step["options"])
        if step.get("resume"):
            optimizer.resume()
        gradients = zip(step["gradients"], dtypes, strict=True)
        optimizer.step([None if g is None else decode(g, dtype) for g, dtype in gradients])
        for index, dtype in enumerate(dtypes):
            recorded = decode(step["parameters"][index], dtype)
            scales[index] = larger(scales[index], recorded)
            ours, theirs = optimizer.state[index], step["state"][index]
            found = {"parameter": _ulps(optimizer.parameters[index], recorded, scales[index])}
            if ours is not None and theirs is not None:
                found["average"] = _ulps(ours.ax, decode(theirs["ax"], dtype), scales[index])
            found |= dict.fromkeys(_unequal(ours, theirs), np.inf)
            for name, ulps in found.items():
                if ulps / number > largest.ulp_per_step:
                    where = f"{file_dtype} {trace['id']}, {name} {index} after step {number}"
                    largest = Difference(where, ulps / number)
    return largest


def begin(optimizer: Reference, trace: dict, dtypes: Sequence[DType]) -> None:
    """Gives the optimizer the state that a trace starts with, if it does."""
    for index, start in enumerate(trace.get("start", [])):
        if start is not None:
            ax = decode(start["ax"], dtypes[index])
            optimizer.state[index] = State(start["step"], start["eta"], start["mu"], ax)


def larger(scale: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.maximum(scale, np.where(np.isfinite(values), np.abs(values), 0))


def _ulps(ours: np.ndarray, recorded: np.ndarray, scale: np.ndarray) -> float:
    equal = (ours == recorded) & (np.signbit(ours) == np.signbit(recorded))
    same = equal | (np.isnan(ours) & np.isnan(recorded))
    both_zero = (ours == 0) & (recorded == 0)
    measurable = np.isfinite(ours) & np.isfinite(recorded) & ~both_zero
    with np.errstate(all="ignore"):
        distance = np.abs(ours.astype(np.float64) - recorded.astype(np.float64)) / ulp(scale)
    return float(np.max(np.where(same, 0, np.where(measurable, distance, np.inf)), initial=0))


def ulp(scale: np.ndarray) -> np.ndarray:
    limits = np.finfo(scale.dtype)
    _, exponent = np.frexp(np.maximum(scale, limits.tiny).astype(np.float64))
    return np.ldexp(1.0, exponent - 1 - limits.nmant)


def _unequal(ours: State | None, theirs: dict | None) -> list[str]:
    if ours is None or theirs is None:
        return [] if ours is None and theirs is None else ["existence of state"]
    return [name for name in ("step", "eta", "mu") if getattr(ours, name) != theirs[name]]
