import type { Session } from '../session.ts';
import { count, threeDigits } from './format.ts';

/** What a run will do, in a few lines. */
export function describeRun(session: Session, resumedFrom: string | undefined): string[] {
  const { data, settings, stepsPerEpoch, position } = session;
  const { training, test, heldOut, task, features } = data;
  const { loss, lambd, alpha, weightDecay, batch, seed } = settings;
  const lr = settings.lr === 'auto' ? `${threeDigits(session.lr)} (auto)` : String(settings.lr);
  const goal = task.classes.length === 0 ? 'numeric labels' : count(task.classes.length, 'class', 'classes');
  const aside = heldOut === undefined ? '' : `, ${heldOut.count} held out`;
  const decay = weightDecay === 0 ? '' : `, weight decay ${weightDecay}`;
  const lines = [
    `${training.table.name}: ${count(training.count, 'training row')}${aside}, ` +
      `${count(test.count, 'test row')}, ${count(features, 'feature')}, ${goal}`,
    `${loss} loss, lr ${lr}, lambd ${lambd}, alpha ${alpha}${decay}, batch ${batch}, seed ${seed}`,
    `${count(stepsPerEpoch, 'step')} per epoch; ${averagingLine(session)}`,
  ];
  if (settings.standardize) {
    lines.push('every column of numbers has mean 0 and deviation 1 in the training rows');
  }
  const { name, ignored } = test.table;
  if (ignored > 0) {
    lines.push(`left out ${count(ignored, 'value')} in ${name}, of features that training never saw`);
  }
  if (resumedFrom !== undefined) {
    const at = session.finished
      ? `all ${count(settings.epochs, 'epoch')} done; give a larger --epochs to continue training`
      : `after step ${position.steps}, in epoch ${position.epoch + 1} of ${settings.epochs}`;
    lines.push(`continuing from ${resumedFrom}: ${at}`);
  }
  lines.push('');
  return lines;
}

/** When averaging begins. */
export function averagingLine({ averagingFrom, averagingFromEpoch, settings }: Session): string {
  if (averagingFrom === undefined || averagingFromEpoch === undefined) {
    return 'averaging begins when the held-out loss stops improving';
  }
  const late = averagingFromEpoch > settings.epochs;
  return `averaging from step ${averagingFrom} on, ${late ? 'after the end of this run' : `in epoch ${averagingFromEpoch}`}`;
}
