import { COPY_DST, MAP_READ, READ } from './flags.ts';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';
import { submit } from './submit.ts';

/** The largest staging buffer. Larger tensors are read in parts. */
const stagingSize = 16 << 20;

/** How much is read at a time, unless values are about to change. */
const inFlightLimit = 4 * stagingSize;

/** How much memory the staging buffers take that are kept for the next read. */
const idleLimit = stagingSize;

/** A part of one tensor's values that is being read. */
interface Part {
  readonly span: Span;
  /** Where it begins in the buffer, in bytes. */
  readonly offset: number;
  readonly target: Float32Array<ArrayBuffer>;
  /** Called with the promise of the read that includes it. */
  arrive(flight: Promise<void>): void;
}

/**
 * Reads values as they are at the call, through a few staging buffers. Reads that are asked for together share a staging
 * buffer. The rest wait for their turn. When values are about to change, everything that waits is copied first (`flush`).
 */
export class Readback {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #waiting: Part[] = [];
  readonly #idle: GPUBuffer[] = [];
  #latest: Promise<void> | undefined;
  /** In bytes. */
  #inFlight = 0;

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
  }

  async read(span: Span): Promise<Float32Array> {
    const values = new Float32Array(span.length);
    const perPart = stagingSize / 4;
    const parts: Promise<void>[] = [];
    for (let start = 0; start < span.length; start += perPart) {
      const target = values.subarray(start, start + perPart);
      const offset = span.offset + start * 4;
      parts.push(new Promise((arrive) => this.#waiting.push({ span, offset, target, arrive })));
    }
    // The caller may change a wrapped buffer at any time.
    if (span.isWrapped) this.flush();
    else queueMicrotask(() => this.#pump());
    await Promise.all(parts);
    return values;
  }

  /** Copies everything that waits, with its values as they are now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#launch();
  }

  /** Resolves when all reads have ended. */
  async close(): Promise<void> {
    this.flush();
    // The last read ends last.
    await Promise.allSettled([this.#latest]);
    for (const buffer of this.#idle) buffer.destroy();
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < inFlightLimit) this.#launch();
  }

  #launch(): void {
    const parts = this.#takeParts();
    const flight = this.#carry(parts);
    this.#latest = flight;
    for (const { arrive } of parts) arrive(flight);
  }

  /** As many as fit into one staging buffer, and at least one. */
  #takeParts(): readonly Part[] {
    let size = 0;
    const end = this.#waiting.findIndex(({ target }) => (size += target.byteLength) > stagingSize);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(1, end));
  }

  async #carry(parts: readonly Part[]): Promise<void> {
    const size = parts.reduce((sum, { target }) => sum + target.byteLength, 0);
    const { result, error } = this.#faults.observe('Reading', () => this.#copy(parts, size));
    const { staging, mapped } = result;
    this.#inFlight += size;
    const [arrival] = await Promise.allSettled([mapped]);
    const fault = await error;
    this.#inFlight -= size;
    this.#pump();
    if (arrival.status === 'rejected' || fault) {
      staging.destroy();
      throw fault ?? (await this.#faults.explainLoss());
    }
    const bytes = staging.getMappedRange(0, size);
    let position = 0;
    for (const { target } of parts) {
      target.set(new Float32Array(bytes, position, target.length));
      position += target.byteLength;
    }
    staging.unmap();
    this.#keep(staging);
  }

  #copy(parts: readonly Part[], size: number): { staging: GPUBuffer; mapped: Promise<void> } {
    const staging = this.#take(size);
    submit(this.#device, (encoder) => {
      let position = 0;
      for (const { span, offset, target } of parts) {
        encoder.copyBufferToBuffer(span.buffer, offset, staging, position, target.byteLength);
        position += target.byteLength;
      }
    });
    return { staging, mapped: staging.mapAsync(READ, 0, size) };
  }

  #take(size: number): GPUBuffer {
    const index = this.#idle.findIndex((buffer) => buffer.size >= size);
    const [found] = index < 0 ? [] : this.#idle.splice(index, 1);
    // Powers of two, so that reads of about the same size can use the same buffer.
    const rounded = Math.max(4096, 2 ** Math.ceil(Math.log2(size)));
    return found ?? this.#device.createBuffer({ size: rounded, usage: MAP_READ | COPY_DST });
  }

  #keep(staging: GPUBuffer): void {
    const idle = this.#idle.reduce((sum, { size }) => sum + size, staging.size);
    if (idle > idleLimit) staging.destroy();
    else this.#idle.push(staging);
  }
}
