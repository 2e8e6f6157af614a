import { UserError } from '../errors.ts';
import { losses } from '../loss/losses.ts';
import { makeTask, type Task } from '../task.ts';
import type { Settings } from '../options.ts';
import type { Reading } from './bytes.ts';
import { digits, splitDigits } from './digits.ts';
import { openTable } from './file-table.ts';
import { hold } from './hold.ts';
import { knownLabels, LabelCollector } from './labels.ts';
import { Part } from './part.ts';

/** What a run learns from and is tested on. */
export interface Data {
  readonly task: Task;
  readonly features: number;
  readonly training: Part;
  readonly test: Part;
  /** The rows that `--t0 auto` watches. */
  readonly heldOut: Part | undefined;
}

/** Begins to read a file; the answer says how, and `end` is called when it has been read. */
export type StartReading = (file: string) => Reading & { end(): void };

// Which rows are set aside never depends on --seed, so that runs with different seeds can be compared.
const testSalt = 1;
const heldOutSalt = 2;
const shareAside = 0.1;

export async function loadData(settings: Settings, startReading: StartReading): Promise<Data> {
  const { task, training, test } = await (settings.data === undefined
    ? loadDigits(settings)
    : loadFiles(settings, settings.data, startReading));
  const { features } = training.table;
  if (settings.t0 !== 'auto') return { task, features, training, test, heldOut: undefined };

  // The held-out rows are gone through again and again: no more of them than a quarter of the memory takes.
  const share = Math.min(shareAside, (settings.memory * 2 ** 20) / 4 / training.table.bytes);
  const { rest, aside } = training.setAside(share, heldOutSalt);
  if (rest.table.kept !== undefined) return { task, features, training: rest, test, heldOut: aside };
  const reading = startReading(training.table.name);
  const heldOut = await hold(aside, reading);
  reading.end();
  return { task, features, training: rest, test, heldOut };
}

type Loaded = Pick<Data, 'task' | 'training' | 'test'>;

async function loadDigits({ loss, format, label, features }: Settings): Promise<Loaded> {
  const needless = Object.entries({ format, label, features }).find(([, value]) => value !== undefined);
  if (needless !== undefined) throw new UserError(`found --${needless[0]} without --data, expected both`);
  const collector = new LabelCollector(losses[loss].labels, loss);
  for (let digit = 0; digit < 10; digit += 1) {
    const complaint = collector.accept(digit);
    if (complaint !== undefined) {
      throw new UserError(`handwritten digits: found label ${digit}, expected ${complaint}`);
    }
  }
  return { task: makeTask(losses[loss], collector.classes()), ...splitDigits(digits()) };
}

async function loadFiles(settings: Settings, file: string, startReading: StartReading): Promise<Loaded> {
  const { loss, format, label, features } = settings;
  const memory = settings.memory * 2 ** 20;
  const collector = new LabelCollector(losses[loss].labels, loss);
  const reading = startReading(file);
  const table = await openTable(
    { file, format, label, features, memory, beyond: 'refuse', acceptLabel: collector.accept },
    reading,
  );
  reading.end();
  collector.requireTwoClasses(file);
  const task = makeTask(losses[loss], collector.classes());
  const whole = new Part(table);
  if (settings.test === undefined) {
    const { rest, aside } = whole.setAside(shareAside, testSalt);
    return { task, training: rest, test: aside };
  }
  const testReading = startReading(settings.test);
  const test = await openTable(
    {
      file: settings.test,
      format,
      label,
      features: table.features,
      names: table.names,
      memory,
      beyond: 'ignore',
      acceptLabel: knownLabels(task.classes),
    },
    testReading,
  );
  testReading.end();
  return { task, training: whole, test: new Part(test) };
}
