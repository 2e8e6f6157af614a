import os from 'node:os';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { bench, probeAll } from './bench.ts';
import { drawChart } from './chart.ts';
import { allContenders } from './contenders/index.ts';
import { packageFolder } from './package-folder.ts';
import { describeComparison, type Limits, makePlan } from './plan.ts';
import { measureApart } from './processes.ts';
import { reportProgress } from './progress.ts';
import { save } from './report.ts';
import { quick, thorough } from './sampling.ts';
import { renderReport } from './table.ts';

interface Options {
  readonly quick: boolean;
  readonly only?: string;
  readonly targets: boolean;
  readonly python: string;
  readonly out: string;
  readonly list: boolean;
}

const program = new Command('bench')
  .description('Measures every backend of asgd against its peers, in pairs of samples, as ratios.')
  .option('--quick', 'fewer sizes and shorter samples: under a minute', false)
  .option('--only <text>', 'only the comparisons whose description, as --list prints it, contains this text')
  .option('--targets', 'only the comparisons that a target is about', false)
  .option('--python <path>', 'a Python that has PyTorch', process.env['ASGD_BENCH_PYTHON'] ?? 'python3')
  .option('--out <folder>', 'where the JSON file and the chart go', join(packageFolder(), 'results'))
  .option('--list', 'say what would be compared, and stop', false)
  .addHelpText(
    'after',
    '\nThe environment variable ASGD_BENCH_PYTHON names the Python too.' +
      '\n\nExamples:\n  pnpm bench --quick\n  pnpm bench --only hand-loop\n  pnpm bench --python ~/torch/bin/python',
  )
  .action(run);

await program.parseAsync();

async function run(options: Options): Promise<void> {
  const contenders = allContenders(options.python);
  const limits: Limits = {
    quick: options.quick,
    processors: os.availableParallelism(),
    memory: os.freemem(),
    targetsOnly: options.targets,
    ...(options.only === undefined ? {} : { only: options.only }),
  };
  if (options.list) {
    const { pairings } = makePlan(contenders, await probeAll(contenders), limits);
    const comparisons = pairings.flatMap((pairing) => pairing.comparisons);
    for (const comparison of comparisons) console.log(describeComparison(comparison));
    return;
  }
  const progress = reportProgress(process.stderr);
  const effort = options.quick ? quick : thorough;
  const report = await bench(contenders, {
    limits,
    effort,
    measure: ({ comparisons }, stop) => measureApart({ comparisons, python: options.python, effort }, stop),
    follow: progress.follow,
  });
  progress.end();
  if (report.rows.every(({ outcome }) => outcome.status !== 'measured')) {
    program.error('Nothing was measured: see --list for what --only can choose from.');
  }
  console.log(renderReport(report));
  const files = await save(report, await drawChart(report), options.out);
  console.log(`\nEvery sample, and a chart: ${files.map((file) => relative('', file)).join(', ')}`);
}
