"""Runs a plan with PyTorch and records what comes out. Every use of it that is not the plain one says why."""

from copy import deepcopy

import numpy as np
import torch

from .dtypes import DType
from .encoding import encode
from .plan import Options, ParameterPlan, TracePlan

TORCH_DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "complex64": torch.complex64,
    "complex128": torch.complex128,
}


def record(plan: TracePlan) -> dict:
    """The trace in the form of the vector files (packages/conformance/vectors/README.md)."""
    parameters = [_tensor(p.initial, p).requires_grad_() for p in plan.parameters]
    groups = [
        {"params": [parameters[i] for i in group.parameters], **_torch_options(group.options)}
        for group in plan.groups
    ]
    # The default on a CPU, said aloud: the foreach path forms other sums.
    optimizer = torch.optim.ASGD(groups, foreach=False)
    steps = []
    for step in plan.steps:
        for group, edits in zip(optimizer.param_groups, step.options or [], strict=bool(step.options)):
            group.update(_torch_options(edits))
        if step.resume:
            optimizer = _resumed(optimizer)
        for parameter, its_plan, gradient in zip(parameters, plan.parameters, step.gradients, strict=True):
            parameter.grad = None if gradient is None else _tensor(gradient, its_plan)
        optimizer.step()
        recorded: dict = {}
        if step.options:
            recorded["options"] = [dict(edits) for edits in step.options]
        if step.resume:
            recorded["resume"] = True
        recorded["gradients"] = [None if g is None else encode(g) for g in step.gradients]
        recorded["parameters"] = [encode(_reals(p)) for p in parameters]
        recorded["state"] = [_state(optimizer.state.get(p)) for p in parameters]
        steps.append(recorded)
    return {
        "id": plan.id,
        "groups": [{"parameters": list(g.parameters), "options": dict(g.options)} for g in plan.groups],
        "parameters": [_described(p, plan.dtype) for p in plan.parameters],
        "steps": steps,
    }


def _resumed(optimizer: torch.optim.ASGD) -> torch.optim.ASGD:
    """A new optimizer with default options over the same groups, with the old one's state dictionary."""
    groups = [{"params": group["params"]} for group in optimizer.param_groups]
    resumed = torch.optim.ASGD(groups, foreach=False)
    # Copied first, as a file would: PyTorch's loading lets the two optimizers share tensors.
    resumed.load_state_dict(deepcopy(optimizer.state_dict()))
    for state in resumed.state.values():
        # Loading casts eta and mu to the parameter's dtype, and every later step would round to that one:
        # a resumed float64 run would differ from one that never stopped. In SPEC.md they are always float32.
        state["eta"] = state["eta"].to(torch.float32)
        state["mu"] = state["mu"].to(torch.float32)
    return resumed


def _torch_options(options: Options) -> dict[str, float | bool]:
    return {"weight_decay" if name == "weightDecay" else name: value for name, value in options.items()}


def _tensor(reals: np.ndarray, plan: ParameterPlan) -> torch.Tensor:
    # A copy, since PyTorch writes to parameters in place, and plans are not to change.
    values = torch.from_numpy(reals.copy())
    if plan.dtype.reals_per_element == 2:
        return torch.view_as_complex(values.reshape(*plan.shape, 2))
    return values.reshape(plan.shape)


def _reals(tensor: torch.Tensor) -> np.ndarray:
    detached = tensor.detach()
    as_reals = torch.view_as_real(detached) if detached.is_complex() else detached
    return as_reals.reshape(-1).numpy()


def _state(state: dict[str, torch.Tensor] | None) -> dict | None:
    if not state:
        return None
    for name in ("step", "eta", "mu"):
        if state[name].dtype != torch.float32 or state[name].shape != ():
            raise TypeError(f"{name} should be a float32 0-dim tensor, but is {state[name].dtype}")
    return {
        "step": int(state["step"].item()),
        "eta": state["eta"].item(),
        "mu": state["mu"].item(),
        "ax": encode(_reals(state["ax"])),
    }


def _described(parameter: ParameterPlan, file_dtype: DType) -> dict:
    described: dict = {"shape": list(parameter.shape), "initial": encode(parameter.initial)}
    if parameter.dtype != file_dtype:
        described["dtype"] = parameter.dtype.name
    return described
