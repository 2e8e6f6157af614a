import { UserError } from '../errors.ts';
import { losses } from '../loss/losses.ts';
import { makeTask, type Task } from '../task.ts';
import type { Settings } from '../options.ts';
import type { Reading } from './bytes.ts';
import { parseColumnList } from './columns.ts';
import { digits, splitDigits } from './digits.ts';
import { openTable } from './file-table.ts';
import { keepInMemory } from './keep-in-memory.ts';
import { knownLabels, LabelCollector } from './labels.ts';
import { memoryShares } from './memory.ts';
import { Subset } from './subset.ts';

/** The data that a run learns from and is tested on. */
export interface Data {
  readonly task: Task;
  readonly features: number;
  readonly training: Subset;
  readonly test: Subset;
  /** The rows that `--t0 auto` watches. */
  readonly heldOut: Subset | undefined;
}

/** Called before a file is read. Returns how to read it, and `end`, which is called afterwards. */
export type StartReading = (file: string) => Reading & { end(): void };

// The choice of rows to set aside does not depend on --seed, so that runs with different seeds can be compared.
const testSalt = 1;
const heldOutSalt = 2;
const shareAside = 0.1;

export async function loadData(settings: Settings, startReading: StartReading): Promise<Data> {
  const memory = memoryShares(settings);
  const { task, training, test } = await (settings.data === undefined
    ? loadDigits(settings)
    : loadFiles(settings, settings.data, memory.file, startReading));
  const { table } = training;
  const { features } = table;
  // The held-out rows are used again and again, so only as many are held out as fit in memory.
  const share = Math.min(shareAside, memory.aside / table.bytes);
  const { rest, aside } =
    settings.t0 === 'auto' ? training.setAside(share, heldOutSalt) : { rest: training, aside: undefined };
  const data: Data = { task, features, training: rest, test, heldOut: aside };
  if (table.kept !== undefined) return data;

  const isTestHeld = test.table === table && shareAside * table.bytes <= memory.aside;
  const subsets = [...(isTestHeld ? [test] : []), ...(aside === undefined ? [] : [aside])];
  if (subsets.length === 0) return data;
  const reading = startReading(table.name);
  const held = await keepInMemory(subsets, memory.aside, reading);
  reading.end();
  return {
    ...data,
    test: (isTestHeld ? held[0] : undefined) ?? test,
    heldOut: aside === undefined ? undefined : held.at(-1),
  };
}

type Loaded = Pick<Data, 'task' | 'training' | 'test'>;

async function loadDigits({ loss, format, label, ignore, features }: Settings): Promise<Loaded> {
  const needless = Object.entries({ format, label, ignore, features }).find(
    ([, value]) => value !== undefined,
  );
  if (needless !== undefined) throw new UserError(`found --${needless[0]} without --data, expected both`);
  const collector = new LabelCollector(losses[loss].labels, loss);
  for (let digit = 0; digit < 10; digit += 1) {
    const accepted = collector.accept(digit);
    if (typeof accepted === 'string') {
      throw new UserError(`handwritten digits: found label ${digit}, expected ${accepted}`);
    }
  }
  return { task: makeTask(losses[loss], collector.classes()), ...splitDigits(digits()) };
}

async function loadFiles(
  settings: Settings,
  file: string,
  memory: number,
  startReading: StartReading,
): Promise<Loaded> {
  const { loss, format, features } = settings;
  const columnOptions = { label: settings.label, ignore: parseColumnList(settings.ignore ?? '') };
  const collector = new LabelCollector(losses[loss].labels, loss);
  const reading = startReading(file);
  const table = await openTable(
    { file, format, ...columnOptions, features, memory, beyond: 'refuse', acceptLabel: collector.accept },
    reading,
  );
  reading.end();
  collector.complete(file, table.rows);
  const task = makeTask(losses[loss], collector.classes());
  const whole = new Subset(table);
  if (settings.test === undefined) {
    const { rest, aside } = whole.setAside(shareAside, testSalt);
    return { task, training: rest, test: aside };
  }
  const testReading = startReading(settings.test);
  const test = await openTable(
    {
      file: settings.test,
      format,
      ...columnOptions,
      features: table.features,
      columns: table.columns,
      memory,
      beyond: 'ignore',
      acceptLabel: knownLabels(collector.classes()),
    },
    testReading,
  );
  testReading.end();
  return { task, training: whole, test: new Subset(test) };
}
