"""Shows that recorded traces can be relied on: the reference agrees with them, arithmetic that a backend may
declare stays within the bounds, and no mutant does."""

from collections.abc import Callable, Iterator

from .arithmetics import Flushing, Fused, FusedWithDecay
from .comparison import ULP_PER_STEP, Difference, largest_difference
from .mutants import MUTANTS
from .reference import Reference
from .rounding_mutants import ROUNDING_MUTANTS
from .values_traces import SUBNORMAL_TRACES

# Traces by the name of the file's dtype.
Traces = dict[str, list[dict]]

# -0 + 0 is 0: PyTorch's vectorised complex negation, 0 - x, shows here, and is no part of what ASGD means.
LOSES_SIGN_OF_COMPLEX_ZERO = "zeros/signed-maximize"


class VerificationError(Exception):
    """The vectors, or what was to agree with them, are wrong."""


def require_exact(traces: Traces) -> None:
    """PyTorch's unvectorised kernels round every operation once, as the reference does: same bits."""
    worst = _worst(traces, Reference)
    _require("reference, every operation rounded once", worst, ULP_PER_STEP["never"])


def require_bounds_admit_declared_arithmetic(traces: Traces) -> None:
    for arithmetic in (Fused, FusedWithDecay):
        _require(f"reference, {arithmetic.__name__}", _worst(traces, arithmetic), ULP_PER_STEP["may"])
    normal = {
        name: [trace for trace in its if trace["id"] not in SUBNORMAL_TRACES] for name, its in traces.items()
    }
    what = f"reference, Flushing, without {', '.join(SUBNORMAL_TRACES)}"
    _require(what, _worst(normal, Flushing), ULP_PER_STEP["never"])


def require_vector_kernels_within_bounds(traces: Traces, kernels: str) -> None:
    """PyTorch's vector kernels fuse: what they recorded differs from the reference, within the bounds."""
    comparable = {
        name: [t for t in its if not (name.startswith("complex") and t["id"] == LOSES_SIGN_OF_COMPLEX_ZERO)]
        for name, its in traces.items()
    }
    what = f"reference, against PyTorch's {kernels} kernels"
    _require(what, _worst(comparable, Reference), ULP_PER_STEP["may"])


def require_mutants_caught(traces: Traces) -> None:
    missed = [mutant for mutant in MUTANTS if not _is_caught(traces, mutant, ULP_PER_STEP["may"])]
    missed += [mutant for mutant in ROUNDING_MUTANTS if not _is_caught(traces, mutant, ULP_PER_STEP["never"])]
    if missed:
        names = ", ".join(mutant.__name__ for mutant in missed)
        raise VerificationError(
            f"No trace tells these faults from a right optimizer: {names}. Plan one that does."
        )


def _is_caught(traces: Traces, mutant: type[Reference], bound: float) -> bool:
    beyond = [difference for difference in _differences(traces, mutant) if difference.ulp_per_step > bound]
    if not beyond:
        print(f"  MISSED   {mutant.__name__}: {mutant.__doc__}")
        return False
    print(f"  caught   {mutant.__name__} by {len(beyond)} traces, first {beyond[0].where}")
    return True


def _differences(traces: Traces, make_optimizer: Callable[..., Reference]) -> Iterator[Difference]:
    for file_dtype, its_traces in traces.items():
        for trace in its_traces:
            yield largest_difference(trace, file_dtype, make_optimizer)


def _worst(traces: Traces, make_optimizer: Callable[..., Reference]) -> Difference:
    return max(_differences(traces, make_optimizer), key=lambda difference: difference.ulp_per_step)


def _require(what: str, worst: Difference, bound: float) -> None:
    found = f"largest difference {worst.ulp_per_step:g} ulp per step ({worst.where}), bound {bound:g}"
    if worst.ulp_per_step > bound:
        raise VerificationError(f"{what}: {found}.")
    print(f"  within   {what}: {found}")
