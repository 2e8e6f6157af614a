"""Derivatives through the reference's updates, by the formulas of SPEC.md (Differentiating) in plain NumPy.

Variants with faults (derivative_mutants.py) override a method or two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .reference import Reference

Arrays = list[np.ndarray | None]


@dataclass(frozen=True)
class Update:
    """What is left of an update when its derivatives are wanted."""

    index: int
    group: int
    options: dict
    p: np.ndarray
    gradient: np.ndarray
    eta: float
    mu: float
    # The options and the step that eta was computed from; None when it was there from the start.
    origin: tuple[dict, int] | None
    # Of p, so far.
    scale: np.ndarray


@dataclass
class Cotangents:
    """Derivatives of the loss, on their way back; at the end, with respect to what the trace starts from."""

    parameters: Arrays
    averages: Arrays
    gradients: list[Arrays]
    options: list[dict[str, float]]


class Differentiable(Reference):
    """A reference that can be differentiated. With `magnitudes`, every term counts by its absolute value:
    that is what rounding errors are measured by."""

    def __init__(self, groups, parameters, hessians: Sequence[np.ndarray | None] = ()):
        super().__init__(groups, parameters)
        self.hessians = list(hessians) or [None] * len(parameters)
        self.steps: list[list[Update]] = []
        self.origins: list[tuple[dict, int] | None] = [None] * len(parameters)
        self.scales = [np.abs(p) for p in self.parameters]
        self.magnitudes = False

    # Forwards.

    def step(self, gradients):
        self.steps.append([])
        super().step(gradients)

    def update(self, index, gradient, options):
        p = self.parameters[index]
        group = next(i for i, (_, its) in enumerate(self.groups) if its is options)
        if self.state[index] is None:
            self.origins[index] = (dict(options), 0)
        state = self.state[index] or self.begin(p, options)
        scale = self.scales[index] = np.maximum(self.scales[index], np.abs(p))
        origin = self.origins[index]
        self.steps[-1].append(
            Update(index, group, dict(options), p, gradient, state.eta, state.mu, origin, scale)
        )
        super().update(index, gradient, options)
        self.origins[index] = (dict(options), self.state[index].step)

    # Backwards.

    def backward(self, parameter_seeds: Arrays, average_seeds: Arrays) -> Cotangents:
        def seeds(given: Arrays) -> Arrays:
            return [
                self.term(np.zeros_like(p) if seed is None else seed)
                for seed, p in zip(given, self.parameters, strict=True)
            ]

        zero = {"lr": 0.0, "lambd": 0.0, "weightDecay": 0.0}
        found = Cotangents(
            seeds(parameter_seeds), seeds(average_seeds), [], [dict(zero) for _ in self.groups]
        )
        for step in reversed(self.steps):
            found.gradients.insert(0, [None] * len(self.parameters))
            for update in step:
                self.back(update, found)
        return found

    def back(self, update: Update, found: Cotangents) -> None:
        index, options, eta = update.index, update.options, update.eta
        d = found.averages[index]
        c = found.parameters[index] + self.weight_of_newest(update) * d
        number = c.dtype.type
        found.averages[index] = number(self.weight_of_average(update)) * d
        found.gradients[0][index] = number(self.by_gradient(eta, options)) * c
        found.parameters[index] = number(self.by_parameter(eta, options)) * c
        hessian = self.hessians[index]
        if hessian is not None:
            found.parameters[index] = (
                found.parameters[index] + self.term(hessian).T @ found.gradients[0][index]
            )
        self.add_options(update, c, found.options[update.group])

    # The formulas, one by one.

    def weight_of_newest(self, update: Update) -> float:
        return update.mu

    def weight_of_average(self, update: Update) -> float:
        return 1 - update.mu

    def by_gradient(self, eta: float, options: dict) -> float:
        return self.term(eta if options["maximize"] else -eta)

    def by_parameter(self, eta: float, options: dict) -> float:
        return self.term(1 - options["lambd"] * eta) + self.term(-eta * options["weightDecay"])

    def add_options(self, update: Update, c: np.ndarray, sums: dict[str, float]) -> None:
        options, eta = update.options, update.eta
        with_p = self.dot(update.scale if self.magnitudes else update.p, c)
        with_g = self.dot(-update.gradient if options["maximize"] else update.gradient, c)
        by_eta = self.term(-(options["lambd"] + options["weightDecay"])) * with_p + self.term(-1) * with_g
        eta_by_lr, eta_by_lambd = self.eta_slopes(update.origin)
        sums["lr"] += by_eta * eta_by_lr
        sums["lambd"] += by_eta * eta_by_lambd + self.term(-eta) * with_p
        sums["weightDecay"] += self.term(-eta) * with_p

    def eta_slopes(self, origin: tuple[dict, int] | None) -> tuple[float, float]:
        """The derivatives of eta with respect to lr and lambd."""
        if origin is None:
            return 0.0, 0.0
        options, step = origin
        lr, lambd, alpha = options["lr"], options["lambd"], options["alpha"]
        base = 1 + lambd * lr * step
        slope = self.term(-alpha * lr * step * base ** (-alpha - 1))
        return base**-alpha + lambd * slope, lr * slope

    def dot(self, a: np.ndarray, b: np.ndarray) -> float:
        return float(np.sum(self.term(a.astype(np.float64)) * b.astype(np.float64)))

    def term(self, value):
        return np.abs(value) if self.magnitudes else value
