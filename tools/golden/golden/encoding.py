"""Arrays and files as bytes: base64 of little-endian reals, JSON with a trace to a line."""

import json
from base64 import b64decode, b64encode

import numpy as np

from .dtypes import DType


def encode(reals: np.ndarray) -> str:
    # One NaN for all: which of its many bit patterns an operation gives depends on the processor.
    canonical = np.where(np.isnan(reals), np.array(np.nan, reals.dtype), reals)
    return b64encode(canonical.astype(reals.dtype.newbyteorder("<")).tobytes()).decode("ascii")


def decode(text: str, dtype: DType) -> np.ndarray:
    return np.frombuffer(b64decode(text), dtype.real).copy()


def vector_file(dtype: DType | None, traces: list[dict]) -> bytes:
    """Without a dtype of the file, every parameter of its traces has one of its own."""
    # A trace to a line, so that a change of one trace is a change of one line.
    lines = ",\n".join(_compact(trace) for trace in traces)
    of_all = f'"dtype":"{dtype.name}",' if dtype else ""
    return f'{{{of_all}"traces":[\n{lines}\n]}}\n'.encode("ascii")


def _compact(value: dict) -> str:
    # Python prints the shortest digits that give back the same double, so eta and mu survive exactly.
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
