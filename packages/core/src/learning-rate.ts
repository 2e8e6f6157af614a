import { BackendError, OptionError, UnsupportedError } from './errors.ts';
import { kernelsOf } from './backend.ts';
import type { ParamGroup } from './groups.ts';
import type { State } from './state.ts';
import { checkUsable, type Parameter } from './tensor.ts';

/** The learning rate as a number; NaN when only a device can see it. @throws OptionError, DisposedError, ClosedError */
export function learningRate({ lr }: Pick<ParamGroup, 'lr'>, where: string): number {
  if (typeof lr === 'number') return lr;
  checkUsable(lr);
  if (!lr.backend.capabilities.hostVisible) return NaN;
  const [value = NaN] = lr.view();
  if (!(value >= 0)) {
    throw new OptionError(`Invalid lr in ${where}: a tensor that holds ${value}; expected a number from 0.`);
  }
  return value;
}

/**
 * Whether a parameter's schedule is computed on its device: when the group is capturable, or its learning rate is
 * a tensor there. Where the host sees the memory, the host is the device. Once on the device, it stays.
 * @throws BackendError, OptionError, UnsupportedError
 */
export function isOnDevice({ backend }: Parameter, state: State, group: ParamGroup, where: string): boolean {
  const lr = typeof group.lr === 'number' || group.lr.backend.capabilities.hostVisible ? null : group.lr;
  if (lr && lr.backend !== backend) {
    throw new BackendError(
      `The lr of ${where} is a tensor that only its backend '${lr.backend.name}' can read, and a parameter is on ` +
        `another, '${backend.name}': give a number, or a tensor on a backend like cpu.`,
    );
  }
  const isAsked = group.capturable && !backend.capabilities.hostVisible;
  if (!lr && !isAsked && state.onDevice === null) return false;
  if (group.differentiable) {
    throw new OptionError(
      `A differentiable step needs its schedule on the host, and that of ${where} is on the device of ` +
        `'${backend.name}': set capturable to false and lr to a number.`,
    );
  }
  if (!kernelsOf(backend).stepScheduled) {
    throw new UnsupportedError(
      `Backend '${backend.name}' cannot compute the schedule on its device, which ${where} asks for: set ` +
        `capturable to false and lr to a number.`,
    );
  }
  return true;
}
