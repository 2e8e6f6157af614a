"""Believable faults of derivatives. Each must leave the bounds in some trace."""

from .reference_backward import Differentiable


class MaximizeForgotten(Differentiable):
    """The derivative by a gradient has the sign of descending."""

    def by_gradient(self, eta, options):
        return super().by_gradient(eta, {**options, "maximize": False})


class WeightDecayForgotten(Differentiable):
    """The parameter is taken to decay by lambd alone."""

    def by_parameter(self, eta, options):
        return super().by_parameter(eta, {**options, "weightDecay": 0})


class DecayForgotten(Differentiable):
    """The parameter is taken to decay by weightDecay alone."""

    def by_parameter(self, eta, options):
        return super().by_parameter(eta, {**options, "lambd": 0})


class WeightDecayNegatedByMaximize(Differentiable):
    """maximize is taken to turn the weight decay, too."""

    def by_parameter(self, eta, options):
        sign = -1 if options["maximize"] else 1
        return super().by_parameter(eta, {**options, "weightDecay": sign * options["weightDecay"]})


class AverageIgnored(Differentiable):
    """The average is taken for a constant."""

    def weight_of_newest(self, update):
        return 0.0


class AverageAlwaysTheParameter(Differentiable):
    """mu is taken for 1 throughout."""

    def weight_of_newest(self, update):
        return 1.0

    def weight_of_average(self, update):
        return 0.0


class AverageNeverForgotten(Differentiable):
    """What the average was before goes on unweighted."""

    def weight_of_average(self, update):
        return 1.0


class GradientBeforeAverage(Differentiable):
    """The derivative by a gradient lacks what comes through the average."""

    def back(self, update, found):
        direct = found.parameters[update.index]
        super().back(update, found)
        factor = direct.dtype.type(self.by_gradient(update.eta, update.options))
        found.gradients[0][update.index] = factor * direct


class EtaConstant(Differentiable):
    """eta is taken for a constant."""

    def eta_slopes(self, origin):
        return 0.0, 0.0


class EtaIsLr(Differentiable):
    """eta is taken for lr, as it is before the first update."""

    def eta_slopes(self, origin):
        return (0.0, 0.0) if origin is None else (1.0, 0.0)


class EtaOfTheNextStep(Differentiable):
    """eta is taken to come from the step that it is used in."""

    def eta_slopes(self, origin):
        return super().eta_slopes(origin and (origin[0], origin[1] + 1))


class AlphaForgotten(Differentiable):
    """The schedule is taken for lr / (1 + lambd lr step)."""

    def eta_slopes(self, origin):
        return super().eta_slopes(origin and ({**origin[0], "alpha": 1}, origin[1]))


class ScheduleOfTheUpdatesOptions(Differentiable):
    """eta is taken to come from the options at its use, not from those that it was computed with."""

    def add_options(self, update, c, sums):
        origin = update.origin and (update.options, update.origin[1])
        super().add_options(type(update)(**{**update.__dict__, "origin": origin}), c, sums)


class StartedEtaFromLr(Differentiable):
    """An eta that was there from the start is taken to depend on lr."""

    def eta_slopes(self, origin):
        return (1.0, 0.0) if origin is None else super().eta_slopes(origin)


class LambdThroughEtaAlone(Differentiable):
    """The decay's own dependence on lambd is left out."""

    def add_options(self, update, c, sums):
        before = sums["weightDecay"]
        super().add_options(update, c, sums)
        sums["lambd"] -= sums["weightDecay"] - before


class LambdThroughDecayAlone(Differentiable):
    """The schedule's dependence on lambd is left out."""

    def eta_slopes(self, origin):
        return super().eta_slopes(origin)[0], 0.0


class GradientTermOfEtaForgotten(Differentiable):
    """eta is taken to multiply the decays alone."""

    def add_options(self, update, c, sums):
        super().add_options(type(update)(**{**update.__dict__, "gradient": 0 * update.gradient}), c, sums)


class OptionsAscend(Differentiable):
    """The options' derivatives have the gradient's sign of descending."""

    def add_options(self, update, c, sums):
        options = {**update.options, "maximize": False}
        super().add_options(type(update)(**{**update.__dict__, "options": options}), c, sums)


class OptionsOfAllGroups(Differentiable):
    """The first group's derivatives are those of all groups together."""

    def add_options(self, update, c, sums):
        super().add_options(update, c, sums)
        if update.group != 0:
            super().add_options(update, c, self.first)

    def backward(self, parameter_seeds, average_seeds):
        self.first = {"lr": 0.0, "lambd": 0.0, "weightDecay": 0.0}
        found = super().backward(parameter_seeds, average_seeds)
        for name, value in self.first.items():
            found.options[0][name] += value
        return found


class HessianForgotten(Differentiable):
    """Gradients are taken for constants."""

    def __init__(self, groups, parameters, hessians=()):
        super().__init__(groups, parameters)


DERIVATIVE_MUTANTS = tuple(
    value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, Differentiable) and value is not Differentiable
)
