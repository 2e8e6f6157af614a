import { createHash, type Hash } from 'node:crypto';
import { DataError, UserError } from '../errors.ts';
import { chain, identityOf, readBytes, regular, type Reading } from './bytes.ts';
import { makesSparse } from './columns.ts';
import { CsvParser } from './csv.ts';
import { detectFormat, headBytes } from './format.ts';
import { LibsvmParser } from './libsvm.ts';
import { type LineReader, Lines } from './lines.ts';
import type { Format, Parsing, RowParser } from './parser.ts';
import { bytesOf, bytesOfDense, RowBuilder, type Rows, sparseValueBytes } from './rows.ts';
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
}

/** A line may have this many bytes, however little memory rows may take. */
const lineBytes = 64 * 1024;

/** One pass over a file, with what it found. */
class Pass {
  readonly #options: TableOptions;
  readonly #memory: number;
  /** Without it, it takes less time, and there is no fingerprint. */
  readonly #digest: Hash | undefined;
  /** Where rows are collected. */
  builder: RowBuilder | undefined;
  parser: RowParser | undefined;

  /** A builder of an earlier pass, whose memory this one reuses. Rows may take `memory` bytes at a time. */
  constructor(options: TableOptions, memory: number, builder?: RowBuilder, isHashed = true) {
    this.#options = options;
    this.#digest = isHashed ? createHash('sha256') : undefined;
    this.#memory = memory;
    this.builder = builder;
  }

  /** The same for the same bytes, packed or not. To be called once, at the end. */
  fingerprint(): string | undefined {
    return this.#digest?.digest('hex');
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
        this.#digest?.update(chunk);
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
 * fit in the allowed memory are kept; otherwise, every pass reads them again. With categorical columns, rows that fit are
 * read a second time, when all categories are known.
 */
export async function openTable(options: TableOptions, reading: Reading = {}): Promise<Table> {
  const { file } = options;
  const identity = identityOf(file);
  const pass = new Pass(options, options.memory);
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
  }
  const { parser, builder } = pass;
  if (parser === undefined || rows === 0) {
    throw new UserError(`${file} is empty: found no rows, expected at least one (LIBSVM or CSV)`);
  }
  parser.complete?.();
  if (parser.features === 0) {
    throw new UserError(`${file}: found no feature in any row, expected at least one`);
  }
  const { columns } = options;
  const memory = options.memoryLeft?.(parser.features) ?? options.memory;
  // How many features a category makes is known only now, so the rows must be read again.
  const isSurvey = columns === undefined && parser.columns?.needSurvey === true;
  if (isSurvey || bytes > memory) kept = undefined;
  if (kept === undefined && !regular(file)) {
    const why = isSurvey ? 'must be read twice for --categorical or --text' : 'does not fit in --memory';
    throw new UserError(`${file} can be read only once and ${why}: write it to a file first`);
  }
  const format = parser.columns === undefined ? 'libsvm' : 'csv';
  const known: TableOptions = { ...options, format, features: parser.features, columns: parser.columns };
  const fingerprint = pass.fingerprint() ?? '';
  const largestBytes = builder?.largestBytes ?? 0;
  const isReusable = kept === undefined && memory === options.memory;
  if (kept === undefined && !isReusable) builder?.release();
  const stream = new Stream(known, { rows, fingerprint, identity }, memory, isReusable ? builder : undefined);
  if (isSurvey) {
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

async function* inMemory(rows: Rows): AsyncGenerator<Rows> {
  yield rows;
}

/** What was found in a file when it was opened. */
interface Found {
  readonly rows: number;
  readonly fingerprint: string;
  readonly identity: string;
}

/** A file whose rows are read again in every pass, and must be the same every time. */
class Stream {
  readonly #options: TableOptions;
  readonly #found: Found;
  readonly #memory: number;
  /** The memory of the last pass, for the next one. */
  #idle: RowBuilder | undefined;

  constructor(options: TableOptions, found: Found, memory: number, idle: RowBuilder | undefined) {
    this.#options = options;
    this.#found = found;
    this.#memory = memory;
    this.#idle = idle;
  }

  async *blocks(reading: Reading): AsyncGenerator<Rows> {
    // A file that nobody has written to since has the same contents, unless it is written to now.
    const isTouched = identityOf(this.#options.file) !== this.#found.identity;
    const pass = new Pass(this.#options, this.#memory, this.#idle, isTouched);
    this.#idle = undefined;
    let rows = 0;
    let end: 'early' | 'whole' | 'refused' = 'early';
    try {
      for await (const block of pass.blocks(reading)) {
        rows += block.count;
        yield block;
      }
      end = 'whole';
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      end = 'refused';
      throw this.#changed(error.message); // every row was good when the file was opened
    } finally {
      this.#idle = pass.builder;
      if (end === 'whole') this.#compare(rows, pass.fingerprint());
      if (end === 'early' || (end === 'whole' && !isTouched)) this.#look();
    }
  }

  #compare(rows: number, fingerprint: string | undefined): void {
    if (rows !== this.#found.rows) throw this.#changed(`it had ${this.#found.rows} rows, now it has ${rows}`);
    if (fingerprint !== undefined && fingerprint !== this.#found.fingerprint) {
      throw this.#changed('its contents are different now');
    }
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
