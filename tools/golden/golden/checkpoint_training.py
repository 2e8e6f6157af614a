"""Training runs that are cut in two: 50 steps on one side, 50 on the other, and the same bits as 100 at once."""

import copy

import numpy as np
import torch

from .plan import SEED
from .recording import TORCH_DTYPES

STEPS = 100
CUT = 50

SHAPES = {"weight": (3, 4), "bias": (4,)}
# Averaging from step 22 on, every term of the update at work, in two groups that differ.
GROUPS = {
    "weight": {"lr": 0.05, "lambd": 0.1, "alpha": 0.75, "t0": 20.0, "weight_decay": 0.01},
    "bias": {"lr": 0.1, "lambd": 1e-4, "alpha": 0.6, "t0": 30.0, "maximize": False},
}


def training(name: str) -> dict[str, dict]:
    """The checkpoints before the first step, at the cut and at the end. A step's gradient is the parameter minus
    the step's target: one subtraction, which rounds alike everywhere."""
    dtype = TORCH_DTYPES[name]
    random = np.random.default_rng([SEED, len(name), ord(name[0]), ord(name[-1])])

    def draw(*shape: int) -> torch.Tensor:
        lanes = (*shape, 2) if dtype.is_complex else shape
        values = torch.from_numpy(random.standard_normal(lanes))
        return (torch.view_as_complex(values) if dtype.is_complex else values).to(dtype)

    initial = {key: draw(*shape) for key, shape in SHAPES.items()}
    targets = {key: draw(STEPS, *shape) for key, shape in SHAPES.items()}
    model, optimizer = start(initial)
    follow(model, optimizer, targets, 0, CUT)
    middle = snapshot(model, optimizer)
    follow(model, optimizer, targets, CUT, STEPS)
    return {"start": {"initial": initial, "targets": targets}, "middle": middle, "end": snapshot(model, optimizer)}


def start(initial: dict[str, torch.Tensor]) -> tuple[dict[str, torch.nn.Parameter], torch.optim.ASGD]:
    model = {key: torch.nn.Parameter(value.clone()) for key, value in initial.items()}
    groups = [{"params": [parameter], **GROUPS[key]} for key, parameter in model.items()]
    # As the vectors: the foreach path forms other sums.
    return model, torch.optim.ASGD(groups, foreach=False)


def resume(checkpoint: dict) -> tuple[dict[str, torch.nn.Parameter], torch.optim.ASGD]:
    model, optimizer = start(checkpoint["model"])
    optimizer.load_state_dict(copy.deepcopy(checkpoint["optimizer"]))
    # Loading casts them to the parameter's dtype, and a run in float64 would go on in other bits.
    for state in optimizer.state.values():
        state["eta"] = state["eta"].to(torch.float32)
        state["mu"] = state["mu"].to(torch.float32)
    return model, optimizer


def follow(
    model: dict[str, torch.nn.Parameter],
    optimizer: torch.optim.ASGD,
    targets: dict[str, torch.Tensor],
    first: int,
    end: int,
) -> None:
    for step in range(first, end):
        for key, parameter in model.items():
            parameter.grad = parameter.detach() - targets[key][step]
        optimizer.step()


def snapshot(model: dict[str, torch.nn.Parameter], optimizer: torch.optim.ASGD) -> dict:
    state = {"model": {key: p.detach() for key, p in model.items()}, "optimizer": optimizer.state_dict()}
    return copy.deepcopy(state)


def fine_tuning() -> dict:
    """A line that was fitted to other data than it is to be used on: the README's example."""
    torch.manual_seed(SEED)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.ASGD(model.parameters(), lr=0.1, t0=0, foreach=False)
    for _ in range(50):
        inputs = torch.randn(16, 2)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), inputs @ torch.tensor([[1.0], [2.0]]))
        loss.backward()
        optimizer.step()
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
