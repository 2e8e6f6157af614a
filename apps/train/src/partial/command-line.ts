import { Command, InvalidArgumentError, Option } from 'commander';
import { columns, leastMemory, parseReal, parseT0, real, text, version, whole } from '../options.ts';
import { lossNames, type LossName } from '../losses.ts';
import { UsageError } from './failure.ts';

const modes = ['partial', 'merge', 'evaluate', 'predict'] as const;

/** What is done with standard input. */
type Mode = (typeof modes)[number];

/** How a model is trained. Parts that are merged must have been trained alike. */
export interface TrainingOptions {
  readonly features?: number;
  /** As on the command line: separated by commas. */
  readonly classes?: string;
  readonly loss?: LossName;
  readonly epsilon?: number;
  readonly lr?: number | 'auto';
  readonly lambd?: number;
  readonly alpha?: number;
  readonly t0?: number | 'auto';
  readonly weightDecay?: number;
  readonly batch?: number;
  readonly interceptStep?: number;
}

/** How rows are read. */
export interface RowOptions {
  readonly format: 'libsvm' | 'csv';
  readonly label?: string;
  readonly ignore?: string;
  readonly missing: 'error' | 'zero';
  /** MiB that the program may take, without the model. */
  readonly memory: number;
}

/** The command line of a program in a pipe. */
export interface PipeCommand {
  readonly mode: Mode;
  readonly training: TrainingOptions;
  readonly rows: RowOptions;
  /** A file with a part or a model. */
  readonly model: string | undefined;
  /** Where predictions go. */
  readonly predict: string | undefined;
}

/** Whether the command line asks for work in a pipe: by `--partial`, `--merge`, `--evaluate` or `--model`. */
export function worksInPipe(argv: readonly string[]): boolean {
  return argv.some((word) => /^--(?:partial|merge|evaluate|model|model=.*)$/s.test(word));
}

/** @throws UsageError; CommanderError after what it says has been printed */
export function parsePipeCommand(argv: readonly string[]): PipeCommand {
  const program = makeProgram().parse([...argv], { from: 'user' });
  const { model, format, label, ignore, missing, memory, partial, merge, evaluate, predict, ...training } =
    program.opts<TrainingOptions & RowOptions & Actions>();
  const given = { partial, merge, evaluate, predict };
  const [mode, second] = modes.filter((name) => given[name] !== undefined);
  if (mode === undefined) {
    throw new UsageError('found --model alone, expected --partial, --evaluate or --predict with it');
  }
  if (second !== undefined) throw new UsageError(`found --${mode} and --${second}, expected one of them`);
  const rows = {
    format,
    missing,
    memory,
    ...(label !== undefined && { label }),
    ...(ignore !== undefined && { ignore }),
  };
  if (mode !== 'partial') refuseOptions(mode, training);
  if (mode === 'merge' && model !== undefined) {
    throw new UsageError('found --model with --merge, expected parts on standard input only');
  }
  return { mode, training, rows, model, predict };
}

interface Actions {
  readonly partial?: true;
  readonly merge?: true;
  readonly evaluate?: true;
  readonly predict?: string;
  readonly model?: string;
}

function refuseOptions(mode: Mode, training: TrainingOptions): void {
  const [name] = Object.keys(training);
  if (name === undefined) return;
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`found --${flag} with --${mode}, expected it with --partial only: the model has it`);
}

function makeProgram(): Command {
  const program = new Command('asgd-train')
    .description(
      'Trains on rows from standard input, once and in their order, and prints what it learned as a line of JSON: a part, ' +
        'which merges with those of other machines. Rows take constant memory.',
    )
    .usage('--partial|--merge|--evaluate|--predict FILE [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      outputError: (message, write) => write(message.replace(/^error:/, 'asgd-train:')),
    })
    .addHelpText('after', exits);
  program
    .optionsGroup('What to do:')
    .addOption(new Option('--partial', 'rows on standard input: prints a part, or nothing if there are none'))
    .addOption(
      new Option('--merge', 'parts on standard input, one a line: prints the part that they make together'),
    )
    .addOption(
      new Option(
        '--evaluate',
        'rows on standard input: prints loss and errors of --model, average and last iterate',
      ),
    )
    .addOption(text('--predict <file>', 'rows on standard input: writes predictions of --model, as CSV'))
    .addOption(text('--model <file>', 'start from this part or model').env('ASGD_MODEL'));
  program
    .optionsGroup('Rows:')
    .addOption(new Option('--format <name>', 'what rows are').choices(['libsvm', 'csv']).default('libsvm'))
    .addOption(text('--label <column>', 'CSV: the column with the label, by name or position (default: 1)'))
    .addOption(columns('--ignore <columns>', 'CSV: columns to leave out, by name or position: name,2,-1'))
    .addOption(
      new Option('--missing <policy>', 'CSV: what to do where a value is missing')
        .choices(['error', 'zero'])
        .default('error'),
    )
    .addOption(whole('--memory <MiB>', 'memory for everything but the model', leastMemory).default(512));
  program
    .optionsGroup('Training, the same for all parts:')
    .addOption(whole('--features <n>', 'number of features; LIBSVM needs it', 1))
    .addOption(text('--classes <names>', 'all classes, separated by commas: ham,spam'))
    .addOption(new Option('--loss <name>', 'what to minimize (default: log)').choices(lossNames))
    .addOption(
      new Option('--epsilon <x>', 'huber: where the loss becomes linear (default: 1)').argParser(parseReal),
    )
    .addOption(
      new Option(
        '--lr <x>',
        'learning rate of the first step; auto, from the first rows, for a sample',
      ).argParser((value: string) => (value === 'auto' ? value : fromZero(value))),
    )
    .addOption(real('--lambd <x>', 'decay of the weights and of the learning rate (default: 0.0001)', 0))
    .addOption(real('--alpha <x>', "power of the learning rate's decay (default: 0.75)", 0))
    .addOption(
      new Option('--t0 <step>', 'step before averaging begins (default: -1, all are averaged)').argParser(
        parseT0,
      ),
    )
    .addOption(real('--weight-decay <x>', 'L2 penalty (default: 0)', 0))
    .addOption(whole('--batch <n>', 'rows per step (default: 1)', 1, 2 ** 20))
    .addOption(
      real(
        '--intercept-step <x>',
        "the intercept's step, to that of weights (default: LIBSVM 0.01, CSV 1)",
        0,
      ),
    );
  return program.optionsGroup('Other:');
}

function fromZero(value: string): number {
  const number = parseReal(value);
  if (number >= 0) return number;
  throw new InvalidArgumentError('Expected a number, 0 or more, or auto.');
}

const exits = `
Exit status: 0 done; 64 options or the model cannot be used; 65 a row or a part
cannot be used, and would not be next time; 75 reading, writing or memory
failed: try again. The message on standard error begins with the place of the
row: standard input:LINE:COLUMN.
`;
