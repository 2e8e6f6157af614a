"""All traces, planned and recorded."""

import warnings
from collections import Counter
from dataclasses import dataclass

import torch

from .autograd import Differentiated, differentiated
from .derivative_comparison import described
from .derivative_traces import derivative_plans
from .dtypes import DTYPES, DType
from .options_traces import options_traces
from .plan import TracePlan
from .recording import record
from .run_traces import run_traces
from .tensor_traces import recorded_tensor_traces
from .values_traces import values_traces


@dataclass(frozen=True)
class Recorded:
    # By dtype, a file each.
    plain: dict[str, list[dict]]
    # With the schedule in tensors; every parameter has its dtype beside it, as it has in derivatives.
    on_tensors: list[dict]
    derivatives: list[dict]
    # What the last ones were made from.
    differentiated: list[Differentiated]

    @property
    def forward(self) -> dict[str, list[dict]]:
        """All runs with plain options, whatever else was recorded of them, by the name of their file."""
        return {**self.plain, "tensors": self.on_tensors, "derivatives": self.derivatives}


def all_plans(dtype: DType) -> list[TracePlan]:
    return [*options_traces(dtype), *run_traces(dtype), *values_traces(dtype)]


def recorded_traces() -> Recorded:
    # More threads would not change a bit, but would make that something to prove.
    torch.set_num_threads(1)
    # Also PyTorch's own default; eta and mu take their dtype from it.
    torch.set_default_dtype(torch.float32)
    with warnings.catch_warnings():
        # What autograd is given is meant to be no leaf.
        warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor that is not a leaf")
        found = [differentiated(plan) for plan in derivative_plans()]
    recorded = Recorded(
        {name: [record(plan) for plan in all_plans(dtype)] for name, dtype in DTYPES.items()},
        recorded_tensor_traces(),
        [described(one) for one in found],
        found,
    )
    for traces in recorded.forward.values():
        _require_unique_ids(traces)
    return recorded


def _require_unique_ids(traces: list[dict]) -> None:
    twice = [id for id, count in Counter(trace["id"] for trace in traces).items() if count > 1]
    if twice:
        raise ValueError(f"Trace ids have to be unique, and these are not: {', '.join(twice)}.")
