"""Believable faults of an optimizer whose lr may be in a tensor, or whose steps may be replayed. Each must
leave the bounds in some trace recorded on tensors."""

import numpy as np

from . import mutants
from .reference import Reference, float32

# Faults that these traces are not there for: what PyTorch itself does on tensors, or what needs special
# values.
NOT_HERE = (
    mutants.AverageBlendedThroughout,
    mutants.DecayClamped,
    mutants.ZeroGradientSkipped,
    mutants.ResumeByPosition,
    mutants.ResumeCreatesState,
    mutants.SignOfZeroLost,
)


class LrReadOnce(Reference):
    """What the tensor held at first is used for good."""

    def edit(self, edits):
        super().edit([{name: value for name, value in its.items() if name != "lr"} for its in edits])


class TensorNotShared(Reference):
    """Only the first group sees that the tensor was filled."""

    def edit(self, edits):
        first, *others = edits
        super().edit([first, *({k: v for k, v in its.items() if k != "lr"} for its in others)])


class ResumeForgetsWhatWasFilled(Reference):
    """A resumed optimizer has the lr that the tensor held at first."""

    def __init__(self, groups, parameters):
        super().__init__(groups, parameters)
        self.first = [options["lr"] for _, options in self.groups]

    def resume(self):
        for (_, options), lr in zip(self.groups, self.first, strict=True):
            options["lr"] = lr


class LrInHalfPrecision(Reference):
    """The tensor is read as float16."""

    def next_eta(self, step, options):
        return super().next_eta(step, {**options, "lr": float(np.float16(options["lr"]))})


class StepNotCounted(Reference):
    """A replay takes the step that was recorded once more, with its count."""

    def next_eta(self, step, options):
        return super().next_eta(1, options)


class ScalarsOfTheRecording(Reference):
    """A replay uses eta as it was when the step was recorded, although eta itself goes on."""

    def moved(self, p, g, eta, options):
        return super().moved(p, g, float32(options["lr"]), options)


class MuOfTheRecording(Reference):
    """A replay copies the average, as the step did when it was recorded, although mu itself goes on."""

    def averaged(self, ax, p, mu):
        return p


TENSOR_MUTANTS = (
    *(mutant for mutant in mutants.MUTANTS if mutant not in NOT_HERE),
    LrReadOnce,
    TensorNotShared,
    ResumeForgetsWhatWasFilled,
    LrInHalfPrecision,
    StepNotCounted,
    ScalarsOfTheRecording,
    MuOfTheRecording,
)
