import { parseColumnList } from '../data/columns.ts';
import { CsvParser } from '../data/csv.ts';
import { LibsvmParser } from '../data/libsvm.ts';
import { Lines } from '../data/lines.ts';
import { programMemory } from '../data/memory.ts';
import type { Parsing, RowParser } from '../data/parser.ts';
import { reason } from '../errors.ts';
import { ChunkBuilder, type RowChunk } from './chunks.ts';
import type { RowOptions } from './command-line.ts';
import { TemporaryError } from './failure.ts';
import type { LabelCoding } from './labels.ts';

const name = 'standard input';

/** What rows are read for. */
export interface RowReading {
  readonly options: RowOptions;
  readonly labels: LabelCoding;
  /** How many columns rows have; CSV tells it by its first line. */
  readonly features: number | undefined;
  /** Rows a step. */
  readonly batch: number;
}

/** The rows of a stream of bytes, in chunks that take the same memory however many there are. @throws DataError */
export async function* readChunks(
  input: AsyncIterable<Uint8Array>,
  { options, labels, features, batch }: RowReading,
): AsyncGenerator<RowChunk> {
  const isDense = options.format === 'csv';
  const sink = new ChunkBuilder(isDense, batch);
  const memory = ((options.memory - programMemory) * 2 ** 20) / 4;
  const parser = makeParser(options, {
    file: name,
    sink,
    acceptLabel: labels.accept,
    features,
    beyond: 'refuse',
    memory,
    label: options.label,
    ignore: parseColumnList(options.ignore ?? ''),
    missing: options.missing,
  });
  const lines = new Lines(
    name,
    memory,
    (bytes, start, end, number) => {
      parser.line(bytes, start, end, number);
      return sink.isFull;
    },
    parser.lineEnd,
  );
  for await (const bytes of reported(input)) {
    for (let at = 0; at < bytes.length;) {
      at = lines.push(bytes, at);
      if (sink.isFull) yield sink.take(features ?? parser.features);
    }
  }
  lines.end();
  if (sink.count > 0) yield sink.take(features ?? parser.features);
}

function makeParser({ format }: RowOptions, parsing: Parsing): RowParser {
  return format === 'csv' ? new CsvParser(parsing) : new LibsvmParser(parsing);
}

/** An error of the system while reading may pass. */
async function* reported(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* input;
  } catch (error) {
    throw new TemporaryError(`cannot read ${name}: ${reason(error)}`, { cause: error });
  }
}
