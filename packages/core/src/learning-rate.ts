import type { Cohort } from './cohort.ts';
import { BackendError, OptionError, UnsupportedError } from './errors.ts';
import type { ParamGroup } from './groups.ts';
import { checkUsable, type Parameter, Tensor } from './tensor.ts';

/**
 * The learning rate as a number, or as a tensor if only a device can see its value.
 * @throws OptionError, DisposedError, ClosedError
 */
export function learningRate({ lr }: Pick<ParamGroup, 'lr'>, where: string): number | Tensor {
  if (typeof lr === 'number') return lr;
  checkUsable(lr);
  if (!lr.backend.capabilities.hostVisible) return lr;
  const [value = NaN] = lr.view();
  if (!(value >= 0)) {
    throw new OptionError(`Invalid lr in ${where}: a tensor that holds ${value}; expected a number >= 0.`);
  }
  return value;
}

/**
 * Whether a parameter's schedule is computed on its device: when the group is capturable, or its learning rate is a
 * tensor there. Where the host sees the memory, the host is the device. Once on the device, it stays.
 */
export function isOnDevice(
  { backend }: Parameter,
  cohort: Cohort,
  lr: number | Tensor,
  { capturable }: ParamGroup,
): boolean {
  return cohort.isOnDevice || lr instanceof Tensor || (capturable && !backend.capabilities.hostVisible);
}

/** @throws BackendError, OptionError, UnsupportedError where a schedule cannot be on the parameter's device */
export function checkOnDevice(
  { backend }: Parameter,
  lr: number | Tensor,
  { differentiable }: ParamGroup,
  where: string,
): void {
  if (lr instanceof Tensor && lr.backend !== backend) {
    throw new BackendError(
      `The lr of ${where} is a tensor that only its backend '${lr.backend.name}' can read, and a parameter is on ` +
        `another, '${backend.name}': give a number, or a tensor on a backend like cpu.`,
    );
  }
  if (differentiable) {
    throw new OptionError(
      `A differentiable step needs its schedule on the host, and that of ${where} is on the device of ` +
        `'${backend.name}': set capturable to false and lr to a number.`,
    );
  }
  if (!backend.capabilities.schedules) {
    throw new UnsupportedError(
      `Backend '${backend.name}' cannot compute the schedule on its device, which ${where} asks for: set ` +
        `capturable to false and lr to a number.`,
    );
  }
}
