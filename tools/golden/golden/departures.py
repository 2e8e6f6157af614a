"""Where PyTorch does something else than SPEC.md once its schedule is in tensors, or its steps are
differentiated. Looked at again whenever the vectors are made: a PyTorch that has changed is to be noticed."""

from collections.abc import Callable
from math import isnan

import torch

from .autograd import BROKEN
from .recording import CAPTURABLE_ON_CPU


def departures() -> list[str]:
    """One sentence each. Raises when PyTorch does no longer do what it says."""
    return [check() for check in (_capturable_on_cpu, _blend_of_infinities, _through_averaging, _by_lr)]


def _capturable_on_cpu() -> str:
    error = _raised(lambda: _steps(1, capturable=True))
    if "If capturable=True, params, mus, etas, and state_steps must be on supported devices" not in error:
        raise ValueError(f"PyTorch says something else of capturable on a CPU: {error}")
    return (
        "capturable is refused for tensors on a CPU (AssertionError), by a list of devices alone: it was "
        "recorded with the CPU on that list."
    )


def _blend_of_infinities() -> str:
    with CAPTURABLE_ON_CPU:
        parameter, state = _steps(2, capturable=True, gradient=-torch.inf)
    if not (parameter.item() == torch.inf and isnan(state["ax"].item())):
        raise ValueError(f"capturable makes {state['ax'].item()} of infinity.")
    return (
        "With capturable, the average is blended while mu is 1, too: of a parameter that stays infinite it "
        "makes NaN, the difference of infinities, where a copy is infinite. No trace has that."
    )


def _through_averaging() -> str:
    # mu is 1 in the first two steps, and 1/2 in the third.
    steps = [_raised(lambda steps=steps: _differentiate_average(steps)) for steps in (2, 3)]
    if steps[0] != "" or BROKEN not in steps[1]:
        raise ValueError(f"PyTorch's derivative of an average raises something else: {steps}")
    return (
        "The average of a differentiable step cannot be differentiated once mu is not 1: RuntimeError, mu "
        "having been changed in place. Such derivatives are of the update written out of place, whose others "
        "are torch.optim.ASGD's, bit for bit."
    )


def _by_lr() -> str:
    lr = torch.tensor(0.1, requires_grad=True)
    parameter, _ = _steps(3, lr=lr, differentiable=True)
    (found,) = torch.autograd.grad(parameter.sum(), [lr], allow_unused=True)
    if found is not None:
        raise ValueError(f"PyTorch's derivative by lr is {found}.")
    return (
        "A differentiable step has no derivative by lr, lambd or weight_decay, lr in a tensor or not: eta "
        "passes through a number. These are of the update written out of place."
    )


def _differentiate_average(steps: int) -> None:
    _, state = _steps(steps, t0=0, differentiable=True)
    state["ax"].sum().backward()


def _steps(count: int, *, gradient: float = 1.0, **options) -> tuple[torch.Tensor, dict]:
    leaf = torch.ones(1, requires_grad=True)
    parameter = leaf.clone() if options.get("differentiable") else leaf
    optimizer = torch.optim.ASGD([parameter], foreach=False, **options)
    for _ in range(count):
        parameter.grad = torch.full((1,), gradient)
        optimizer.step()
    return parameter, optimizer.state[parameter]


def _raised(call: Callable[[], object]) -> str:
    try:
        call()
    except (AssertionError, RuntimeError) as error:
        return str(error)
    return ""
