import * as tf from '@tensorflow/tfjs';
import type { BackendName } from './backends.ts';
import { drawChart, percent } from './chart.ts';
import { fetchDigits } from './digits.ts';
import { type Epoch, type Settings, stepsPerEpoch, train } from './training.ts';

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

const valueOf = (id: string): string => (element(id) as HTMLInputElement | HTMLSelectElement).value.trim();
const say = (id: string, text: string): void => {
  element(id).textContent = text;
};

/** What is shown, and whether it is still growing. */
let settings = readSettings();
let points: Epoch[] = [];
let state: 'idle' | 'training' | 'stopping' = 'idle';
let digits: Promise<Uint8Array> | undefined;

function readSettings(): Settings {
  const t0 = valueOf('t0');
  return {
    backend: valueOf('backend') as BackendName,
    lr: Number(valueOf('lr')),
    t0: t0 === 'auto' ? 'auto' : Number(t0),
    epochs: Number(valueOf('epochs')),
  };
}

async function run(): Promise<void> {
  settings = readSettings();
  points = [];
  enter('training');
  say('error', '');
  say('status', `Training on ${settings.backend} …`);
  show();
  try {
    digits ??= fetchDigits();
    await train(await digits, settings, {
      started: ({ path, pathReason }) => say('path', describePath(path, pathReason)),
      epochEnded(epoch) {
        points.push(epoch);
        show();
        say(
          'status',
          `Epoch ${epoch.epoch} of ${settings.epochs} on ${settings.backend}. ${describePhase(epoch)}`,
        );
      },
      isStopped: () => state === 'stopping',
    });
    say(
      'status',
      `${state === 'stopping' ? 'Stopped' : 'Done'} after ${points.length} of ${settings.epochs} epochs.`,
    );
  } catch (error) {
    digits = undefined;
    say('status', 'Training ended early.');
    say('error', error instanceof Error ? error.message : String(error));
  } finally {
    enter('idle');
  }
}

function enter(next: typeof state): void {
  state = next;
  (element('fields') as HTMLFieldSetElement).disabled = state !== 'idle';
  say('train', state === 'idle' ? 'Train' : 'Stop');
}

function describePath(path: string, reason: string | undefined): string {
  return path === 'shared'
    ? 'optimizer.path is "shared": steps update TensorFlow.js’s tensors where they are.'
    : `optimizer.path is "${path}": every step copies. ${reason ?? ''}`;
}

function describePhase({ epoch, isAveraging }: Epoch): string {
  if (isAveraging) return 'The average is of all steps since averaging began.';
  return settings.t0 === 'auto'
    ? 'Averaging begins when the held-out loss stops improving.'
    : `Averaging begins at step ${settings.t0}; this is step ${epoch * stepsPerEpoch}.`;
}

function show(): void {
  const end = points.at(-1);
  say('last', end ? percent(end.last) : '–');
  say('average', end ? percent(end.average) : '–');
  const rows = points.map(({ epoch, last, average }) => {
    const row = document.createElement('tr');
    for (const text of [String(epoch), percent(last), percent(average)]) row.insertCell().textContent = text;
    return row;
  });
  element('numbers').replaceChildren(...rows);
  draw();
}

function draw(): void {
  const { clientWidth: width, clientHeight: height } = element('chart');
  const { epochs, t0 } = settings;
  // An average is that of the end of an epoch, so with 'auto' the last one without averaging is where it begins.
  const begins =
    t0 === 'auto'
      ? points[points.findIndex(({ isAveraging }) => isAveraging) - 1]?.epoch
      : t0 / stepsPerEpoch;
  element('chart').innerHTML = drawChart({ points, epochs, begins }, { width, height });
}

tf.env().set('PROD', true); // no checks of shapes in each operation
new ResizeObserver(draw).observe(element('chart'));
element('settings').addEventListener('submit', (event) => {
  event.preventDefault();
  if (state === 'idle') void run();
  else enter('stopping');
});
