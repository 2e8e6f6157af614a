"""What a trace is before PyTorch has run it: parameters, groups, and the steps to take. No results."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from .dtypes import DType

SEED = 20130

Options = Mapping[str, float | bool]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class ParameterPlan:
    dtype: DType
    shape: Shape
    initial: np.ndarray


@dataclass(frozen=True)
class GroupPlan:
    parameters: Sequence[int]
    options: Options


@dataclass(frozen=True)
class LearningRatePlan:
    """The lr of some groups, held in one tensor that they share. Its value is in their options: editing it
    there fills the tensor."""

    dtype: DType
    shape: Shape
    groups: Sequence[int]


@dataclass(frozen=True)
class StartPlan:
    """The state that a parameter has before the first step, as if from a state dictionary."""

    step: int
    eta: float
    mu: float
    ax: np.ndarray


@dataclass(frozen=True)
class StepPlan:
    gradients: Sequence[np.ndarray | None]
    options: Sequence[Options] | None
    resume: bool


@dataclass(frozen=True)
class TracePlan:
    id: str
    dtype: DType
    parameters: Sequence[ParameterPlan]
    groups: Sequence[GroupPlan]
    steps: Sequence[StepPlan]
    learning_rates: Sequence[LearningRatePlan] = ()
    # Of every parameter, or of none.
    start: Sequence[StartPlan] = ()


@dataclass(frozen=True)
class Draw:
    """Makes one tensor's values. `parameter` and `step` (0 for initial values) say which one is wanted."""

    random: np.random.Generator
    parameter: int
    step: int
    count: int

    def normal(self) -> np.ndarray:
        return self.random.standard_normal(self.count)

    def repeating(self, values: Sequence[float]) -> np.ndarray:
        return np.resize(np.array(values, dtype=np.float64), self.count)


# What a trace says about its values: given a Draw, an array of reals, or None for a missing gradient.
Values = Callable[[Draw], np.ndarray | None]


def normal(draw: Draw) -> np.ndarray:
    return draw.normal()


def plan_trace(
    id: str,
    dtype: DType,
    *,
    steps: int,
    shapes: Sequence[Shape] = ((3,),),
    options: Options | None = None,
    groups: Sequence[tuple[Sequence[int], Options]] | None = None,
    edits: Mapping[int, Sequence[Options]] | None = None,
    resume_before: Iterable[int] = (),
    initial: Values = normal,
    gradient: Values = normal,
    dtypes: Sequence[DType] | None = None,
    learning_rates: Sequence[LearningRatePlan] = (),
) -> TracePlan:
    """Plans a trace. Steps count from 1. `edits` maps a step to the options set before it, per group.

    Every trace draws from a generator of its own, seeded by its id, so that adding a trace leaves the others'
    bytes alone. The dtype does not enter the seed: the four files hold the same draws, rounded to each dtype.
    """
    random = np.random.default_rng([SEED, int.from_bytes(sha256(id.encode()).digest()[:8], "little")])
    of_parameter = dtypes or [dtype] * len(shapes)

    def draw(values: Values, parameter: int, step: int) -> np.ndarray | None:
        its_dtype = of_parameter[parameter]
        drawn = values(Draw(random, parameter, step, its_dtype.reals(shapes[parameter])))
        with np.errstate(over="ignore"):
            return None if drawn is None else drawn.astype(its_dtype.real)

    indices = range(len(shapes))
    parameters = [ParameterPlan(of_parameter[i], shapes[i], draw(initial, i, 0)) for i in indices]
    resumed = frozenset(resume_before)
    return TracePlan(
        id,
        dtype,
        parameters,
        [GroupPlan(members, its_options) for members, its_options in groups or [(indices, options or {})]],
        [
            StepPlan([draw(gradient, i, s) for i in indices], (edits or {}).get(s), s in resumed)
            for s in range(1, steps + 1)
        ],
        learning_rates,
    )


def steps_to_average(t0: float) -> int:
    """Enough steps for seven blended ones: blending starts at the first step s with s - 1 - t0 > 1."""
    never_averages = t0 > 1e3
    return 6 if never_averages else int(np.floor(t0)) + 9
