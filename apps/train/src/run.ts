import { basename } from 'node:path';
import { AsgdError } from '@asgd/core';
import {
  type Checkpoint,
  loadCheckpoint,
  requireFit,
  requirePlace,
  requirePreparation,
  saveCheckpoint,
} from './checkpoint/checkpoint.ts';
import { sizeOf } from './data/bytes.ts';
import { loadData, type StartReading } from './data/load.ts';
import { UserError } from './errors.ts';
import type { EpochRecord } from './history.ts';
import { Interrupted, interruptedStatus } from './interrupt.ts';
import type { CommandLine, Outputs } from './options.ts';
import { threeDigits } from './output/format.ts';
import { averagingLine, describeRun } from './output/heading.ts';
import { plot } from './output/plot.ts';
import { predictions } from './output/predictions.ts';
import { makeProgress, type Progress } from './output/progress.ts';
import { report } from './output/report.ts';
import { summarize } from './output/summary.ts';
import { EpochTable } from './output/table.ts';
import { requireOutputs } from './outputs.ts';
import { replaceFile } from './replace-file.ts';
import { Session } from './session.ts';
import { settle } from './settings.ts';

/** Does what the command line says. Returns the exit status. Stops in an orderly way when the signal is aborted. */
export async function run({ given, outputs, resume }: CommandLine, signal: AbortSignal): Promise<number> {
  const resumed = resume === undefined ? undefined : { file: resume, checkpoint: loadCheckpoint(resume) };
  const settings = settle(given, resumed);
  requireOutputs({ outputs, resume }, settings);

  const progress = makeProgress();
  try {
    const data = await loadData(settings, readingShown(progress, signal));
    signal.throwIfAborted();
    const session = new Session(settings, data);
    if (resumed !== undefined) {
      const { file, checkpoint } = resumed;
      const fingerprints = { training: data.training.table.fingerprint, test: data.test.table.fingerprint };
      const { features, task, training } = data;
      requireFit(file, checkpoint, { features, classes: task.classes }, fingerprints);
      requirePreparation(file, checkpoint.preparation, data.preparation);
      requirePlace(file, checkpoint, training.count);
      restore(session, file, checkpoint);
    }
    for (const line of describeRun(session, resume)) progress.line(line);
    const finished = await train(session, outputs, progress, signal);
    if (finished === undefined) return statusOf(signal);
    await writeResults(session, outputs, finished, progress);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.stop();
    progress.line('Stopped before the first step: nothing was trained or written.');
    return error.status;
  } finally {
    progress.stop();
  }
}

function restore(session: Session, file: string, checkpoint: Checkpoint): void {
  try {
    session.restore(checkpoint);
  } catch (error) {
    if (!(error instanceof AsgdError)) throw error;
    throw new UserError(`${file} is not a checkpoint of a run: ${error.message}`);
  }
}

/** Shows the reading of a file as progress. */
function readingShown(progress: Progress, signal: AbortSignal): StartReading {
  return (file) => {
    const name = basename(file);
    const short = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    progress.start({ label: () => `reading ${short}`, total: sizeOf(file), unit: 'MB', perUnit: 1e6 });
    return { signal, onRead: (bytes) => progress.update(bytes), end: () => progress.stop() };
  };
}

/** Trains to the end. Returns the last record, or `undefined` if it was stopped before. */
async function train(
  session: Session,
  { save }: Outputs,
  progress: Progress,
  signal: AbortSignal,
): Promise<EpochRecord | undefined> {
  const { settings, data, stepsPerEpoch } = session;
  const { epochs } = settings;
  const table = new EpochTable(data.task.loss.labels === 'numbers');
  if (!session.finished) {
    progress.line(table.header());
    progress.start({
      label: () => `epoch ${Math.min(session.position.epoch + 1, epochs)}/${epochs}`,
      total: stepsPerEpoch * epochs,
      from: session.position.steps,
      unit: 'steps',
    });
  }
  while (!session.finished) {
    const record = await session.runEpoch(signal, {
      onSteps: (steps) => progress.update(steps),
      onTrigger: () => progress.line(`${averagingLine(session)}: the held-out loss stopped improving`),
    });
    if (record !== undefined) progress.line(table.row(record));
    if (save !== undefined) await saveCheckpoint(save, session.checkpoint());
    if (record === undefined || (signal.aborted && !session.finished)) {
      progress.stop();
      for (const line of whereStopped(session, save)) progress.line(line);
      return undefined;
    }
  }
  progress.stop();
  return session.history.at(-1);
}

function whereStopped({ position, settings, data }: Session, save: string | undefined): string[] {
  const { epoch, rows, steps } = position;
  const into = rows === 0 ? 'at the end' : `${Math.floor((100 * rows) / data.training.count)} % into`;
  const where = `epoch ${rows === 0 ? epoch : epoch + 1} of ${settings.epochs}`;
  const saved =
    save === undefined
      ? 'Nothing was saved: give --save FILE to be able to resume.'
      : `Saved to ${save}; continue with --resume ${save}.`;
  return [`Stopped after step ${steps}, ${into} ${rows === 0 ? 'of ' : ''}${where}.`, saved];
}

function statusOf({ reason }: AbortSignal): number {
  return reason instanceof Interrupted ? reason.status : interruptedStatus;
}

async function writeResults(
  session: Session,
  { save, predict, json, plot: svg }: Outputs,
  record: EpochRecord,
  progress: Progress,
): Promise<void> {
  const { data, settings, history, stepsPerEpoch, averagingFrom } = session;
  const numbers = data.task.loss.labels === 'numbers';
  const summary = summarize({ record, averagingFrom, testRows: data.test.count, numbers });
  progress.line('');
  progress.line(summary);
  const written: string[] = save === undefined ? [] : [`checkpoint ${save}`];
  if (predict !== undefined) {
    const { last, average } = session.models();
    await replaceFile(predict, predictions(data.test, average ?? last, data.task));
    written.push(`predictions ${predict}`);
  }
  if (json !== undefined) {
    await replaceFile(json, report(session, summary));
    written.push(`report ${json}`);
  }
  if (svg !== undefined) {
    const content = {
      title: `Averaged SGD: ${settings.loss} on ${data.training.table.name}`,
      subtitle: `lr ${threeDigits(session.lr)}, lambd ${settings.lambd}, alpha ${settings.alpha}, batch ${settings.batch}, seed ${settings.seed}`,
      history,
      averagingFrom: averagingFrom === undefined ? undefined : averagingFrom / stepsPerEpoch,
      numbers,
    };
    await replaceFile(svg, [await plot(content)]);
    written.push(`plot ${svg}`);
  }
  if (written.length > 0) progress.line(`Written: ${written.join(', ')}.`);
}
