import { kernelsOf, storagesOf } from './backend.ts';
import { allocateCounters } from './counters-on-device.ts';
import { roundTo } from './dtype.ts';
import { ContractError } from './errors.ts';
import type { ParamGroup } from './groups.ts';
import { realsIn } from './launch.ts';
import { checkUsable, layoutIn, storageOf, type Tensor } from './tensor.ts';
import { Update } from './update.ts';

/** An update whose counters are on the device, where the schedule is computed. */
export class DeviceUpdate extends Update {
  #gradient: unknown = null;
  #average: unknown = null;
  #counters: unknown = null;

  /** @throws DisposedError, ClosedError, OutOfMemoryError */
  prepare(gradient: Tensor): void {
    checkUsable(this.tensor);
    this.#gradient = storageOf(gradient);
    // Storage from the first update on: only the device knows when averaging begins.
    this.#average = this.claimAverage();
    this.#counters = this.state.onDevice ?? this.#claimCounters();
  }

  #claimCounters(): unknown {
    const { state, tensor } = this;
    const storage = allocateCounters(tensor, state, state.counters);
    this.claim({
      keep: () => state.moveToDevice(storage),
      free: () => storagesOf(tensor.backend).free(storage),
    });
    return storage;
  }

  /**
   * Launches updates of one backend and dtype.
   * @param lr the group's, as a number where the host can read it
   * @throws ContractError
   */
  static launch(batch: readonly DeviceUpdate[], lr: number | Tensor, group: ParamGroup): void {
    const [first] = batch;
    if (!first) return;
    const { lambd, alpha, t0, weightDecay, maximize } = group;
    const dtype = layoutIn(first.tensor).real;
    const kernels = kernelsOf(first.tensor.backend);
    // The backend was asked for its capabilities before, but an update that is not made must not pass for one.
    if (!kernels.stepScheduled) {
      throw new ContractError(`Backend '${kernels.name}' lacks stepScheduled: see Kernels in @asgd/core.`);
    }
    kernels.stepScheduled({
      dtype,
      weightDecay: roundTo(dtype, weightDecay),
      maximize,
      lr: typeof lr === 'number' ? lr : storageOf(lr),
      lambd,
      alpha,
      t0,
      items: batch.map((update) => ({
        parameter: storageOf(update.tensor),
        gradient: update.#gradient,
        average: update.#average,
        scalars: update.#counters,
        length: realsIn(update.tensor),
      })),
    });
  }
}
