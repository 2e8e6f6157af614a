import { type Backend, defineBackend, type RealArray, type Kernels } from '@asgd/core';
import type { Subject } from '../../src/case.ts';
import { plainKernels } from '../kernels.ts';

/** A backend that differs from one that conforms in what `with` says. */
function plainWith(rest: Partial<Kernels<RealArray, RealArray>>): Backend<RealArray> {
  return defineBackend({ ...plainKernels(), ...rest });
}

let closed = 0;

/** Ends the process, with the exit code of success, once some cases have passed. */
export function exiting(): Backend {
  return plainWith({
    async close() {
      closed++;
      if (closed > 5) process.exit(0);
    },
  });
}

/** Leaves a promise that was rejected, in every step. */
export function rejecting(): Backend {
  const { step } = plainKernels();
  return plainWith({
    step(plan, scalars) {
      step(plan, scalars);
      void Promise.reject(new Error('the kernel was lost'));
    },
  });
}

/** Throws where no caller is left to catch it, in every step. */
export function throwing(): Backend {
  const { step } = plainKernels();
  return plainWith({
    step(plan, scalars) {
      step(plan, scalars);
      setImmediate(() => {
        throw new Error('the kernel failed later');
      });
    },
  });
}

/** Ends the process in every step. */
export function exitingAlways(): Backend {
  return plainWith({ step: () => process.exit(0) });
}

/** Never returns from a step of a single element. */
export function blocking(): Backend {
  const { step } = plainKernels();
  return plainWith({
    step(plan, scalars) {
      while (plan.items.every(({ length }) => length === 1));
      step(plan, scalars);
    },
  });
}

/** Leaves a timer that nobody clears. */
export function leaking(): Backend {
  setInterval(() => {}, 1000);
  return plainWith({});
}

let started = 0;

/** Has an engine that starts once in a process, and does not stop. */
export const unstoppable: Subject = {
  name: 'unstoppable',
  engine: {
    start() {
      if (started++ > 0) throw new Error('the engine runs already');
    },
    stop() {
      throw new Error('the engine does not stop');
    },
  },
  open: () => plainWith({}),
};

/** Ends the process when it is to be opened. */
export function neverOpening(): Backend {
  process.exit(0);
}
