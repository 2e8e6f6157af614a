import type { StepBatch, StepItem } from '@asgd/core';
import { usage } from './constants.ts';
import { tileSize, updateSize, type Variant } from './float32.ts';
import type { Span } from './memory.ts';
import { checkOverlap } from './overlap.ts';
import { cut, type Piece } from './pieces.ts';
import type { Pipelines } from './pipelines.ts';

/** Where the plans of a backend are made. */
export interface Workshop {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly isGuarded: boolean;
  /** The most that is bound of a buffer; a multiple of 256 bytes. */
  readonly windowSize: number;
}

/** Longer pieces have a dispatch each, so that tables of tiles stay small. In elements. */
const longestTabled = 1 << 16;

/** Scalars of one dispatch start at multiples of this, the largest alignment that a device may ask for. */
export const slotSize = 256;

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly buffers: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  readonly leader: number;
}

/** How one batch is launched. Made once, and used for as long as the batch consists of the same tensors. */
export class Plan {
  readonly #items: readonly StepItem<Span>[];
  /** Per item, the first one of equal scalars. */
  readonly #leaders: readonly number[];
  readonly #hasWeightDecay: boolean;
  readonly #dispatches: readonly Dispatch[];
  readonly #tables: GPUBuffer[] = [];
  readonly #scalars: DataView<ArrayBuffer>;

  /** @throws ArgumentError when wrapped ranges overlap */
  constructor({ items, weightDecay }: StepBatch<Span>, workshop: Workshop) {
    checkOverlap(items);
    this.#items = items.map((item) => ({ ...item }));
    this.#leaders = findLeaders(items);
    this.#hasWeightDecay = weightDecay !== 0;
    const { windowSize } = workshop;
    const pieces = items.flatMap((item, index) => cut(item, this.#leaders[index] ?? index, windowSize));
    const groups = groupPieces(pieces);
    this.#scalars = new DataView(new ArrayBuffer(groups.length * slotSize));
    this.#dispatches = groups.map((group, index) => this.#prepare(group, index * slotSize, workshop));
  }

  /** Whether a batch can be launched this way: the same tensors, of which the same share their scalars. */
  fits({ items, weightDecay }: StepBatch<Span>): boolean {
    const planned = this.#items;
    if (items.length !== planned.length || (weightDecay !== 0) !== this.#hasWeightDecay) return false;
    for (let index = 0; index < planned.length; index++) {
      const item = items[index];
      const like = planned[index];
      const leader = items[this.#leaders[index] ?? index];
      if (!item || !like || !leader) return false;
      const isSame =
        item.parameter === like.parameter &&
        item.gradient === like.gradient &&
        item.average === like.average &&
        item.averaging === like.averaging;
      if (!isSame || !haveEqualScalars(item, leader)) return false;
    }
    return true;
  }

  /** The scalars of a batch, as the device takes them: one slot a dispatch. Valid until the next call. */
  scalarsOf({ items, weightDecay, maximize }: StepBatch<Span>): ArrayBuffer {
    const negative = maximize && weightDecay === 0 ? 1 : -1;
    this.#dispatches.forEach(({ leader }, index) => {
      const { decay = 0, eta = 0, mu = 0 } = items[leader] ?? {};
      const slot = index * slotSize;
      this.#scalars.setFloat32(slot, decay, true);
      this.#scalars.setFloat32(slot + 4, negative * eta, true);
      this.#scalars.setFloat32(slot + 8, mu, true);
      this.#scalars.setFloat32(slot + 12, weightDecay, true);
      this.#scalars.setFloat32(slot + 16, maximize ? -1 : 1, true);
    });
    return this.#scalars.buffer;
  }

  /** @param offset where in the scalars' buffer the slots begin, in bytes */
  encode(pass: GPUComputePassEncoder, scalars: GPUBindGroup, offset: number): void {
    this.#dispatches.forEach(({ pipeline, buffers, x, y }, index) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, scalars, [offset + index * slotSize]);
      pass.setBindGroup(1, buffers);
      pass.dispatchWorkgroups(x, y);
    });
  }

  destroy(): void {
    for (const table of this.#tables) table.destroy();
  }

  #prepare(pieces: readonly [Piece, ...Piece[]], slot: number, workshop: Workshop): Dispatch {
    const { device, pipelines, isGuarded } = workshop;
    const [first] = pieces;
    const { averaging, isVector, slots, windows, leader } = first;
    const isTabled = pieces.length > 1;
    const hasWeightDecay = this.#hasWeightDecay;
    const variant: Variant = { averaging, hasWeightDecay, isVector, isTabled, slots, isGuarded };
    const entries: GPUBindGroupEntry[] = windows.map((window, binding) => ({ binding, resource: window }));
    let tiles = Math.ceil(elementsOf(first).length / tileSize);
    if (isTabled) {
      const table = listTiles(pieces);
      tiles = table.length / 4;
      entries.push({ binding: 3, resource: { buffer: this.#createTable(device, table) } });
    } else {
      const { parameter, gradient, average, length } = elementsOf(first);
      [parameter, gradient, average, length].forEach((value, index) => {
        this.#scalars.setUint32(slot + updateSize - 16 + index * 4, value, true);
      });
    }
    const layout = pipelines.bufferLayout(variant);
    return {
      pipeline: pipelines.compile(variant),
      buffers: device.createBindGroup({ label: 'asgd buffers', layout, entries }),
      ...fold(tiles, device.limits.maxComputeWorkgroupsPerDimension),
      leader,
    };
  }

  /** A table never changes, so it is safe however late an encoder that uses it is submitted. */
  #createTable(device: GPUDevice, table: Uint32Array): GPUBuffer {
    const buffer = device.createBuffer({
      label: 'asgd tiles',
      size: table.byteLength,
      usage: usage.storage,
      mappedAtCreation: true,
    });
    new Uint32Array(buffer.getMappedRange()).set(table);
    buffer.unmap();
    this.#tables.push(buffer);
    return buffer;
  }
}

function findLeaders(items: readonly StepItem<Span>[]): readonly number[] {
  const leaders = new Map<string, number>();
  return items.map(({ decay, eta, mu }, index) => {
    const key = `${decay} ${eta} ${mu}`;
    const leader = leaders.get(key) ?? index;
    leaders.set(key, leader);
    return leader;
  });
}

function haveEqualScalars(a: StepItem<Span>, b: StepItem<Span>): boolean {
  return a === b || (a.decay === b.decay && a.eta === b.eta && a.mu === b.mu);
}

/** What one dispatch does together: pieces of the same kind, with the same scalars, in the same windows. */
function groupPieces(pieces: readonly Piece[]): readonly [Piece, ...Piece[]][] {
  const ids = new Map<GPUBuffer, number>();
  const idOf = (buffer: GPUBuffer): number => {
    const id = ids.get(buffer) ?? ids.size;
    ids.set(buffer, id);
    return id;
  };
  const groups = new Map<string, [Piece, ...Piece[]]>();
  pieces.forEach((piece, index) => {
    const { averaging, isVector, leader, windows, slots } = piece;
    const where = windows.map(({ buffer, offset }) => `${idOf(buffer)}+${offset}`);
    const own = elementsOf(piece).length > longestTabled ? index : '';
    const key = [averaging, isVector, leader, slots.gradient, slots.average, ...where, own].join(' ');
    const group = groups.get(key);
    if (group) group.push(piece);
    else groups.set(key, [piece]);
  });
  return [...groups.values()];
}

/** Positions and length as the kernel counts: in reals, or in vectors of four. */
function elementsOf(piece: Piece): Pick<Piece, 'parameter' | 'gradient' | 'average' | 'length'> {
  const { parameter, gradient, average, length, isVector } = piece;
  if (!isVector) return piece;
  return {
    parameter: parameter / 4,
    gradient: gradient / 4,
    average: average / 4,
    length: Math.ceil(length / 4),
  };
}

function listTiles(pieces: readonly Piece[]): Uint32Array {
  const tiles = pieces.flatMap((piece) => {
    const { parameter, gradient, average, length } = elementsOf(piece);
    const starts = Array.from({ length: Math.ceil(length / tileSize) }, (_, index) => index * tileSize);
    return starts.flatMap((start) => [
      parameter + start,
      gradient + start,
      average + start,
      Math.min(tileSize, length - start),
    ]);
  });
  return Uint32Array.from(tiles);
}

/** As many workgroups in two dimensions as one has no room for. */
function fold(count: number, limit: number): { readonly x: number; readonly y: number } {
  const y = Math.ceil(count / limit);
  return { x: Math.ceil(count / y), y };
}
