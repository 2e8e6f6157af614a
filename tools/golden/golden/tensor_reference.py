"""What PyTorch does when its schedule is in tensors, in plain NumPy: the reference with roundings elsewhere.

That these give PyTorch's bits shows that nothing else is different there, so that the bounds
(tensor_comparison.py) may be derived from them."""

import numpy as np

from .dtypes import DTYPES
from .reference import Reference, float32

SINGLE = np.float32


class OnTensors(Reference):
    """A reference for the traces of tensor_traces.py: it knows which groups' lr is in a tensor, and of what
    dtype."""

    def __init__(self, groups, parameters, learning_rates=()):
        super().__init__(groups, parameters)
        self.lr_dtypes: list[type | None] = [None] * len(self.groups)
        for rate in learning_rates:
            for index in rate["groups"]:
                self.lr_dtypes[index] = DTYPES[rate["dtype"]].real.type

    def update(self, index, gradient, options):
        # By identity: groups may have equal options.
        position = next(i for i, (_, its) in enumerate(self.groups) if its is options)
        self.lr_dtype = self.lr_dtypes[position]
        super().update(index, gradient, options)

    def next_eta(self, step, options):
        if self.lr_dtype is SINGLE:
            return self._eta_from_tensor(step, options)
        if options.get("capturable") and self.lr_dtype is None:
            return self._eta_from_number(step, options)
        # lr in float64: so is everything that it meets, as it is without tensors.
        return super().next_eta(step, options)

    def _eta_from_tensor(self, step, options):
        """lr / (1 + lambd lr step)^alpha, lr a float32 tensor."""
        lr = SINGLE(options["lr"])
        base = SINGLE(1) + SINGLE(options["lambd"]) * lr * SINGLE(step)
        return float(lr / _power(base, options["alpha"]))

    def _eta_from_number(self, step, options):
        """The same with lr a number and step a float32 tensor: then it is a reciprocal, times lr."""
        base = SINGLE(1) + SINGLE(options["lambd"] * options["lr"]) * SINGLE(step)
        return float(SINGLE(1) / _power(base, options["alpha"]) * SINGLE(options["lr"]))

    def moved(self, p, g, eta, options):
        if not options.get("capturable"):
            return super().moved(p, g, eta, options)
        factor = SINGLE(1) - SINGLE(options["lambd"]) * SINGLE(eta)
        return self.multiply_add(g, -eta, self.multiply(p, factor))

    def averaged(self, ax, p, mu):
        if not self.is_capturable:
            return super().averaged(ax, p, mu)
        return self.multiply_add(self.add(p, -ax), mu, ax)

    @property
    def is_capturable(self) -> bool:
        """A trace is capturable in all of its groups or in none."""
        return bool(self.groups[0][1].get("capturable"))


def _power(base: np.float32, alpha: float) -> np.float32:
    # PyTorch takes the power of a 0-dim tensor in double precision.
    return SINGLE(float32(float(base) ** alpha))
