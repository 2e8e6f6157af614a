"""Derivatives by PyTorch's autograd: through torch.optim.ASGD where that can be differentiated, and through
the same update written out of place where it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from .derivative_traces import DerivativePlan
from .encoding import encode
from .plan import StepPlan, TracePlan
from .recording import edit, reals_of, record, started, tensor_of, torch_options
from .reference import DEFAULTS

OPTIONS = ("lr", "lambd", "weightDecay")
Arrays = Sequence[np.ndarray | None]


@dataclass(frozen=True)
class Derivatives:
    """Of the loss, with respect to what a trace starts from; None where there is nothing to differentiate
    by."""

    parameters: Arrays
    # The averages of a trace that starts with some.
    averages: Arrays
    # By step.
    gradients: Sequence[Arrays]
    # By group.
    options: Sequence[dict[str, float]]

    def tensors(self) -> list[str | None]:
        """Those by tensors, bit for bit."""
        arrays = [*self.parameters, *self.averages, *(g for step in self.gradients for g in step)]
        return [None if array is None else encode(array) for array in arrays]


@dataclass(frozen=True)
class Differentiated:
    plan: DerivativePlan
    trace: dict
    # By torch.optim.ASGD, which knows no derivatives by options; None where it raises.
    by_optimizer: Derivatives | None
    # By the update written out of place.
    derivatives: Derivatives
    # What the out-of-place update made of the parameters, by step.
    course: Sequence[Sequence[np.ndarray]]

    def departure(self) -> str | None:
        """Where the update out of place is not torch.optim.ASGD's, bit for bit; None if nowhere."""
        for number, (step, values) in enumerate(zip(self.trace["steps"], self.course, strict=True), start=1):
            if step["parameters"] != [encode(p) for p in values]:
                return f"{self.plan.trace.id}, parameters after step {number}"
        if self.by_optimizer and self.by_optimizer.tensors() != self.derivatives.tensors():
            return f"{self.plan.trace.id}, derivatives"
        return None


def differentiated(plan: DerivativePlan) -> Differentiated:
    run = _OutOfPlace(plan)
    given = replace(plan, trace=_with_gradients(plan.trace, run.gradient_values))
    return Differentiated(given, record(given.trace), through_optimizer(plan), run.derivatives(), run.course)


def _with_gradients(trace: TracePlan, gradients: Sequence[Arrays]) -> TracePlan:
    """The trace with its gradients as they came out, Hessians and all."""
    steps = [StepPlan(g, step.options, step.resume) for step, g in zip(trace.steps, gradients, strict=True)]
    return replace(trace, steps=steps)


# Through torch.optim.ASGD.

BROKEN = "one of the variables needed for gradient computation has been modified by an inplace operation"


def through_optimizer(plan: DerivativePlan) -> Derivatives | None:
    """None when PyTorch raises: once mu is not 1, the average's update keeps mu for later, and then
    overwrites it."""
    trace = plan.trace
    initial = [tensor_of(p.initial, p).requires_grad_() for p in trace.parameters]
    averages = [
        start and tensor_of(start.ax, p).requires_grad_()
        for start, p in zip(trace.start or [None] * len(initial), trace.parameters, strict=True)
    ]
    # Copies, since a step writes to what it is given, and that no leaf allows.
    parameters = [tensor.clone() for tensor in initial]
    groups = [
        {"params": [parameters[i] for i in group.parameters], **torch_options(group.options)}
        for group in trace.groups
    ]
    optimizer = torch.optim.ASGD(groups, foreach=False, differentiable=True)
    if trace.start:
        for parameter, average, start, its_plan in zip(
            parameters, averages, trace.start, trace.parameters, strict=True
        ):
            optimizer.state[parameter] = {**started(start, its_plan), "ax": average.clone()}
    gradients = []
    for step in trace.steps:
        for group, edits in zip(optimizer.param_groups, step.options or [], strict=bool(step.options)):
            edit(group, edits)
        given = [
            None if g is None else tensor_of(g, p).requires_grad_()
            for g, p in zip(step.gradients, trace.parameters, strict=True)
        ]
        for parameter, g, hessian in zip(parameters, given, plan.hessians, strict=True):
            parameter.grad = g if g is None or hessian is None else _times(hessian, parameter) + g
        optimizer.step()
        gradients.append(given)
    terms = [
        _product(seed, p)
        for seed, p in zip(plan.parameter_seeds, parameters, strict=True)
        if seed is not None
    ]
    terms += [
        _product(seed, optimizer.state[p]["ax"])
        for seed, p in zip(plan.average_seeds, parameters, strict=True)
        if seed is not None and p in optimizer.state
    ]
    try:
        return _differentiate(sum(terms), initial, averages, gradients, [])
    except RuntimeError as error:
        if BROKEN not in str(error):
            raise
        return None


# Through the same update, written out of place.


class _OutOfPlace:
    """Complex numbers are pairs of reals from the start. Where SPEC.md rounds to float32, a derivative passes
    as if it did not; so the options' derivatives exist."""

    def __init__(self, plan: DerivativePlan):
        self.plan = plan
        trace = plan.trace
        self.initial = [torch.from_numpy(p.initial.copy()).requires_grad_() for p in trace.parameters]
        starts = trace.start or [None] * len(self.initial)
        self.averages = [start and torch.from_numpy(start.ax.copy()).requires_grad_() for start in starts]
        # What is added to an option, the same at every step: 0.
        self.shifts = [{name: _number(0).requires_grad_() for name in OPTIONS} for _ in trace.groups]
        self.groups = [{**DEFAULTS, **group.options} for group in trace.groups]
        self.group_of = {member: i for i, group in enumerate(trace.groups) for member in group.parameters}
        self.p = list(self.initial)
        self.ax = list(self.averages)
        self.counters = [start and (start.step, _number(start.eta), start.mu) for start in starts]
        self.gradients: list[list[torch.Tensor | None]] = []
        self.gradient_values: list[Arrays] = []
        self.course: list[list[np.ndarray]] = []
        for step in trace.steps:
            for options, edits in zip(self.groups, step.options or [], strict=bool(step.options)):
                options.update(edits)
            self._step(step)

    def _step(self, step: StepPlan) -> None:
        given = [None if g is None else torch.from_numpy(g.copy()).requires_grad_() for g in step.gradients]
        values: list[np.ndarray | None] = []
        for index, (leaf, hessian) in enumerate(zip(given, self.plan.hessians, strict=True)):
            if leaf is None:
                values.append(None)
                continue
            gradient = leaf if hessian is None else _times(hessian, self.p[index]) + leaf
            values.append(gradient.detach().numpy().copy())
            self._update(index, gradient)
        self.gradients.append(given)
        self.gradient_values.append(values)
        self.course.append([p.detach().numpy().copy() for p in self.p])

    def _update(self, index: int, gradient: torch.Tensor) -> None:
        group = self.group_of[index]
        options = self.groups[group]
        lr, lambd, weight_decay = (options[name] + self.shifts[group][name] for name in OPTIONS)
        step, eta, mu = self.counters[index] or (0, _rounded(lr), 1)
        p = self.p[index]
        g = -gradient if options["maximize"] else gradient
        # Also where it is 0, and SPEC.md leaves it out: there it can still be differentiated by.
        g = g + p * weight_decay.to(p.dtype)
        p = p * (1 - lambd * eta).to(p.dtype) + g * (-eta).to(p.dtype)
        self.p[index] = p
        before = self.ax[index]
        self.ax[index] = p if mu == 1 else before + (p - before) * mu
        step += 1
        eta = _rounded(lr / (1 + lambd * lr * step) ** options["alpha"])
        mu = float(np.float32(1 / max(1, step - options["t0"])))
        self.counters[index] = (step, eta, mu)

    def derivatives(self) -> Derivatives:
        plan = self.plan
        terms = [
            _inner(seed, p) for seed, p in zip(plan.parameter_seeds, self.p, strict=True) if seed is not None
        ]
        terms += [
            _inner(seed, ax)
            for seed, ax in zip(plan.average_seeds, self.ax, strict=True)
            if seed is not None and ax is not None
        ]
        return _differentiate(sum(terms), self.initial, self.averages, self.gradients, self.shifts)


def _differentiate(
    loss: torch.Tensor,
    initial: Sequence[torch.Tensor],
    averages: Sequence[torch.Tensor | None],
    gradients: Sequence[Sequence[torch.Tensor | None]],
    shifts: Sequence[dict[str, torch.Tensor]],
) -> Derivatives:
    leaves = [*initial, *averages, *(g for step in gradients for g in step)]
    leaves += [shift[name] for shift in shifts for name in OPTIONS]
    asked = [leaf for leaf in leaves if leaf is not None]
    # What the loss does not depend on has a derivative of zeros.
    found = dict(
        zip(asked, torch.autograd.grad(loss, asked, materialize_grads=True, allow_unused=True), strict=True)
    )

    def arrays(tensors: Sequence[torch.Tensor | None]) -> Arrays:
        return [None if tensor is None else reals_of(found[tensor]).copy() for tensor in tensors]

    return Derivatives(
        arrays(initial),
        arrays(averages),
        [arrays(step) for step in gradients],
        [{name: found[shift[name]].item() for name in OPTIONS} for shift in shifts],
    )


def _number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def _rounded(value: torch.Tensor) -> torch.Tensor:
    return value + (value.detach().to(torch.float32).to(torch.float64) - value.detach())


def _times(hessian: np.ndarray, vector: torch.Tensor) -> torch.Tensor:
    # Column by column: a matrix product sums in an order that depends on the processor.
    return sum(torch.from_numpy(hessian[:, j].copy()) * vector[j] for j in range(hessian.shape[1]))


def _product(seed: np.ndarray, tensor: torch.Tensor) -> torch.Tensor:
    reals = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return _inner(seed, reals.reshape(-1))


def _inner(seed: np.ndarray, values: torch.Tensor) -> torch.Tensor:
    return (torch.from_numpy(seed) * values).sum()
