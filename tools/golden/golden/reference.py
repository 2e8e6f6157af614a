"""The update of the project's SPEC.md in plain NumPy: every operation rounded once, in the order given there.

It knows nothing of PyTorch: that both agree is what makes the vectors worth having. Variants with other
arithmetic (arithmetics.py) and with faults (mutants.py, rounding_mutants.py) override a method or two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DEFAULTS = {"lr": 0.01, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weightDecay": 0, "maximize": False}


@dataclass
class State:
    step: int
    eta: float
    mu: float
    ax: np.ndarray


def float32(value: float) -> float:
    return float(np.float32(value))


class Reference:
    """An optimizer over flat arrays of reals, which it replaces and never writes into."""

    def __init__(self, groups: Sequence[tuple[Sequence[int], dict]], parameters: Sequence[np.ndarray]):
        self.groups = [(list(members), {**DEFAULTS, **options}) for members, options in groups]
        self.parameters = list(parameters)
        self.state: list[State | None] = [None] * len(parameters)

    # The run.

    def edit(self, edits: Sequence[dict]) -> None:
        for (_, options), changes in zip(self.groups, edits, strict=True):
            options.update(changes)

    def resume(self) -> None:
        """Saving and loading a state dictionary changes nothing."""

    def step(self, gradients: Sequence[np.ndarray | None]) -> None:
        with np.errstate(all="ignore"):
            for members, options in self.groups:
                for index in members:
                    gradient = gradients[index]
                    if gradient is not None:
                        self.update(index, gradient, options)

    def update(self, index: int, gradient: np.ndarray, options: dict) -> None:
        p = self.parameters[index]
        state = self.state[index] or self.begin(p, options)
        g = self.direction(gradient, p, options)
        moved = self.moved(p, g, state.eta, options)
        ax = self.averaged(state.ax, moved, state.mu)
        step = state.step + 1
        self.parameters[index] = moved
        self.state[index] = State(step, self.next_eta(step, options), self.next_mu(step, options), ax)

    # The update, part by part.

    def begin(self, p: np.ndarray, options: dict) -> State:
        return State(0, float32(options["lr"]), 1.0, np.zeros_like(p))

    def direction(self, gradient: np.ndarray, p: np.ndarray, options: dict) -> np.ndarray:
        g = -gradient if options["maximize"] else gradient
        return self.multiply_add(p, options["weightDecay"], g) if options["weightDecay"] != 0 else g

    def moved(self, p: np.ndarray, g: np.ndarray, eta: float, options: dict) -> np.ndarray:
        decayed = self.multiply(p, 1 - options["lambd"] * eta)
        return self.multiply_add(g, -eta, decayed)

    def averaged(self, ax: np.ndarray, p: np.ndarray, mu: float) -> np.ndarray:
        return p if mu == 1 else self.multiply_add(self.add(p, -ax), mu, ax)

    def next_eta(self, step: int, options: dict) -> float:
        lr = options["lr"]
        return float32(lr / (1 + options["lambd"] * lr * step) ** options["alpha"])

    def next_mu(self, step: int, options: dict) -> float:
        return float32(1 / max(1, step - options["t0"]))

    # The arithmetic: each result, and each scalar, rounded once to the dtype of the values.

    def add(self, values: np.ndarray, others: np.ndarray) -> np.ndarray:
        return values + others

    def multiply(self, values: np.ndarray, factor: float) -> np.ndarray:
        return values * values.dtype.type(factor)

    def multiply_add(self, values: np.ndarray, factor: float, addend: np.ndarray) -> np.ndarray:
        return self.add(addend, self.multiply(values, factor))
