import { Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { defaultHashColumns, parseColumnList } from './data/columns.ts';
import { type MissingPolicy, missingPolicies } from './data/missing.ts';
import { parseNumber } from './data/number.ts';
import { leastForRows, programMemory } from './data/memory.ts';
import type { Format } from './data/parser.ts';
import { examples } from './help.ts';
import { printable } from './output/printable.ts';
import { lossNames, type LossName } from './losses.ts';

export const kernelNames = ['auto', 'wasm', 'typescript'] as const;
/** What trains: WebAssembly or TypeScript, with the same bits. */
type Kernels = (typeof kernelNames)[number];

/** Everything that determines a run's numbers, and `epochs` and `kernels`, which a resumed run may change. */
export interface Settings {
  readonly data?: string | undefined;
  readonly test?: string | undefined;
  readonly format?: Format | undefined;
  readonly label?: string | undefined;
  /** Columns, as a line of CSV. */
  readonly ignore?: string | undefined;
  /** Columns, as a line of CSV. */
  readonly categorical?: string | undefined;
  /** Columns, as a line of CSV. */
  readonly hashed?: string | undefined;
  /** Columns, as a line of CSV. */
  readonly text?: string | undefined;
  /** How many features a hashed column or one of text has. */
  readonly hashColumns: number;
  readonly missing: MissingPolicy;
  readonly standardize: boolean;
  readonly features?: number | undefined;
  /** MiB that the program may take. */
  readonly memory: number;
  readonly loss: LossName;
  /** `'auto'`: by the lengths of the rows. */
  readonly lr: number | 'auto';
  /** Where Huber's loss becomes linear. */
  readonly epsilon: number;
  readonly lambd: number;
  readonly alpha: number;
  /** `'half-epoch'`: half the number of steps in an epoch. */
  readonly t0: number | 'half-epoch' | 'auto';
  readonly weightDecay: number;
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
  readonly kernels: Kernels;
}

/** Where results go. */
export interface Outputs {
  readonly save?: string | undefined;
  readonly predict?: string | undefined;
  readonly json?: string | undefined;
  readonly plot?: string | undefined;
}

export interface CommandLine {
  /** Only what the command line gives. Defaults or a checkpoint supply the rest. */
  readonly given: Partial<Settings>;
  readonly outputs: Outputs;
  readonly resume: string | undefined;
}

/** Settings of a run on files. */
export const defaults: Settings = {
  memory: 512,
  hashColumns: defaultHashColumns,
  missing: 'error',
  standardize: false,
  loss: 'softmax',
  lr: 'auto',
  epsilon: 1,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 'half-epoch',
  weightDecay: 0,
  epochs: 20,
  batch: 1,
  seed: 1,
  kernels: 'auto',
};

/** Settings of a run without data: digits in a few seconds, with an average far better than the last iterate. */
export const digitsDefaults: Settings = { ...defaults, lr: 0.5, batch: 10 };

/** Leaves some memory for rows. */
export const leastMemory: number = programMemory + leastForRows;

export const version: string = packageJson.version;

/** Reads the command line. For help, the version or a mistake, it prints that and ends the program. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const program = makeProgram().parse([...argv], { from: 'user' });
  const { save, predict, json, plot, resume, ...given } = program.opts<
    Partial<Settings> & Outputs & Resume
  >();
  return { given, outputs: { save, predict, json, plot }, resume };
}

interface Resume {
  readonly resume?: string;
}

function makeProgram(): Command {
  const program = new Command('asgd-train')
    .description(
      'Trains a linear model by averaged stochastic gradient descent (ASGD), and shows what averaging the iterates ' +
        'does. Without --data, it learns to read handwritten digits.',
    )
    .usage('[options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (message, write) => {
        const lines = message.replace(/^error:/, 'asgd-train:').split('\n');
        write(lines.map(printable).join('\n'));
      },
    })
    .showHelpAfterError('(asgd-train --help shows all options)')
    .addHelpText('after', examples);

  program
    .optionsGroup('Data:')
    .addOption(
      text(
        '--data <file>',
        'training data, LIBSVM or CSV, plain or gzipped (default: handwritten digits, if the package mnist is there)',
      ),
    )
    .addOption(text('--test <file>', 'test data (default: one row in ten of --data, set aside)'))
    .addOption(
      new Option('--format <name>', 'what --data and --test are (default: detected)').choices([
        'libsvm',
        'csv',
      ]),
    )
    .addOption(
      text(
        '--label <column>',
        'CSV: the column with the label, by name or position; -1 is the last (default: 1)',
      ),
    )
    .addOption(columns('--ignore <columns>', 'CSV: columns to leave out, by name or position: name,2,-1'))
    .addOption(
      columns('--categorical <columns>', 'CSV: columns whose different values are features of 0 and 1'),
    )
    .addOption(columns('--hashed <columns>', 'CSV: columns of categories, however many, hashed to features'))
    .addOption(columns('--text <columns>', 'CSV: columns whose words are features, by tf-idf'))
    .addOption(
      whole(
        '--hash-columns <n>',
        `features of each column of --hashed and --text ${shown('hashColumns')}`,
        1,
        2 ** 30,
      ),
    )
    .addOption(
      new Option(
        '--missing <policy>',
        `CSV: what to do where a value is missing ${shown('missing')}`,
      ).choices(missingPolicies),
    )
    .addOption(
      new Option('--standardize', 'CSV: scale columns to mean 0 and deviation 1 in the training rows'),
    )
    .addOption(
      whole('--features <n>', 'LIBSVM: number of features (default: the largest index in --data)', 1),
    )
    .addOption(whole('--memory <MiB>', `memory that the program may take ${shown('memory')}`, leastMemory));

  program
    .optionsGroup('Model and training:')
    .addOption(new Option('--loss <name>', `what to minimize ${shown('loss')}`).choices(lossNames))
    .addOption(
      new Option(
        '--lr <x>',
        `learning rate of the first step (default: auto, by the lengths of rows; ${digitsDefaults.lr} for the digits)`,
      ).argParser(parseRate),
    )
    .addOption(
      new Option('--epsilon <x>', `huber: where the loss becomes linear ${shown('epsilon')}`).argParser(
        parseEpsilon,
      ),
    )
    .addOption(real('--lambd <x>', `decay of the weights and of the learning rate ${shown('lambd')}`, 0))
    .addOption(real('--alpha <x>', `power of the learning rate's decay ${shown('alpha')}`, 0))
    .addOption(
      new Option('--t0 <step>', 'step before averaging begins, or auto (default: half an epoch)').argParser(
        parseT0,
      ),
    )
    .addOption(real('--weight-decay <x>', `L2 penalty ${shown('weightDecay')}`, 0))
    .addOption(new Option('--l1 [x]').argParser(refuseL1).preset('').hideHelp())
    .addOption(whole('--epochs <n>', `passes over the training data ${shown('epochs')}`, 1))
    .addOption(
      whole(
        '--batch <n>',
        `rows per step (default: ${defaults.batch}, or ${digitsDefaults.batch} for the digits)`,
        1,
      ),
    )
    .addOption(
      whole('--seed <n>', `of the order of rows: same seed, same numbers ${shown('seed')}`, 0, 2 ** 32 - 1),
    )
    .addOption(
      new Option('--kernels <name>', `what trains, with the same numbers ${shown('kernels')}`).choices(
        kernelNames,
      ),
    );

  return program
    .optionsGroup('Results:')
    .addOption(text('--save <file>', 'checkpoint, written after every epoch and on Ctrl-C'))
    .addOption(text('--resume <file>', 'continue from a checkpoint, bit for bit as if never stopped'))
    .addOption(text('--predict <file>', "the average's predictions for the test data, as CSV"))
    .addOption(text('--json <file>', 'settings, history, results and models'))
    .addOption(text('--plot <file>', 'loss and error against epochs, as SVG'))
    .optionsGroup('Other:');
}

function shown(name: keyof Settings): string {
  return `(default: ${String(defaults[name])})`;
}

export function text(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    if (value === '') throw new InvalidArgumentError('Expected a value, but got an empty one.');
    return value;
  });
}

export function columns(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    if (parseColumnList(value) !== undefined) return value;
    throw new InvalidArgumentError(
      'Expected names or positions of columns, separated by commas; a name with a comma or a quote in it is in quotes.',
    );
  });
}

export function whole(flags: string, description: string, least: number, most: number = 2 ** 31 - 1): Option {
  return new Option(flags, description).argParser((value: string) => {
    // Only digits: a text that rounds to a whole number, such as 1e-400, was not meant as one.
    const number = /^[+-]?\d+$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  });
}

export function real(flags: string, description: string, least: number): Option {
  return new Option(flags, description).argParser((value: string) => {
    const number = parseReal(value);
    if (number >= least) return number;
    throw new InvalidArgumentError(`Expected a number, ${least} or more.`);
  });
}

function parseRate(value: string): number | 'auto' {
  if (value === 'auto') return value;
  const number = parseReal(value);
  if (number >= 0) return number;
  throw new InvalidArgumentError('Expected a number, 0 or more, or auto.');
}

function parseEpsilon(value: string): number {
  const number = parseReal(value);
  if (number > 0) return number;
  throw new InvalidArgumentError('Expected a number above 0.');
}

function refuseL1(): never {
  throw new InvalidArgumentError(
    'There is no L1 penalty here: the average of sparse iterates is not sparse. Use --weight-decay, an L2 penalty.',
  );
}

export function parseT0(value: string): number | 'auto' {
  if (value === 'auto') return value;
  // Below -1, or between whole numbers, the average is not the plain mean of the iterates from some step on.
  const number = /^[+-]?\d+$/.test(value) ? Number(value) : NaN;
  if (number >= -1 && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('Expected a whole number of steps from -1, or auto.');
}

/** A number in decimal notation, else NaN. Refuses what float64 would round to 0 or infinity. */
export function parseReal(value: string): number {
  const bytes = Buffer.from(value);
  const number = parseNumber(bytes, 0, bytes.length);
  if (Math.abs(number) === Infinity) throw new InvalidArgumentError(`Expected at most ${Number.MAX_VALUE}.`);
  if (number === 0 && /^[^e]*[1-9]/i.test(value)) {
    throw new InvalidArgumentError(`Expected 0, or at least ${Number.MIN_VALUE}.`);
  }
  return number;
}
