import { crc32 } from 'node:zlib';
import { DataError, UserError } from '../errors.ts';
import { chain, identityOf, readBytes, regular, type Reading } from './bytes.ts';
import { makesSparse } from './columns.ts';
import { CsvParser } from './csv.ts';
import { detectFormat, headBytes } from './format.ts';
import { LibsvmParser } from './libsvm.ts';
import { type LineReader, Lines } from './lines.ts';
import type { Format, Parsing, RowParser } from './parser.ts';
import { bytesOf, bytesOfDense, RowBuilder, type Rows, sparseValueBytes } from './rows.ts';
import { RowCache } from './row-cache.ts';
import type { Table } from './table.ts';

/** How a file's rows are read. */
export interface TableOptions extends Omit<Parsing, 'sink'> {
  /** Default: detected. */
  readonly format?: Format | undefined;
  /**
   * Bytes that rows may take at a time once the number of features is known, and so the size of a model. Default: `memory`.
   */
  readonly memoryLeft?: ((features: number) => number) | undefined;
  /** Called with every block of the first pass, if rows are then what they will be. */
  readonly look?: ((rows: Rows) => void) | undefined;
  /**
   * Folders of which one gets a temporary file for rows that do not fit in memory. Default: none, and every pass parses the
   * file.
   */
  readonly cacheFolders?: readonly string[] | undefined;
}

/** A line may have this many bytes, however little memory rows may take. */
const lineBytes = 64 * 1024;

/** One pass over a file, with what it found. */
class Pass {
  readonly #options: TableOptions;
  readonly #memory: number;
  #checksum = 0;
  #bytes = 0;
  /** Where rows are collected. */
  builder: RowBuilder | undefined;
  parser: RowParser | undefined;

  /** A builder of an earlier pass, whose memory this one reuses. Rows may take `memory` bytes at a time. */
  constructor(options: TableOptions, memory: number, builder?: RowBuilder) {
    this.#options = options;
    this.#memory = memory;
    this.builder = builder;
  }

  /** After the pass: the same for the same bytes, packed or not. Against mistakes, not against forgery. */
  get fingerprint(): string {
    return `crc32 ${this.#checksum.toString(16).padStart(8, '0')} of ${this.#bytes} bytes`;
  }

  async *blocks(reading: Reading): AsyncGenerator<Rows> {
    const { file, memory } = this.#options;
    const input = readBytes(file, reading);
    try {
      const head = await readHead(input);
      const parser = this.#parserFor(Buffer.concat(head));
      const builder = (this.builder ??= new RowBuilder(parser.layout, this.#memory));
      const read: LineReader = (bytes, start, end, number) => {
        parser.line(bytes, start, end, number);
        return builder.full;
      };
      const lines = new Lines(file, Math.max(lineBytes, memory / 6), read, parser.lineEnd);
      builder.restart();
      for await (const chunk of chain(head, input)) {
        this.#checksum = crc32(chunk, this.#checksum);
        this.#bytes += chunk.length;
        for (let at = 0; at < chunk.length;) {
          at = lines.push(chunk, at);
          if (!builder.full || builder.count === 0) continue;
          yield builder.rows();
          builder.next();
        }
      }
      lines.end();
      if (builder.count > 0) yield builder.rows();
    } finally {
      await input.return(undefined);
    }
  }

  #parserFor(head: Uint8Array): RowParser {
    const { file, format, label, ignore, categorical, hashed, text, missing } = this.#options;
    const detected = format ?? detectFormat(file, head);
    const needless = Object.entries({ label, ignore, categorical, hashed, text, missing }).find(
      ([, value]) => value !== undefined,
    );
    if (detected === 'libsvm' && needless !== undefined) {
      const hint = format === undefined ? ', or give --format csv' : '';
      throw new UserError(
        `${file} is LIBSVM, where the label comes first and columns have no names: leave out ` +
          `--${needless[0]}${hint}`,
      );
    }
    const layout = detected === 'csv' && !makesSparse(this.#options) ? 'dense' : 'sparse';
    this.builder ??= new RowBuilder(layout, this.#memory);
    const parsing = { ...this.#options, sink: this.builder };
    this.parser = detected === 'csv' ? new CsvParser(parsing) : new LibsvmParser(parsing);
    return this.parser;
  }
}

/** Enough of a file's beginning to tell its format. */
async function readHead(input: AsyncGenerator<Uint8Array>): Promise<Uint8Array[]> {
  const head: Uint8Array[] = [];
  for (let length = 0; length < headBytes;) {
    const next = await input.next();
    if (next.done === true) break;
    head.push(next.value);
    length += next.value.length;
  }
  return head;
}

/**
 * Reads a file once, from beginning to end, to find every bad row, and the number of rows and of features. Rows that
 * fit in the allowed memory are kept, others in a temporary file; without one, every pass reads them again. With
 * categorical columns, rows are read a second time, when all categories are known.
 */
export async function openTable(options: TableOptions, reading: Reading = {}): Promise<Table> {
  const { file } = options;
  const identity = identityOf(file);
  const pass = new Pass(options, options.memory);
  const cache = new RowCache(options.cacheFolders ?? []);
  let rows = 0;
  let stored = 0;
  let bytes = 0;
  let blocks = 0;
  let kept: Rows | undefined;
  for await (const block of pass.blocks(reading)) {
    options.look?.(block);
    rows += block.count;
    bytes += bytesOf(block);
    stored += block.values.length;
    blocks += 1;
    kept = blocks === 1 ? block : undefined;
    // A first block that is not full is all that there is.
    if (!isSurvey(options, pass.parser) && (blocks > 1 || pass.builder?.full === true)) cache.add(block);
  }
  const { parser, builder } = pass;
  if (parser === undefined || rows === 0) {
    throw new UserError(`${file} is empty: found no rows, expected at least one (LIBSVM or CSV)`);
  }
  parser.complete?.();
  if (parser.features === 0) {
    throw new UserError(`${file}: found no feature in any row, expected at least one`);
  }
  const memory = options.memoryLeft?.(parser.features) ?? options.memory;
  const mustReread = isSurvey(options, parser);
  if (mustReread || bytes > memory) kept = undefined;
  if (kept === undefined) cache.complete(rows);
  else cache.release();
  if (kept === undefined && !cache.isWhole && !regular(file)) {
    const why = mustReread ? 'must be read twice for --categorical or --text' : 'does not fit in --memory';
    throw new UserError(`${file} can be read only once and ${why}: write it to a file first`);
  }
  const format = parser.columns === undefined ? 'libsvm' : 'csv';
  const known: TableOptions = { ...options, format, features: parser.features, columns: parser.columns };
  const { fingerprint } = pass;
  const largestBytes = builder?.largestBytes ?? 0;
  const isReusable = kept === undefined && memory === options.memory;
  if (kept === undefined && !isReusable) builder?.release();
  const found = { rows, fingerprint, identity, layout: parser.layout };
  const stream = new Stream(known, found, memory, cache, isReusable ? builder : undefined);
  if (mustReread) {
    if (parser.layout === 'dense') {
      bytes = bytesOfDense(rows, parser.features);
      stored = rows * parser.features;
    } else {
      const categories = rows * (parser.columns?.categories.size ?? 0);
      bytes += categories * sparseValueBytes + largestBytes;
      stored += categories;
    }
    if (bytes / rows > memory) {
      throw new UserError(
        `${file}: found ${parser.features} features with all categories: a row of them does not fit in --memory; give ` +
          'more memory, or leave columns out (--ignore)',
      );
    }
    if (bytes <= memory) for await (const block of stream.blocks(reading)) kept = block;
  }
  return {
    name: file,
    rows,
    bytes,
    features: parser.features,
    stored,
    columns: parser.columns,
    fingerprint,
    ignored: parser.ignored,
    kept,
    blocks: (again = {}) => (kept === undefined ? stream.blocks(again) : inMemory(kept)),
  };
}

/** Whether how many features a category makes is known only at the end, so that the rows must be read again. */
function isSurvey({ columns }: TableOptions, parser: RowParser | undefined): boolean {
  return columns === undefined && parser?.columns?.needSurvey === true;
}

async function* inMemory(rows: Rows): AsyncGenerator<Rows> {
  yield rows;
}

/** What was found in a file when it was opened. */
interface Found {
  readonly rows: number;
  readonly fingerprint: string;
  readonly identity: string;
  readonly layout: Rows['layout'];
}

/** A file whose rows are read again in every pass: from the cache, or from the file, which must be the same every time. */
class Stream {
  readonly #options: TableOptions;
  readonly #found: Found;
  readonly #memory: number;
  readonly #cache: RowCache;
  #isFilling = false;
  /** The memory of the last pass, for the next one. */
  #idle: RowBuilder | undefined;

  constructor(
    options: TableOptions,
    found: Found,
    memory: number,
    cache: RowCache,
    idle: RowBuilder | undefined,
  ) {
    this.#options = options;
    this.#found = found;
    this.#memory = memory;
    this.#cache = cache;
    this.#idle = idle;
  }

  blocks(reading: Reading): AsyncGenerator<Rows> {
    return this.#cache.isWhole ? this.#cached(reading) : this.#parsed(reading);
  }

  /** The rows in the same blocks as when they are parsed. */
  async *#cached({ signal }: Reading): AsyncGenerator<Rows> {
    const builder = this.#idle ?? new RowBuilder(this.#found.layout, this.#memory);
    this.#idle = undefined;
    builder.restart();
    try {
      for (const piece of this.#cache.pieces()) {
        signal?.throwIfAborted();
        for (let row = 0; row < piece.count; row += 1) {
          builder.copy(piece, row);
          if (!builder.full) continue;
          yield builder.rows();
          builder.next();
        }
      }
      if (builder.count > 0) yield builder.rows();
    } finally {
      this.#idle = builder;
    }
  }

  async *#parsed(reading: Reading): AsyncGenerator<Rows> {
    const pass = new Pass(this.#options, this.#memory, this.#idle);
    this.#idle = undefined;
    // Of passes at the same time, the first fills the cache.
    const cache = this.#isFilling ? undefined : this.#cache;
    this.#isFilling = true;
    cache?.restart();
    let rows = 0;
    let isOver = false;
    try {
      for await (const block of pass.blocks(reading)) {
        rows += block.count;
        cache?.add(block);
        yield block;
      }
      isOver = true;
      this.#compare(rows, pass.fingerprint);
      cache?.complete(rows);
    } catch (error) {
      isOver = true;
      // Every row was good when the file was opened.
      throw error instanceof DataError ? this.#changed(error.message) : error;
    } finally {
      this.#idle = pass.builder;
      if (cache !== undefined) this.#isFilling = false;
      if (!isOver) this.#look();
    }
  }

  #compare(rows: number, fingerprint: string): void {
    if (rows !== this.#found.rows) throw this.#changed(`it had ${this.#found.rows} rows, now it has ${rows}`);
    if (fingerprint !== this.#found.fingerprint) throw this.#changed('its contents are different now');
  }

  /** Fails if the file was written to. It looks only at what the file system says, so it costs nothing. */
  #look(): void {
    if (identityOf(this.#options.file) !== this.#found.identity) throw this.#changed('it was written to');
  }

  #changed(how: string): UserError {
    return new UserError(
      `${this.#options.file} changed while it was in use: ${how}; restore the data, and resume from a checkpoint`,
    );
  }
}
