"""Runs a plan with PyTorch and records what comes out. Every use of it that is not the plain one says why."""

from collections.abc import Sequence
from contextlib import nullcontext
from copy import deepcopy
from unittest.mock import patch

import numpy as np
import torch
import torch.optim.asgd as torch_asgd

from .dtypes import DType
from .encoding import encode
from .plan import Options, ParameterPlan, StartPlan, TracePlan

TORCH_DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "complex64": torch.complex64,
    "complex128": torch.complex128,
}


# `capturable` is arithmetic on 0-dim tensors, which a CPU does as any device does. All that stands against it
# there is a list of device types, looked at before each step, of those that can record a graph of kernels.
CAPTURABLE_ON_CPU = patch.object(torch_asgd, "_get_capturable_supported_devices", lambda: ["cpu"])


def record(plan: TracePlan) -> dict:
    """The trace in the form of the vector files (packages/conformance/vectors/README.md)."""
    parameters = [tensor_of(p.initial, p).requires_grad_() for p in plan.parameters]
    optimizer = _optimizer(plan, parameters)
    is_capturable = any(group.options.get("capturable", False) for group in plan.groups)
    steps = []
    for step in plan.steps:
        for group, edits in zip(optimizer.param_groups, step.options or [], strict=bool(step.options)):
            edit(group, edits)
        if step.resume:
            optimizer = _resumed(optimizer)
        for parameter, its_plan, gradient in zip(parameters, plan.parameters, step.gradients, strict=True):
            parameter.grad = None if gradient is None else tensor_of(gradient, its_plan)
        with CAPTURABLE_ON_CPU if is_capturable else nullcontext():
            optimizer.step()
        recorded: dict = {}
        if step.options:
            recorded["options"] = [dict(edits) for edits in step.options]
        if step.resume:
            recorded["resume"] = True
        recorded["gradients"] = [None if g is None else encode(g) for g in step.gradients]
        recorded["parameters"] = [encode(reals_of(p)) for p in parameters]
        recorded["state"] = [_state(optimizer.state.get(p)) for p in parameters]
        steps.append(recorded)
    return {**_described(plan), "steps": steps}


def _optimizer(plan: TracePlan, parameters: Sequence[torch.Tensor]) -> torch.optim.ASGD:
    groups = [
        {"params": [parameters[i] for i in group.parameters], **torch_options(group.options)}
        for group in plan.groups
    ]
    for rate in plan.learning_rates:
        value = groups[rate.groups[0]]["lr"]
        tensor = torch.full(rate.shape, value, dtype=TORCH_DTYPES[rate.dtype.name])
        for index in rate.groups:
            groups[index]["lr"] = tensor
    # The default on a CPU, said aloud: the foreach path forms other sums.
    optimizer = torch.optim.ASGD(groups, foreach=False)
    if plan.start:
        for parameter, its_plan, start in zip(parameters, plan.parameters, plan.start, strict=True):
            optimizer.state[parameter] = started(start, its_plan)
    return optimizer


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


def started(start: StartPlan, plan: ParameterPlan) -> dict[str, torch.Tensor]:
    """The state of a parameter that begins in the middle of a run."""
    scalars = {name: torch.tensor(float(getattr(start, name))) for name in ("step", "eta", "mu")}
    return {**scalars, "ax": tensor_of(start.ax, plan)}


def edit(group: dict, edits: Options) -> None:
    changes = torch_options(edits)
    if isinstance(group["lr"], torch.Tensor) and "lr" in changes:
        # In place, as whoever holds the tensor would.
        group["lr"].fill_(changes.pop("lr"))
    group.update(changes)


def torch_options(options: Options) -> dict[str, float | bool]:
    return {"weight_decay" if name == "weightDecay" else name: value for name, value in options.items()}


def tensor_of(reals: np.ndarray, plan: ParameterPlan) -> torch.Tensor:
    # A copy, since PyTorch writes to parameters in place, and plans are not to change.
    values = torch.from_numpy(reals.copy())
    if plan.dtype.reals_per_element == 2:
        return torch.view_as_complex(values.reshape(*plan.shape, 2))
    return values.reshape(plan.shape)


def reals_of(tensor: torch.Tensor) -> np.ndarray:
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
        "ax": encode(reals_of(state["ax"])),
    }


def _described(plan: TracePlan) -> dict:
    described: dict = {
        "id": plan.id,
        "groups": [{"parameters": list(g.parameters), "options": dict(g.options)} for g in plan.groups],
        "parameters": [_described_parameter(p, plan.dtype) for p in plan.parameters],
    }
    if plan.start:
        described["start"] = [
            {"step": start.step, "eta": start.eta, "mu": start.mu, "ax": encode(start.ax)}
            for start in plan.start
        ]
    if plan.learning_rates:
        described["learningRates"] = [
            {"dtype": rate.dtype.name, "shape": list(rate.shape), "groups": list(rate.groups)}
            for rate in plan.learning_rates
        ]
    return described


def _described_parameter(parameter: ParameterPlan, file_dtype: DType) -> dict:
    described: dict = {"shape": list(parameter.shape), "initial": encode(parameter.initial)}
    if parameter.dtype != file_dtype:
        described["dtype"] = parameter.dtype.name
    return described
