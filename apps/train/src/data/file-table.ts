import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { readBytes, regular, type Reading } from './bytes.ts';
import { CsvParser } from './csv.ts';
import { detectFormat, headBytes } from './format.ts';
import { LibsvmParser } from './libsvm.ts';
import { Lines } from './lines.ts';
import type { Format, Parsing, RowParser } from './parser.ts';
import { bytesOf, RowBuilder, type Rows } from './rows.ts';
import type { Table } from './table.ts';

/** How a file's rows are read. */
export interface TableOptions extends Omit<Parsing, 'sink'> {
  /** Detected when left out. */
  readonly format?: Format | undefined;
  /** Bytes of rows kept at a time. */
  readonly memory: number;
}

/** One pass over a file. After it, the parser knows what the pass has learnt. */
class Pass {
  readonly #options: TableOptions;
  readonly #onBytes: (chunk: Uint8Array) => void;
  parser: RowParser | undefined;

  constructor(options: TableOptions, onBytes: (chunk: Uint8Array) => void = () => undefined) {
    this.#options = options;
    this.#onBytes = onBytes;
  }

  async *blocks(reading: Reading): AsyncGenerator<Rows> {
    const { file, format, memory } = this.#options;
    const finished: Rows[] = [];
    let head: Uint8Array[] = [];
    let headLength = 0;
    let lines: Lines | undefined;
    let builder: RowBuilder | undefined;

    const begin = (): Lines => {
      const detected = format ?? detectFormat(file, Buffer.concat(head));
      const rows = new RowBuilder(detected === 'csv' ? 'dense' : 'sparse');
      const parsing = { ...this.#options, sink: rows };
      const parser = detected === 'csv' ? new CsvParser(parsing) : new LibsvmParser(parsing);
      builder = rows;
      this.parser = parser;
      const begun = new Lines(file, (bytes, start, end, number) => {
        parser.line(bytes, start, end, number);
        if (rows.bytes >= memory) finished.push(rows.take());
      });
      for (const chunk of head) begun.push(chunk);
      head = [];
      return begun;
    };

    for await (const chunk of readBytes(file, reading)) {
      this.#onBytes(chunk);
      if (lines !== undefined) lines.push(chunk);
      else {
        head.push(chunk);
        headLength += chunk.length;
        if (headLength >= headBytes) lines = begin();
      }
      yield* finished.splice(0);
    }
    lines ??= begin();
    lines.end();
    yield* finished;
    if (builder !== undefined && builder.count > 0) yield builder.take();
  }
}

/**
 * Reads a file once, from beginning to end, and so finds every row that is not right, the number of rows and of
 * features. Rows that fit in the memory allowed are kept; others are read anew in every pass.
 */
export async function openTable(options: TableOptions, reading: Reading = {}): Promise<Table> {
  const { file } = options;
  const digest = createHash('sha256');
  const pass = new Pass(options, (chunk) => digest.update(chunk));
  let rows = 0;
  let bytes = 0;
  let blocks = 0;
  let kept: Rows | undefined;
  for await (const block of pass.blocks(reading)) {
    rows += block.count;
    bytes += bytesOf(block);
    blocks += 1;
    kept = blocks === 1 ? block : undefined;
  }
  const { parser } = pass;
  if (parser === undefined || rows === 0) {
    throw new UserError(`${file} is empty: found no rows, expected at least one (LIBSVM or CSV)`);
  }
  if (parser.features === 0) {
    throw new UserError(`${file}: found no feature in any row, expected at least one`);
  }
  if (kept === undefined && !regular(file)) {
    throw new UserError(`${file} can be read only once and does not fit in --memory: put it in a file first`);
  }
  const known: TableOptions = {
    ...options,
    format: parser.layout === 'dense' ? 'csv' : 'libsvm',
    features: parser.features,
    names: parser.names,
  };
  return {
    name: file,
    rows,
    bytes,
    features: parser.features,
    names: parser.names,
    fingerprint: digest.digest('hex'),
    ignored: parser.ignored,
    kept,
    blocks: (again = {}) => (kept === undefined ? reread(known, rows, again) : inMemory(kept)),
  };
}

async function* reread(options: TableOptions, expected: number, reading: Reading): AsyncGenerator<Rows> {
  let rows = 0;
  for await (const block of new Pass(options).blocks(reading)) {
    rows += block.count;
    yield block;
  }
  if (rows !== expected) {
    throw new UserError(
      `${options.file} changed while it was in use: it had ${expected} rows, now it has ${rows}`,
    );
  }
}

async function* inMemory(rows: Rows): AsyncGenerator<Rows> {
  yield rows;
}
