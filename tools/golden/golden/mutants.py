"""Believable faults. Each must leave the bounds in some trace, or the vectors prove nothing about it."""

import numpy as np

from .reference import Reference, float32


class AverageBeforeUpdate(Reference):
    """The average takes in the parameter as it was before the step."""

    def update(self, index, gradient, options):
        before = self.parameters[index]
        old = self.state[index] or self.begin(before, options)
        super().update(index, gradient, options)
        self.state[index].ax = self.averaged(old.ax, before, old.mu)


class AverageNeverCopied(Reference):
    """While mu is 1 the average is left alone, so that blending starts from zeros."""

    def averaged(self, ax, p, mu):
        return ax if mu == 1 else super().averaged(ax, p, mu)


class AverageBlendedThroughout(Reference):
    """With mu = 1 the average is blended like any other time: infinity minus infinity is NaN."""

    def averaged(self, ax, p, mu):
        return self.multiply_add(self.add(p, -ax), mu, ax)


class AverageAlsoAfterT0IsRaised(Reference):
    """Once blending has begun, mu never returns to 1."""

    def update(self, index, gradient, options):
        mu = self.state[index].mu if self.state[index] else 1
        super().update(index, gradient, options)
        if mu != 1 and self.state[index].mu == 1:
            self.state[index].mu = mu


class MuStartsAtZero(Reference):
    """The first step leaves the average at its zeros."""

    def begin(self, p, options):
        state = super().begin(p, options)
        state.mu = 0.0
        return state


class AveragingOneStepEarly(Reference):
    """mu is computed as if the step counted twice."""

    def next_mu(self, step, options):
        return super().next_mu(step + 1, options)


class T0Truncated(Reference):
    """t0 is taken for an integer."""

    def next_mu(self, step, options):
        return super().next_mu(step, {**options, "t0": int(options["t0"])})


class EtaAfterItsUpdate(Reference):
    """The step uses the eta that was meant for the next one."""

    def begin(self, p, options):
        state = super().begin(p, options)
        state.eta = super().next_eta(1, options)
        return state

    def next_eta(self, step, options):
        return super().next_eta(step + 1, options)


class LrActsAtOnce(Reference):
    """A changed lr acts in the very next step, instead of one step later."""

    def update(self, index, gradient, options):
        if self.state[index] is not None:
            self.state[index].eta = self.next_eta(self.state[index].step, options)
        super().update(index, gradient, options)


class LateJoinerStartsDecayed(Reference):
    """A parameter that joins late gets the eta of those that were there from the start."""

    def begin(self, p, options):
        state = super().begin(p, options)
        state.eta = next((other.eta for other in self.state if other is not None), state.eta)
        return state


class AlphaOnStepAlone(Reference):
    """lr / (1 + lambd lr step^alpha): the formula PyTorch's foreach path had for a while."""

    def next_eta(self, step, options):
        return float32(options["lr"] / (1 + options["lambd"] * options["lr"] * step ** options["alpha"]))


class EtaInDoublePrecision(Reference):
    """eta is not rounded to float32."""

    def next_eta(self, step, options):
        return options["lr"] / (1 + options["lambd"] * options["lr"] * step) ** options["alpha"]


class WeightDecayOnDecayedParameter(Reference):
    """Decay comes before weight decay."""

    def update(self, index, gradient, options):
        state = self.state[index]
        p = self.parameters[index]
        self._eta = state.eta if state else self.begin(p, options).eta
        super().update(index, gradient, options)

    def direction(self, gradient, p, options):
        return super().direction(gradient, self.multiply(p, 1 - options["lambd"] * self._eta), options)


class DecayAfterStep(Reference):
    """The parameter decays after it has moved."""

    def moved(self, p, g, eta, options):
        return self.multiply(self.multiply_add(g, -eta, p), 1 - options["lambd"] * eta)


class DecayByLr(Reference):
    """The parameter decays by 1 - lambd lr, whatever eta has become."""

    def moved(self, p, g, eta, options):
        return self.multiply_add(g, -eta, self.multiply(p, 1 - options["lambd"] * options["lr"]))


class DecayClamped(Reference):
    """The decay stops at 0."""

    def moved(self, p, g, eta, options):
        return self.multiply_add(g, -eta, self.multiply(p, max(0, 1 - options["lambd"] * eta)))


class MaximizeNegatesWeightDecay(Reference):
    """The sum of gradient and weight decay is negated, instead of the gradient."""

    def direction(self, gradient, p, options):
        g = super().direction(gradient, p, {**options, "maximize": False})
        return -g if options["maximize"] else g


class MaximizeIgnored(Reference):
    """maximize has no effect."""

    def direction(self, gradient, p, options):
        return super().direction(gradient, p, {**options, "maximize": False})


class ZeroGradientSkipped(Reference):
    """A gradient of zeros is taken for none."""

    def update(self, index, gradient, options):
        if np.any(gradient != 0):
            super().update(index, gradient, options)


class MissingGradientIsZero(Reference):
    """A missing gradient is taken for zeros."""

    def step(self, gradients):
        super().step(
            [np.zeros_like(p) if g is None else g for p, g in zip(self.parameters, gradients, strict=True)]
        )


class FirstGroupsOptionsForAll(Reference):
    """Every group is updated with the first one's options."""

    def update(self, index, gradient, options):
        super().update(index, gradient, self.groups[0][1])


class LastElementsSkipped(Reference):
    """The elements after the last full vector of four are left alone."""

    def moved(self, p, g, eta, options):
        whole = len(p) // 4 * 4
        return np.concatenate([super().moved(p, g, eta, options)[:whole], p[whole:]])


class ResumeLosesStep(Reference):
    """A resumed optimizer counts its steps from 0."""

    def resume(self):
        for state in self.state:
            if state is not None:
                state.step = 0


class ResumeLosesAverage(Reference):
    """A resumed optimizer's average is where the parameter is."""

    def resume(self):
        for index, state in enumerate(self.state):
            if state is not None:
                state.ax = self.parameters[index]


class ResumeRecomputesEta(Reference):
    """A resumed optimizer starts with eta = lr."""

    def resume(self):
        for members, options in self.groups:
            for state in (self.state[index] for index in members):
                if state is not None:
                    state.eta = float32(options["lr"])


class ResumeByPosition(Reference):
    """A resumed optimizer hands the states out in the order in which they exist, not to whom they belong."""

    def resume(self):
        order = [index for members, _ in self.groups for index in members]
        states = [self.state[index] for index in sorted(order)]
        for index, state in zip(order, states, strict=True):
            self.state[index] = state


class ResumeCreatesState(Reference):
    """A resumed optimizer gives a state to parameters that had none."""

    def resume(self):
        for members, options in self.groups:
            for index in members:
                if self.state[index] is None:
                    self.state[index] = self.begin(self.parameters[index], options)


class SinglePrecisionThroughout(Reference):
    """float64 is computed as float32."""

    def moved(self, p, g, eta, options):
        single = super().moved(p.astype(np.float32), g.astype(np.float32), eta, options)
        return single.astype(p.dtype)


class SignOfZeroLost(Reference):
    """-0 becomes 0."""

    def moved(self, p, g, eta, options):
        return super().moved(p, g, eta, options) + p.dtype.type(0)


MUTANTS = tuple(
    value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, Reference) and value is not Reference
)
