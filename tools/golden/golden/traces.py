"""All traces, planned and recorded."""

from collections import Counter

import torch

from .dtypes import DTYPES, DType
from .options_traces import options_traces
from .plan import TracePlan
from .recording import record
from .run_traces import run_traces
from .values_traces import values_traces


def all_plans(dtype: DType) -> list[TracePlan]:
    plans = [*options_traces(dtype), *run_traces(dtype), *values_traces(dtype)]
    twice = [id for id, count in Counter(plan.id for plan in plans).items() if count > 1]
    if twice:
        raise ValueError(f"Trace ids have to be unique, and these are not: {', '.join(twice)}.")
    return plans


def recorded_traces() -> dict[str, list[dict]]:
    # More threads would not change a bit, but would make that something to prove.
    torch.set_num_threads(1)
    # Also PyTorch's own default; eta and mu take their dtype from it.
    torch.set_default_dtype(torch.float32)
    return {name: [record(plan) for plan in all_plans(dtype)] for name, dtype in DTYPES.items()}
