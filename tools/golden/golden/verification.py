"""Shows that recorded traces can be relied on: the reference agrees with them, arithmetic that a backend may
declare stays within the bounds, and no mutant does."""

from collections.abc import Callable, Iterator
from functools import partial

from .arithmetics import Flushing, Fused, FusedWithDecay
from .autograd import Differentiated
from .comparison import ULP_PER_STEP, Difference, largest_difference
from .derivative_comparison import largest_gap, replayed
from .derivative_mutants import DERIVATIVE_MUTANTS
from .mutants import MUTANTS
from .reference import Reference
from .reference_backward import Differentiable
from .rounding_mutants import ROUNDING_MUTANTS
from .tensor_comparison import Findings, findings
from .tensor_mutants import TENSOR_MUTANTS
from .tensor_reference import OnTensors
from .values_traces import SUBNORMAL_TRACES

# Traces by the name of their file.
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
    _require_none_missed(missed)


def require_tensors_explained(traces: list[dict]) -> None:
    """What PyTorch does on tensors is the reference with the roundings that its README names, and nothing
    else."""
    for trace in traces:
        on_tensors = {**trace, "steps": [{**step, **step["onTensors"]} for step in trace["steps"]]}
        make = partial(OnTensors, learning_rates=trace["learningRates"])
        difference = largest_difference(on_tensors, "", make)
        if difference.ulp_per_step > 0:
            raise VerificationError(f"PyTorch does something else on tensors: {difference.where}.")
    print("  within   reference, rounded as PyTorch does on tensors: no difference, bound 0")


def require_tensors_within_bounds(traces: list[dict], *, fuses: bool = False) -> dict[str, float]:
    """The plain reference is as near to them as a backend has to be. Gives the largest that was found."""
    found = [_require_near(findings(trace, Reference, fuses=fuses)) for trace in traces]
    for arithmetic in (Fused, FusedWithDecay):
        for trace in traces:
            _require_near(findings(trace, arithmetic, fuses=True))
    measured = {
        "etaUlp": max(f.eta_ulp for f in found),
        "shareOfEtaUlp": round(max(f.eta_share for f in found), 3),
        "roundingsUlpPerUpdate": round(max(f.roundings for f in found), 3),
        "ulpOfBlendWhileMuIs1": max(f.blend_ulp for f in found),
    }
    described = ", ".join(f"{name} {value:g}" for name, value in measured.items())
    print(f"  within   reference, against PyTorch on tensors: {described}")
    return measured


def _require_near(found: Findings) -> Findings:
    if found.exceeded:
        raise VerificationError(f"Against PyTorch on tensors, {found.trace}: {found.exceeded[0]}.")
    return found


def require_tensor_mutants_caught(traces: list[dict]) -> None:
    def is_caught(mutant: type[Reference]) -> bool:
        return _report_caught(mutant, [trace["id"] for trace in traces if findings(trace, mutant).exceeded])

    _require_none_missed([mutant for mutant in TENSOR_MUTANTS if not is_caught(mutant)])


def require_update_out_of_place_the_same(found: list[Differentiated]) -> None:
    """So that its derivatives may stand where torch.optim.ASGD has none."""
    departure = next(filter(None, (one.departure() for one in found)), None)
    if departure:
        raise VerificationError(f"The update out of place is not torch.optim.ASGD's: {departure}.")
    both = sum(one.by_optimizer is not None for one in found)
    print(
        f"  within   update out of place, against torch.optim.ASGD: no difference in {len(found)} runs, nor in "
        f"the derivatives of {both}, bound 0"
    )


def require_derivatives_within_bounds(traces: list[dict]) -> dict[str, float]:
    """The formulas of SPEC.md give what autograd gives. Gives the largest that was found."""
    worst = max(
        (largest_gap(trace, replayed(trace, Differentiable)) for trace in traces), key=lambda gap: gap.share
    )
    found = f"largest difference {worst.share:.3f} of its bound ({worst.where})"
    if worst.share > 1:
        raise VerificationError(f"Derivatives: {found}.")
    print(f"  within   reference, differentiated: {found}")
    return {"shareOfBound": round(worst.share, 3)}


def require_derivative_mutants_caught(traces: list[dict]) -> None:
    def is_caught(mutant: type[Differentiable]) -> bool:
        gaps = (largest_gap(trace, replayed(trace, mutant)) for trace in traces)
        return _report_caught(mutant, [gap.where for gap in gaps if gap.share > 1])

    _require_none_missed([mutant for mutant in DERIVATIVE_MUTANTS if not is_caught(mutant)])


def _require_none_missed(missed: list[type[Reference]]) -> None:
    if missed:
        names = ", ".join(mutant.__name__ for mutant in missed)
        raise VerificationError(
            f"No trace tells these faults from a right optimizer: {names}. Plan one that does."
        )


def _is_caught(traces: Traces, mutant: type[Reference], bound: float) -> bool:
    beyond = [difference for difference in _differences(traces, mutant) if difference.ulp_per_step > bound]
    return _report_caught(mutant, [difference.where for difference in beyond])


def _report_caught(mutant: type[Reference], where: list[str]) -> bool:
    if not where:
        print(f"  MISSED   {mutant.__name__}: {mutant.__doc__}")
        return False
    print(f"  caught   {mutant.__name__} by {len(where)} traces, first {where[0]}")
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
