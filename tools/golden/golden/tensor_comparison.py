"""Whether an optimizer that follows SPEC.md is as near as it must be to what PyTorch computes when its
schedule is in tensors, in float32. The bounds are derived here; the manifest repeats the rule."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .comparison import larger, ulp
from .dtypes import DTYPES
from .encoding import decode
from .reference import DEFAULTS, Reference, State, float32

RULE = (
    "A trace of this file is recorded twice: with plain options (parameters, state), held to the rule of the "
    "other files; and as it says (onTensors: lr in tensors, capturable), held to this one. Step and mu are "
    "equal. eta differs by no more than etaUlp float32 ulps of the larger one: lr in a float64 tensor, 0; in "
    "a float32 tensor, 2 + alpha * (1 + 3 b); a number, and capturable, 4 + alpha * (1 + 2 b), where b = x / "
    "(1 + x), x = lambd * lr * step, with the options and the step that eta was computed from; 0 if it is lr "
    "itself. What the parameter differs by has to come from that. For each real, from the first update on "
    "whose eta differs (capturable, or arithmetic that may fuse: from the first update), and k counting "
    "updates from there, |ours - recorded| <= d + 4 k ulp(scale), and for ax a + 4 (k + 1) ulp(scale). "
    "Before, it is the rule of the other files. Every update adds |eta ours - eta recorded| * (|lambd * p + "
    "g| + (lambd + weightDecay) * bound) to d, and if capturable (2 + 2 lambd * eta) * 2^-24 * (|p| + "
    "bound), where p is the parameter recorded before it, bound the parameter's bound then, g = +-gradient + "
    "weightDecay * p and eta the one recorded. Then a = (1 - mu) * a + mu * d, mu being the update's, that "
    "is d while mu is 1."
)

# eta. Each operation of float32 errs by a factor 1 + e with |e| <= u = 2^-24, and less than u x is less than
# an ulp of x; to the first order in u, 1 + x errs by b times what x does, and a power by alpha times what its
# base does.
# - lr in a tensor: lambd rounded, times lr, times step: x by 3u; 1 + x by (3b + 1) u; the power by alpha
#   times that, and u; the division and, on our side, the one rounding by half an ulp each.
# - lr a number: lambd * lr rounded, times step: x by 2u; 1 + x by (2b + 1) u; the power by alpha times that,
#   and u; its reciprocal by u, lr rounded by u; the product and our rounding by half an ulp each.
#
# Capturable besides:
# - 1 - lambd * eta is formed of lambd rounded, a product and a difference, each rounded: (1 + 2 lambd eta) u,
#   and u on our side if that rounds to float32.
# - While mu is 1, ax + (p - ax) * 1 has the roundings of a blend where others copy: 1.5 ulp(scale), one in
#   the difference, that is at most twice the scale, half in the sum. They stay in that ax: the next one
#   forgets it.
#
# Roundings: 4 ulp(scale) an update in the parameter, as comparison.py derives. A blend adds half an ulp of at
# most 2 scale on each side for the difference p - ax, half of one for its product and for the sum, times mu
# for the first. From A before it comes (1 - mu) A + mu (4k + 2) + 2, which with A <= 4k is no more than 4 (k
# + 1).
#
# What differs before an update shrinks in it: plans keep |1 - (lambd + weightDecay) * eta| <= 1.
ROUNDINGS = 4
SINGLE_ROUNDING = 2.0**-24


@dataclass
class Findings:
    """Of one trace: what exceeds the bounds, and how near the rest comes to them."""

    trace: str
    exceeded: list[str] = field(default_factory=list)
    eta_ulp: float = 0
    eta_share: float = 0
    # Of a parameter or an average, beyond what eta and the decay account for, in ulp(scale) per update.
    roundings: float = 0
    # Of a recorded average from the recorded parameter while mu is 1, in ulp(scale).
    blend_ulp: float = 0


@dataclass
class _Course:
    """One parameter's way through a trace: its bounds so far."""

    options: dict
    before: np.ndarray
    scale: np.ndarray
    drift: np.ndarray
    average_drift: np.ndarray
    # Of the last update.
    mu: float = 1
    # Since the two sides may differ.
    updates: int = 0
    # By how much eta may differ now.
    eta_ulp: float = 0

    def bound(self) -> np.ndarray:
        return self.drift + ROUNDINGS * self.updates * ulp(self.scale)


def findings(trace: dict, make_optimizer: Callable[..., Reference], *, fuses: bool = False) -> Findings:
    """Replays a trace, and compares with what was recorded on tensors."""
    found = Findings(trace["id"])
    dtypes = [DTYPES[p["dtype"]] for p in trace["parameters"]]
    initial = [decode(p["initial"], dtype) for p, dtype in zip(trace["parameters"], dtypes, strict=True)]
    optimizer = make_optimizer([(g["parameters"], g["options"]) for g in trace["groups"]], initial)
    groups = [{**DEFAULTS, **group["options"]} for group in trace["groups"]]
    courses = _courses(trace, groups, initial)
    lr_dtypes = _lr_dtypes(trace)
    # As they were after the step before: what they are when the next begins is part of what is examined.
    ours: list[State | None] = [None] * len(initial)
    theirs: list[dict | None] = [None] * len(initial)
    for number, step in enumerate(trace["steps"], start=1):
        if "options" in step:
            optimizer.edit(step["options"])
            for options, edits in zip(groups, step["options"], strict=True):
                options.update(edits)
        if step.get("resume"):
            optimizer.resume()
        gradients = [
            None if g is None else decode(g, dtype)
            for g, dtype in zip(step["gradients"], dtypes, strict=True)
        ]
        optimizer.step(gradients)
        recorded = step["onTensors"]
        for index, gradient in enumerate(gradients):
            where = f"parameter {index} after step {number}"
            course, state = courses[index], recorded["state"][index]
            values = decode(recorded["parameters"][index], dtypes[index])
            if gradient is not None:
                _advance(course, gradient, ours[index], theirs[index], fuses)
                course.eta_ulp = _eta_ulp(course.options, lr_dtypes[index], state["step"])
            course.scale = larger(course.scale, values)
            course.before = values
            theirs[index] = state
            ours[index] = optimizer.state[index] and replace(optimizer.state[index])
            _compare(found, where, course, optimizer.parameters[index], values, ours[index], state)
    return found


def _courses(trace: dict, groups: list[dict], initial: list[np.ndarray]) -> list[_Course]:
    options_of = {
        member: options
        for group, options in zip(trace["groups"], groups, strict=True)
        for member in group["parameters"]
    }
    courses = []
    for index, values in enumerate(initial):
        nothing = np.zeros(len(values))
        scale = larger(np.zeros_like(values), values)
        courses.append(_Course(options_of[index], values, scale, nothing, nothing.copy()))
    return courses


def _lr_dtypes(trace: dict) -> list[str | None]:
    """By parameter."""
    of_group = {index: rate["dtype"] for rate in trace["learningRates"] for index in rate["groups"]}
    of_parameter = {
        member: of_group.get(index)
        for index, group in enumerate(trace["groups"])
        for member in group["parameters"]
    }
    return [of_parameter[index] for index in range(len(trace["parameters"]))]


def _eta_ulp(options: dict, lr_dtype: str | None, step: int) -> float:
    x = options["lambd"] * options["lr"] * step
    alpha, b = options["alpha"], x / (1 + x)
    if lr_dtype == "float32":
        return 2 + alpha * (1 + 3 * b)
    if lr_dtype == "float64" or not options.get("capturable"):
        return 0
    return 4 + alpha * (1 + 2 * b)


def _advance(
    course: _Course, gradient: np.ndarray, ours: State | None, theirs: dict | None, fuses: bool
) -> None:
    options, p = course.options, course.before.astype(np.float64)
    lambd, decay, capturable = options["lambd"], options["weightDecay"], options.get("capturable")
    eta, course.mu = (theirs["eta"], theirs["mu"]) if theirs else (float32(options["lr"]), 1)
    apart = abs(ours.eta - eta) if ours else 0
    if abs(1 - (lambd + decay) * eta) > 1:
        raise ValueError(f"{options} lets differences grow: plan smaller ones.")
    g = (-1 if options["maximize"] else 1) * gradient.astype(np.float64) + decay * p
    bound = course.bound()
    if capturable or fuses or course.updates or apart:
        course.updates += 1
    course.drift = course.drift + apart * (np.abs(lambd * p + g) + (lambd + decay) * bound)
    if capturable:
        course.drift = course.drift + (2 + 2 * lambd * eta) * SINGLE_ROUNDING * (np.abs(p) + bound)
    course.average_drift = (1 - course.mu) * course.average_drift + course.mu * course.drift


def _compare(
    found: Findings,
    where: str,
    course: _Course,
    ours: np.ndarray,
    recorded: np.ndarray,
    our_state: State | None,
    their_state: dict | None,
) -> None:
    units = ulp(course.scale)
    _within(found, where, np.abs(ours.astype(np.float64) - recorded), course.drift, course.updates, units)
    if our_state is None or their_state is None:
        if our_state is not None or their_state is not None:
            found.exceeded.append(f"existence of state, {where}")
        return
    ax = np.frombuffer(b64decode(their_state["ax"]), recorded.dtype)
    distance = np.abs(our_state.ax.astype(np.float64) - ax)
    updates = course.updates and course.updates + 1
    _within(found, f"average of {where}", distance, course.average_drift, updates, units)
    found.exceeded += [
        f"{name}, {where}" for name in ("step", "mu") if getattr(our_state, name) != their_state[name]
    ]
    etas = (our_state.eta, their_state["eta"])
    ulps = abs(etas[0] - etas[1]) / float(ulp(np.float32(max(etas))))
    found.eta_ulp = max(found.eta_ulp, ulps)
    if ulps > course.eta_ulp:
        found.exceeded.append(f"eta by {ulps:g} ulp, {where}")
    elif ulps:
        found.eta_share = max(found.eta_share, ulps / course.eta_ulp)
    if course.mu == 1:
        apart = np.abs(ax.astype(np.float64) - recorded) / units
        found.blend_ulp = max(found.blend_ulp, float(np.max(apart, initial=0)))


def _within(
    found: Findings, what: str, distance: np.ndarray, drift: np.ndarray, updates: int, units: np.ndarray
) -> None:
    if not np.all(distance <= drift + ROUNDINGS * updates * units):
        found.exceeded.append(f"{what} by {np.max(distance / units):g} ulp")
    elif updates:
        beyond = np.max((distance - drift) / units, initial=0) / updates
        found.roundings = max(found.roundings, float(beyond))
