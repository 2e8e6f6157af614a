import { join } from 'node:path';
import { Command, Option } from 'commander';
import { packageFolder } from './package-folder.ts';

/** What `npm run bench` is asked for. */
export interface Options {
  readonly quick?: true;
  readonly only?: string;
  readonly targets?: true;
  readonly linear?: true;
  readonly python: string;
  readonly out: string;
  readonly list?: true;
}

/** The command line, which hands its options over. */
export function benchCommand(run: (options: Options, command: Command) => Promise<void> | void): Command {
  return new Command('bench')
    .description('Measures how fast each backend of asgd is on this machine, and how that compares.')
    .option('--quick', 'one size and shorter samples: under a minute')
    .option('--only <text>', 'only comparisons whose line in --list contains this text, in any case')
    .option('--targets', 'check the project’s targets, and measure only what they are about')
    .addOption(
      new Option(
        '--linear',
        'measure linear models instead, against scikit-learn, Vowpal Wabbit and C',
      ).conflicts(['only', 'list']),
    )
    .option(
      '--python <path>',
      'a Python that has PyTorch, or with --linear scikit-learn',
      process.env['ASGD_BENCH_PYTHON'] ?? 'python3',
    )
    .option('--out <folder>', 'where the JSON file and the chart go', join(packageFolder(), 'results'))
    .option('--list', 'list what would be compared, and stop')
    .addHelpText(
      'after',
      '\nThe environment variable ASGD_BENCH_PYTHON can name the Python too.' +
        '\n\nExamples:\n  npm run bench -- --quick\n  npm run bench -- --only hand-loop\n  npm run bench -- --python ~/torch/bin/python',
    )
    .action((options: Options, command: Command) => run(options, command));
}
