import { COPY_DST, MAP_READ, READ } from './flags.ts';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';
import { submit } from './submit.ts';

/** The most that one staging buffer carries: a large tensor comes in parts. */
const stagingSize = 16 << 20;

/** The most that is on its way at a time, unless values are about to change. */
const inFlightLimit = 4 * stagingSize;

/** Staging buffers kept for the next read take no more than this together. */
const idleLimit = stagingSize;

/** A part of one tensor's values, on its way. */
interface Part {
  readonly span: Span;
  /** In bytes, of the buffer. */
  readonly offset: number;
  readonly target: Float32Array<ArrayBuffer>;
  /** Told when it is on its way. */
  arrive(flight: Promise<void>): void;
}

/**
 * Reads values as they are at the call, through few staging buffers. Reads of one moment travel together. What finds
 * no room waits; when values are about to change, everything that waits is copied first (`flush`).
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
    // The caller may change a buffer of its own without our knowing.
    if (span.isWrapped) this.flush();
    else queueMicrotask(() => this.#pump());
    await Promise.all(parts);
    return values;
  }

  /** Copies everything that waits, as it is now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#launch();
  }

  /** Resolves when no values are on their way any more. */
  async close(): Promise<void> {
    this.flush();
    // What is sent last arrives last.
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

  /** As many as fit in one staging buffer, and at least one. */
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
    // Powers of two, so that reads of about the same size find each other's.
    const rounded = Math.max(4096, 2 ** Math.ceil(Math.log2(size)));
    return found ?? this.#device.createBuffer({ size: rounded, usage: MAP_READ | COPY_DST });
  }

  #keep(staging: GPUBuffer): void {
    const idle = this.#idle.reduce((sum, { size }) => sum + size, staging.size);
    if (idle > idleLimit) staging.destroy();
    else this.#idle.push(staging);
  }
}
