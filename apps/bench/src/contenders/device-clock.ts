/** Records a step as one compute pass that writes when it began and when it ended. */
export type RecordStep = (encoder: GPUCommandEncoder, timestampWrites: GPUComputePassTimestampWrites) => void;

/** How many passes go to the device at once. A query set holds 4096 times at most, which is two for each. */
const passesAtOnce = 256;

const bytesPerTime = 8;

/** Times steps by the clock of the GPU itself. */
export class DeviceClock {
  readonly #device: GPUDevice;
  readonly #times: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  /** @param device one with the feature `timestamp-query`; what the clock takes of it goes with it */
  constructor(device: GPUDevice) {
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const count = 2 * passesAtOnce;
    const size = count * bytesPerTime;
    this.#device = device;
    this.#times = device.createQuerySet({ type: 'timestamp', count });
    this.#resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    this.#staging = device.createBuffer({ size, usage: COPY_DST | MAP_READ });
  }

  /** Takes `steps` steps, and says how many milliseconds the GPU spent in their passes. */
  async time(steps: number, record: RecordStep): Promise<number> {
    let spent = 0;
    for (let left = steps; left > 0; left -= passesAtOnce) {
      spent += durationOf(await this.#run(Math.min(left, passesAtOnce), record));
    }
    return spent;
  }

  /** @returns begin and end of each pass, in nanoseconds */
  async #run(passes: number, record: RecordStep): Promise<BigUint64Array> {
    const encoder = this.#device.createCommandEncoder();
    const querySet = this.#times;
    for (let pass = 0; pass < passes; pass++) {
      record(encoder, {
        querySet,
        beginningOfPassWriteIndex: 2 * pass,
        endOfPassWriteIndex: 2 * pass + 1,
      });
    }
    const size = 2 * passes * bytesPerTime;
    encoder.resolveQuerySet(querySet, 0, 2 * passes, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(GPUMapMode.READ, 0, size);
    const times = new BigUint64Array(this.#staging.getMappedRange(0, size)).slice();
    this.#staging.unmap();
    return times;
  }
}

/**
 * Milliseconds spent in passes, from their begins and ends in nanoseconds. WebGPU allows a GPU to lose its time now
 * and then, so that a pass seems to end before it began: such a pass counts as an average one.
 * @throws Error if that is so for more than half of them, or if the clock stood still
 */
export function durationOf(times: BigUint64Array): number {
  const passes = times.length / 2;
  let spent = 0;
  let valid = 0;
  for (let pass = 0; pass < passes; pass++) {
    const [begin, end] = times.subarray(2 * pass, 2 * pass + 2);
    if (begin === undefined || end === undefined || end < begin) continue;
    spent += Number(end - begin);
    valid++;
  }
  if (2 * valid < passes) {
    throw new Error(
      `The GPU's clock is of no use: ${passes - valid} of ${passes} passes ended before they began.`,
    );
  }
  if (spent === 0) throw new Error(`The GPU's clock is too coarse: ${passes} passes took it no time.`);
  return ((spent / valid) * passes) / 1e6;
}
