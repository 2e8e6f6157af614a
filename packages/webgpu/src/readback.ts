import { mapMode, usage } from './constants.ts';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';

/** The most that one staging buffer carries: a large tensor comes in parts. */
const stagingSize = 16 << 20;

/** The most that is on its way at a time, unless values are about to change. */
const inFlightLimit = 4 * stagingSize;

/** Staging buffers kept for the next read take no more than this together. */
const idleLimit = stagingSize;

/** A part of one tensor's values, on its way. */
interface Part {
  /** Held so that nobody else gets the memory before it is copied. */
  readonly span: Span;
  /** In bytes, of the buffer. */
  readonly offset: number;
  readonly target: Float32Array<ArrayBuffer>;
  resolve(): void;
  reject(reason: unknown): void;
}

interface Refusal {
  readonly reason: unknown;
}

/**
 * Reads values as they are at the call, through few staging buffers. Reads of one moment travel together. What finds
 * no room waits; when values are about to change, everything that waits is copied first (`flush`).
 */
export class Readback {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #waiting: Part[] = [];
  #idle: GPUBuffer[] = [];
  #inFlight = 0;
  readonly #closing: (() => void)[] = [];

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
      const arrival = new Promise<void>((resolve, reject) => {
        this.#waiting.push({ span, offset, target, resolve, reject });
      });
      parts.push(arrival);
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
    while (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#closing.push(resolve);
      });
    }
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < inFlightLimit) this.#launch();
  }

  #launch(): void {
    const parts = this.#takeParts();
    void this.#carry(parts).then(
      () => parts.forEach(({ resolve }) => resolve()),
      (error: unknown) => parts.forEach(({ reject }) => reject(error)),
    );
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
    try {
      const [fault, refusal] = await Promise.all([error, mapped]);
      if (fault) throw fault;
      if (refusal) await this.#faults.rethrow(refusal.reason);
      const bytes = staging.getMappedRange(0, size);
      let position = 0;
      for (const { target } of parts) {
        target.set(new Float32Array(bytes, position, target.length));
        position += target.byteLength;
      }
      staging.unmap();
      this.#keep(staging);
    } catch (reason) {
      staging.destroy();
      throw reason;
    } finally {
      this.#inFlight -= size;
      this.#pump();
      if (this.#inFlight === 0) this.#closing.splice(0).forEach((resolve) => resolve());
    }
  }

  #copy(parts: readonly Part[], size: number): { staging: GPUBuffer; mapped: Promise<Refusal | undefined> } {
    const staging = this.#take(size);
    const encoder = this.#device.createCommandEncoder({ label: 'asgd read' });
    let position = 0;
    for (const { span, offset, target } of parts) {
      encoder.copyBufferToBuffer(span.buffer, offset, staging, position, target.byteLength);
      position += target.byteLength;
    }
    this.#device.queue.submit([encoder.finish()]);
    const mapped = staging.mapAsync(mapMode.read, 0, size).then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    );
    return { staging, mapped };
  }

  #take(size: number): GPUBuffer {
    const index = this.#idle.findIndex((buffer) => buffer.size >= size);
    const [found] = index < 0 ? [] : this.#idle.splice(index, 1);
    if (found) return found;
    // Powers of two, so that reads of about the same size find each other's.
    const rounded = Math.max(4096, 2 ** Math.ceil(Math.log2(size)));
    return this.#device.createBuffer({
      label: 'asgd staging',
      size: rounded,
      usage: usage.mapRead | usage.copyTarget,
    });
  }

  #keep(staging: GPUBuffer): void {
    const idle = this.#idle.reduce((sum, { size }) => sum + size, 0);
    if (idle + staging.size > idleLimit) staging.destroy();
    else this.#idle = [...this.#idle, staging].toSorted((a, b) => a.size - b.size);
  }
}
