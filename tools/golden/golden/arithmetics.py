"""The reference with other arithmetic than rounding every operation once: what some hardware does, and what
PyTorch's vector kernels do. A backend may declare these, so the bounds have to admit them."""

import numpy as np

from .reference import Reference

# In the wider type the product of two narrower numbers is exact (float64 for float32), or off by at most
# 2^-11 ulp of the narrower type (x86's extended format for float64), which no bound in ulp tells from exact.
WIDER = {np.dtype(np.float32): np.float64, np.dtype(np.float64): np.longdouble}


class Fused(Reference):
    """Each product is fused with the sum after it, as PyTorch's vector kernels do in all but the average."""

    def multiply_add(self, values, factor, addend):
        wider = WIDER[values.dtype]
        product = values.astype(wider) * wider(values.dtype.type(factor))
        return (addend.astype(wider) + product).astype(values.dtype)


class FusedWithDecay(Fused):
    """Of the two products that meet in the step, the decay is fused instead of the gradient's."""

    def moved(self, p, g, eta, options):
        return self.multiply_add(p, 1 - options["lambd"] * eta, self.multiply(g, -eta))


class Flushing(Reference):
    """An operation that would give a subnormal number, or is given one, has 0 in its place."""

    def add(self, values, others):
        return _flushed(_flushed(values) + _flushed(others))

    def multiply(self, values, factor):
        return _flushed(_flushed(values) * values.dtype.type(factor))


def _flushed(values: np.ndarray) -> np.ndarray:
    return np.where(
        np.abs(values) < np.finfo(values.dtype).tiny, np.copysign(0, values).astype(values.dtype), values
    )
