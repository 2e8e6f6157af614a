import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reason, UserError } from '../errors.ts';
import { offsetOf, type Rows } from './rows.ts';

/** Folders for large temporary files, the better one first. */
export function cacheFolders(): string[] {
  return process.platform === 'win32' ? [tmpdir()] : [tmpdir(), '/var/tmp'];
}

/** Rows that are written, and read, at a time. */
interface Piece {
  readonly count: number;
  readonly values: number;
}

/** A piece ends when it has this many values or rows, so that a call for it costs nothing, and little memory. */
const mostValues = 2 ** 17;
const mostRows = 2 ** 14;

/** So many bytes of a disk are left to others. */
const leftToOthers = 2 ** 29;

/** What Linux calls file systems that are in memory, where a cache would take what it is to save (statfs(2)). */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/**
 * All rows of a table in a temporary file, as they are in memory: to read them takes a small part of the time that parsing
 * takes. The file has no name, so it is gone when the program ends, however that happens. Where there is no room for it,
 * nothing is kept.
 */
export class RowCache {
  readonly #folders: readonly string[];
  #folder = '';
  #file: number | undefined;
  #isRefused = false;
  #isWhole = false;
  #pieces: Piece[] = [];
  #rows = 0;
  #bytes = 0;
  #layout: Rows['layout'] = 'sparse';
  readonly #buffer = new PieceBuffer();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Whether it has all rows of the table. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Adds rows behind those that it has. */
  add(rows: Rows): void {
    if (this.#isRefused) return;
    this.#layout = rows.layout;
    try {
      this.#file ??= this.#open();
      this.#requireRoom(offsetOf(rows, rows.count) * 8 + rows.count * 16);
      for (let from = 0; from < rows.count;) {
        const start = offsetOf(rows, from);
        const most = Math.min(rows.count, from + mostRows);
        let to = from + 1;
        while (to < most && offsetOf(rows, to + 1) - start <= mostValues) to += 1;
        this.#write(rows, from, to);
        from = to;
      }
    } catch {
      this.release();
    }
  }

  /** To be called after the last row, with the number of all. */
  complete(rows: number): void {
    this.#isWhole = !this.#isRefused && this.#rows === rows;
  }

  /** Forgets its rows, to be filled again. */
  restart(): void {
    this.#pieces = [];
    this.#rows = 0;
    this.#bytes = 0;
    this.#isWhole = false;
  }

  /** Gives its place on the disk back. It keeps nothing from now on. */
  release(): void {
    this.restart();
    this.#isRefused = true;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** The rows in order, some at a time. The next ones reuse that memory. */
  *pieces(): Generator<Rows> {
    const buffer = new PieceBuffer();
    let first = 0;
    let position = 0;
    for (const piece of this.#pieces) {
      const { rows, bytes } = buffer.rows(this.#layout, piece, first);
      this.#read(bytes, position);
      yield rows;
      first += piece.count;
      position += bytes.length;
    }
  }

  #open(): number {
    for (const folder of this.#folders) {
      try {
        if (inMemory.has(statfsSync(folder).type)) continue;
        const name = join(folder, `asgd-train-${randomUUID()}.tmp`);
        const file = openSync(name, 'wx+', 0o600);
        unlinkSync(name);
        this.#folder = folder;
        return file;
      } catch {
        continue;
      }
    }
    throw new Error('there is no folder for temporary files');
  }

  #requireRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#folder);
    if (bavail * bsize < bytes + leftToOthers) throw new Error(`there is no room in ${this.#folder}`);
  }

  #write(source: Rows, from: number, to: number): void {
    const start = offsetOf(source, from);
    const end = offsetOf(source, to);
    const piece = { count: to - from, values: end - start };
    const { rows, bytes } = this.#buffer.rows(source.layout, piece, 0);
    rows.labels.set(source.labels.subarray(from, to));
    rows.values.set(source.values.subarray(start, end));
    if (rows.layout === 'sparse' && source.layout === 'sparse') {
      rows.indices.set(source.indices.subarray(start, end));
      for (let row = from; row <= to; row += 1) rows.starts[row - from] = offsetOf(source, row) - start;
    }
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#file ?? -1, bytes, done, bytes.length - done, this.#bytes + done);
    }
    this.#rows += piece.count;
    this.#bytes += bytes.length;
    this.#pieces.push(piece);
  }

  #read(into: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < into.length;) {
        const read = readSync(this.#file ?? -1, into, done, into.length - done, position + done);
        if (read === 0) throw new Error('it has become shorter');
        done += read;
      }
    } catch (error) {
      throw new UserError(
        `cannot read the temporary file in ${this.#folder}: ${reason(error)}; set TMPDIR to another folder`,
      );
    }
  }
}

/** Memory for one piece after another. */
class PieceBuffer {
  #buffer = new ArrayBuffer(0);

  /** Rows whose numbers are in the buffer, in the order that they have in the file; and the bytes of all of them. */
  rows(layout: Rows['layout'], { count, values }: Piece, first: number): { rows: Rows; bytes: Uint8Array } {
    const isSparse = layout === 'sparse';
    const startsAt = count * 8;
    const valuesAt = startsAt + (isSparse ? (count + 1) * 8 : 0);
    const indicesAt = valuesAt + values * 4;
    const length = indicesAt + (isSparse ? values * 4 : 0);
    if (length > this.#buffer.byteLength) this.#buffer = new ArrayBuffer(length);
    const buffer = this.#buffer;
    const shared = {
      first,
      count,
      labels: new Float64Array(buffer, 0, count),
      values: new Float32Array(buffer, valuesAt, values),
    };
    const rows: Rows = isSparse
      ? {
          ...shared,
          layout,
          starts: new Float64Array(buffer, startsAt, count + 1),
          indices: new Uint32Array(buffer, indicesAt, values),
        }
      : { ...shared, layout, width: values / count };
    return { rows, bytes: new Uint8Array(buffer, 0, length) };
  }
}
