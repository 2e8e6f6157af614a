import type { SquaredNorms } from '@asgd/linear';
import { UserError } from '../errors.ts';
import { losses, outputsOf } from '../losses.ts';
import { makeTask, type Task } from '../task.ts';
import type { Settings } from '../options.ts';
import type { Reading } from './bytes.ts';
import { type Columns, parseColumnList } from './columns.ts';
import { digits, splitDigits } from './digits.ts';
import { FirstPass } from './first-pass.ts';
import { openTable } from './file-table.ts';
import { keepInMemory } from './keep-in-memory.ts';
import { knownLabels, LabelCollector } from './labels.ts';
import { bytesOfModel, memoryShares, type MemoryShares, requireRoom } from './memory.ts';
import type { MissingPolicy } from './missing.ts';
import { Norms } from './norms.ts';
import { Moments, prepare, type Preparation } from './preparation.ts';
import type { Rows } from './rows.ts';
import { cacheFolders } from './row-cache.ts';
import { Subset } from './subset.ts';
import type { Table } from './table.ts';

/** The data that a run learns from and is tested on. */
export interface Data {
  readonly task: Task;
  readonly features: number;
  readonly training: Subset;
  readonly test: Subset;
  /** The rows that `--t0 auto` watches. */
  readonly heldOut: Subset | undefined;
  /** What was done to the values of CSV; `null` if they are as they were found. */
  readonly preparation: Preparation | null;
  /** Of the training rows, with the step of the intercept: what `--lr auto` needs. */
  readonly squaredNorms: SquaredNorms;
  /** The step of the intercept, as a fraction of the weights'. */
  readonly interceptStep: number;
}

/** Called before a file is read. Returns how to read it, and `end`, which is called afterwards. */
export type StartReading = (file: string) => Reading & { end(): void };

// The choice of rows to set aside does not depend on --seed, so that runs with different seeds can be compared.
const testSalt = 1;
const heldOutSalt = 2;
const shareAside = 0.1;

export async function loadData(settings: Settings, startReading: StartReading): Promise<Data> {
  const { task, training, test, memory, interceptStep, first } = await (settings.data === undefined
    ? loadDigits(settings)
    : loadFiles(settings, settings.data, startReading));
  const { table } = training;
  const { features } = table;
  // The held-out rows are used again and again, so only as many are held out as fit in memory.
  const share = Math.min(shareAside, memory.aside / table.bytes);
  const { rest, aside } =
    settings.t0 === 'auto' ? training.setAside(share, heldOutSalt) : { rest: training, aside: undefined };
  const moments = measuresTraining(settings) ? new Moments(features) : undefined;
  const norms = first?.norms ?? new Norms();
  const look = (rows: Rows): void => {
    const picks = rest.picks(rows);
    moments?.add(rows, picks);
    norms.add(rows, picks);
  };
  const isHeldAside =
    table.kept === undefined && test.table === table && shareAside * table.bytes <= memory.aside;
  const early = table.kept === undefined ? first?.copiesOf(test, memory.aside) : undefined;
  const isTestHeld = isHeldAside && early === undefined;
  const subsets = [...(isTestHeld ? [test] : []), ...(aside === undefined ? [] : [aside])];
  let held: readonly Subset[] = subsets;
  if (table.kept !== undefined) {
    if (first === undefined) look(table.kept);
  } else if (subsets.length > 0 || moments !== undefined || (first === undefined && settings.lr === 'auto')) {
    const reading = startReading(table.name);
    held = await keepInMemory(table, subsets, memory.aside, reading, first === undefined ? look : undefined);
    reading.end();
  }
  const data: Data = {
    task,
    features,
    training: rest,
    test: early ?? (isTestHeld ? held[0] : undefined) ?? test,
    heldOut: aside === undefined ? undefined : held.at(-1),
    preparation: null,
    squaredNorms: norms.squared(interceptStep),
    interceptStep,
  };
  if (moments === undefined || table.columns === undefined) return data;
  const preparation = moments.preparation(table.name, table.columns, settings.standardize);
  const found = prepared({ ...data, preparation }, preparation);
  return { ...found, squaredNorms: squaredNormsOf(found, moments, preparation, table.columns) };
}

/** Rows in memory are measured as they are now. Others are prepared as they are read, which is when it is too late. */
function squaredNormsOf(
  { training, interceptStep }: Data,
  moments: Moments,
  preparation: Preparation,
  columns: Columns,
): SquaredNorms {
  const { kept } = training.table;
  if (kept === undefined) return moments.squaredNorms(preparation, columns, interceptStep);
  const norms = new Norms();
  norms.add(kept, training.picks(kept));
  return norms.squared(interceptStep);
}

/** Whether something in the training rows must be known before training can begin. */
function measuresTraining({ standardize, missing }: Pick<Settings, 'standardize' | 'missing'>): boolean {
  return standardize || missing === 'mean';
}

/** Whether rows are ready in the first pass, and only test rows are set aside of them. */
function canLookAhead({ test, t0, categorical, text, standardize, missing }: Settings): boolean {
  const isReady =
    categorical === undefined && text === undefined && !measuresTraining({ standardize, missing });
  return isReady && test === undefined && t0 !== 'auto';
}

/** The data with prepared rows. A table that several parts share is prepared once. */
function prepared(data: Data, preparation: Preparation): Data {
  const tables = new Map<Table, Table>();
  const part = (subset: Subset): Subset => {
    const table = tables.get(subset.table) ?? prepare(subset.table, preparation);
    tables.set(subset.table, table);
    return subset.on(table);
  };
  const { training, test, heldOut } = data;
  return {
    ...data,
    training: part(training),
    test: part(test),
    heldOut: heldOut === undefined ? undefined : part(heldOut),
  };
}

interface Loaded extends Pick<Data, 'task' | 'training' | 'test' | 'interceptStep'> {
  readonly memory: MemoryShares;
  /** What the first pass has done ahead. */
  readonly first?: FirstPass | undefined;
}

async function loadDigits(settings: Settings): Promise<Loaded> {
  const { loss, format, label, ignore, categorical, hashed, text, features } = settings;
  const missing = named(settings.missing);
  const standardize = settings.standardize ? true : undefined;
  const needless = Object.entries({
    format,
    label,
    ignore,
    categorical,
    hashed,
    text,
    missing,
    standardize,
    features,
  }).find(([, value]) => value !== undefined);
  if (needless !== undefined) throw new UserError(`found --${needless[0]} without --data, expected both`);
  const collector = new LabelCollector(losses[loss].labels, loss);
  for (let digit = 0; digit < 10; digit += 1) {
    const accepted = collector.accept(digit);
    if (typeof accepted === 'string') {
      throw new UserError(`handwritten digits: found label ${digit}, expected ${accepted}`);
    }
  }
  const task = makeTask(loss, collector.classes());
  return { task, ...splitDigits(digits()), memory: memoryShares(settings), interceptStep: 1 };
}

async function loadFiles(settings: Settings, file: string, startReading: StartReading): Promise<Loaded> {
  const { loss, format, features } = settings;
  const columnOptions = {
    label: settings.label,
    ignore: parseColumnList(settings.ignore ?? ''),
    categorical: parseColumnList(settings.categorical ?? ''),
    hashed: parseColumnList(settings.hashed ?? ''),
    text: parseColumnList(settings.text ?? ''),
    hashColumns: settings.hashColumns,
    missing: named(settings.missing),
  };
  const collector = new LabelCollector(losses[loss].labels, loss);
  const sharesWith = (found: number): MemoryShares => {
    const outputs = outputsOf(loss, collector.classes().size);
    requireRoom(settings, found, outputs);
    return memoryShares(settings, bytesOfModel(found, outputs));
  };
  const reading = startReading(file);
  const shares = memoryShares(settings);
  const first = canLookAhead(settings) ? new FirstPass(shareAside, testSalt, shares.aside) : undefined;
  const table = await openTable(
    {
      file,
      format,
      ...columnOptions,
      features,
      memory: shares.file,
      look: first?.look,
      memoryLeft: (found) => sharesWith(found).file,
      beyond: 'refuse',
      cacheFolders: cacheFolders(),
      acceptLabel: collector.accept,
    },
    reading,
  );
  reading.end();
  const memory = sharesWith(table.features);
  if (settings.standardize && table.columns === undefined) {
    throw new UserError(
      `${file} is LIBSVM, most of whose values are 0 and would not stay 0: leave out --standardize, or give CSV`,
    );
  }
  collector.complete(file, table.rows);
  const task = makeTask(loss, collector.classes());
  const interceptStep = interceptStepFor(table);
  const whole = new Subset(table);
  if (settings.test === undefined) {
    const { rest, aside } = whole.setAside(shareAside, testSalt);
    return {
      task,
      training: rest,
      test: aside,
      memory,
      interceptStep,
      first: first?.foresaw(aside) === true ? first : undefined,
    };
  }
  const testReading = startReading(settings.test);
  const test = await openTable(
    {
      file: settings.test,
      format,
      ...columnOptions,
      features: table.features,
      columns: table.columns,
      memory: memory.file,
      beyond: 'ignore',
      cacheFolders: cacheFolders(),
      acceptLabel: knownLabels(collector.classes()),
    },
    testReading,
  );
  testReading.end();
  return { task, training: whole, test: new Subset(test), memory, interceptStep };
}

/** Of values of which fewer than this share is not 0, a weight moves seldom, and the intercept with every row. */
const sparseBelow = 0.1;

/** What the step of the intercept is of the weights': in sparse data 0.01, as in Bottou's programs and scikit-learn. */
function interceptStepFor({ rows, features, stored }: Table): number {
  return stored < sparseBelow * rows * features ? 0.01 : 1;
}

/** A policy that the command line names: not the default. */
function named(missing: MissingPolicy): MissingPolicy | undefined {
  return missing === 'error' ? undefined : missing;
}
