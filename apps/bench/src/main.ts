import os from 'node:os';
import { relative } from 'node:path';
import type { Command } from 'commander';
import { bench, probeAll } from './bench.ts';
import { drawChart } from './chart.ts';
import { allContenders } from './contenders/index.ts';
import { benchCommand, type Options } from './options.ts';
import { benchLinear } from './linear/bench.ts';
import { mails } from './linear/mails.ts';
import { rcv1Like } from './linear/rcv1-like.ts';
import { renderLinear, saveLinear } from './linear/report.ts';
import { describeComparison, type Limits, makePlan } from './plan.ts';
import { measureApart } from './processes.ts';
import { reportProgress } from './progress.ts';
import { renderReport } from './render.ts';
import { save } from './report.ts';
import { quick, thorough } from './sampling.ts';

await benchCommand(run).parseAsync();

async function run(options: Options, command: Command): Promise<void> {
  if (options.linear) return runLinear(options);
  const contenders = allContenders(options.python);
  const limits: Limits = {
    quick: options.quick ?? false,
    processors: os.availableParallelism(),
    memory: os.freemem(),
    targetsOnly: options.targets ?? false,
    ...(options.only === undefined ? {} : { only: options.only }),
  };
  if (options.list) {
    const { pairings } = makePlan(contenders, await probeAll(contenders), limits);
    const comparisons = pairings.flatMap((pairing) => pairing.comparisons);
    for (const comparison of comparisons) console.log(describeComparison(comparison));
    return;
  }
  const progress = reportProgress(process.stderr);
  const effort = limits.quick ? quick : thorough;
  const report = await bench(contenders, {
    limits,
    effort,
    measure: ({ comparisons }, stop) => measureApart({ comparisons, python: options.python, effort }, stop),
    follow: progress.follow,
  });
  progress.end();
  if (report.rows.every(({ outcome }) => outcome.status !== 'measured')) {
    command.error('Nothing was measured. --list shows what --only can choose from.');
  }
  console.log(renderReport(report));
  const files = await save(report, await drawChart(report), options.out);
  console.log(`\nEvery sample, and a chart:\n${files.map((file) => `  ${relative('', file)}`).join('\n')}`);
}

async function runLinear({ python, quick: isQuick, targets: hasTargets, out }: Options): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1)); // cleans up
  const progress = reportProgress(process.stderr);
  const report = await benchLinear([mails, rcv1Like], {
    python,
    isQuick: isQuick ?? false,
    hasTargets: hasTargets ?? false,
    follow: progress.follow,
    keep: async (known) => saveLinear(known, out),
  });
  progress.end();
  console.log(renderLinear(report));
  console.log(`\nEvery sample:\n  ${relative('', await saveLinear(report, out))}`);
}
