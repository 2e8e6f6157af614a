import { OutOfMemoryError } from '@asgd/core/errors';
import { STATE_LENGTH } from './kernels/state.ts';
import { type Examples, type Numbers, type Runner, type Shape, stepsPerCall } from './runner.ts';
import { hex } from './wasm.generated.ts';

/** `train` of kernels/train.ts, with addresses for arrays. */
type Train = (...words: number[]) => number;

const PAGE = 65_536;
/** What 32-bit addresses reach, less what may be lost to alignment. */
const MOST = 2 ** 32 - PAGE;
/** Below it AssemblyScript may keep what it likes. */
const BASE = 4096;

let compiled: Promise<WebAssembly.Module> | undefined;

/** @throws whatever the engine throws where WebAssembly is not there or a page forbids it */
export async function compileKernels(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(
    Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
  );
  return compiled;
}

/** Where things are in the memory, and how much of it they need: one after another, at multiples of 8 bytes. */
class Layout {
  end: number;

  constructor(from: number) {
    this.end = from;
  }

  /** The address of `count` items of `width` bytes. */
  place(count: number, width: 4 | 8): number {
    const address = this.end;
    this.end = Math.ceil((address + count * width) / 8) * 8;
    return address;
  }
}

function placeModel({ features, outputs, batch }: Shape) {
  const layout = new Layout(BASE);
  const steps = stepsPerCall(batch);
  return {
    state: layout.place(STATE_LENGTH, 8),
    intercepts: layout.place(2 * outputs, 8),
    etas: layout.place(steps, 8),
    mus: layout.place(steps, 8),
    gradient: layout.place(batch * outputs, 8),
    order: layout.place(steps * batch, 4),
    weights: layout.place(2 * features * outputs, 8),
    end: layout.end,
  };
}

function placeExamples({ table }: Examples, from: number) {
  const { isDense, count, features, starts } = table;
  const length = isDense ? count * features : (starts[count] ?? 0);
  const layout = new Layout(from);
  return {
    targets: layout.place(count, 8),
    rowWeights: layout.place(count, 8),
    starts: layout.place(isDense ? 0 : count + 1, 4),
    addresses: layout.place(isDense ? 0 : length, 4),
    values: layout.place(length, 8),
    length,
    end: layout.end,
  };
}

/** Whether model and rows have room in a memory of 32-bit addresses. */
export function fitsInWasm(shape: Shape, examples: Examples): boolean {
  return placeExamples(examples, placeModel(shape).end).end <= MOST;
}

/** Runs the kernels in WebAssembly: rows and weights are in its memory, and one call takes many steps. */
export class WasmRunner implements Runner {
  readonly #shape: Shape;
  readonly #memory: WebAssembly.Memory;
  readonly #train: Train;
  readonly #model: ReturnType<typeof placeModel>;
  #rows: ReturnType<typeof placeExamples> | undefined;
  #isDense = false;

  /** @throws OutOfMemoryError */
  constructor(module: WebAssembly.Module, shape: Shape) {
    this.#shape = shape;
    this.#model = placeModel(shape);
    this.#memory = new WebAssembly.Memory({ initial: 0 });
    this.#reserve(this.#model.end);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#train = exports['train'] as unknown as Train;
  }

  /** Views of the memory as it is now: it moves when it grows. */
  get numbers(): Numbers {
    const { features, outputs } = this.#shape;
    return {
      weights: this.#float64(this.#model.weights, 2 * features * outputs),
      intercepts: this.#float64(this.#model.intercepts, 2 * outputs),
      state: this.#float64(this.#model.state, STATE_LENGTH),
    };
  }

  get etas(): Float64Array {
    return this.#float64(this.#model.etas, stepsPerCall(this.#shape.batch));
  }

  get mus(): Float64Array {
    return this.#float64(this.#model.mus, stepsPerCall(this.#shape.batch));
  }

  /** @throws OutOfMemoryError */
  load(examples: Examples): void {
    const { table, targets, weights } = examples;
    const { isDense, count } = table;
    const rows = placeExamples(examples, this.#model.end);
    this.#reserve(rows.end);
    this.#float64(rows.targets, count).set(targets);
    this.#float64(rows.rowWeights, count).set(weights);
    this.#float64(rows.values, rows.length).set(table.values.subarray(0, rows.length));
    if (!isDense) {
      this.#uint32(rows.starts, count + 1).set(table.starts.subarray(0, count + 1));
      this.#placeWeights(this.#uint32(rows.addresses, rows.length), table.indices);
    }
    this.#rows = rows;
    this.#isDense = isDense;
  }

  unload(): void {
    this.#rows = undefined;
  }

  run(order: Uint32Array): number {
    const rows = this.#rows;
    if (rows === undefined) return 0;
    const model = this.#model;
    const { loss, features, outputs, batch } = this.#shape;
    this.#uint32(model.order, order.length).set(order);
    return this.#train(
      loss,
      model.weights,
      2 * outputs,
      outputs,
      features,
      outputs,
      model.intercepts,
      model.state,
      this.#isDense ? 1 : 0,
      rows.starts,
      rows.addresses,
      rows.values,
      rows.targets,
      rows.rowWeights,
      model.order,
      order.length,
      batch,
      model.etas,
      model.mus,
      model.gradient,
    );
  }

  /** For each index the address of its weights, so that the kernels need not compute it twice in every epoch. */
  #placeWeights(addresses: Uint32Array, indices: Uint32Array): void {
    const { weights } = this.#model;
    const bytes = 2 * this.#shape.outputs * Float64Array.BYTES_PER_ELEMENT;
    const { length } = addresses; // asked for once: engines look long at a view of such a memory
    for (let at = 0; at < length; at++) addresses[at] = weights + bytes * (indices[at] ?? 0);
  }

  #reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / PAGE);
    if (missing <= 0) return;
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      throw new OutOfMemoryError(
        `Could not allocate ${bytes} bytes for weights and rows in WebAssembly, which has 4 GiB at most: use kernels: ` +
          `'typescript', or train on fewer rows at a time with partialFit().`,
        { cause },
      );
    }
  }

  #float64(address: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, address, length);
  }

  #uint32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, address, length);
  }
}
