"""Faults that only rounding shows: caught in backends that never contract, whose bound is 0."""

import numpy as np

from .arithmetics import WIDER
from .reference import Reference


class WiderIntermediates(Reference):
    """The step is computed in the next wider type, and rounded once at its end."""

    def moved(self, p, g, eta, options):
        wider = WIDER[p.dtype]
        return super().moved(p.astype(wider), g.astype(wider), eta, options).astype(p.dtype)


class DecayFactorInSinglePrecision(Reference):
    """1 - lambd eta is formed in float32, instead of float64 and one rounding."""

    def moved(self, p, g, eta, options):
        factor = np.float32(1) - np.float32(options["lambd"]) * np.float32(eta)
        return self.multiply_add(g, -eta, self.multiply(p, factor))


class DecayInsideGradient(Reference):
    """p - eta (g + lambd p): the sum that PyTorch's foreach path forms."""

    def moved(self, p, g, eta, options):
        return self.multiply_add(self.multiply_add(p, options["lambd"], g), -eta, p)


class AverageAsWeightedSum(Reference):
    """(1 - mu) ax + mu p."""

    def averaged(self, ax, p, mu):
        return p if mu == 1 else self.multiply_add(p, mu, self.multiply(ax, 1 - mu))


ROUNDING_MUTANTS = (
    WiderIntermediates,
    DecayFactorInSinglePrecision,
    DecayInsideGradient,
    AverageAsWeightedSum,
)
