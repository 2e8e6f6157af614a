"""The four dtypes. Everywhere in this program a tensor's values are a flat array of reals: complex ones are
interleaved re, im. So the plans, the NumPy reference and the files never meet a complex number."""

from dataclasses import dataclass
from math import prod

import numpy as np


@dataclass(frozen=True)
class DType:
    name: str
    real: np.dtype
    reals_per_element: int

    def reals(self, shape: tuple[int, ...]) -> int:
        return prod(shape) * self.reals_per_element


FLOAT32 = DType("float32", np.dtype("<f4"), 1)
FLOAT64 = DType("float64", np.dtype("<f8"), 1)
COMPLEX64 = DType("complex64", np.dtype("<f4"), 2)
COMPLEX128 = DType("complex128", np.dtype("<f8"), 2)

DTYPES = {dtype.name: dtype for dtype in (FLOAT32, FLOAT64, COMPLEX64, COMPLEX128)}
