import { NonMonotoneTrigger } from '@asgd/core';
import { autoStep } from '@asgd/linear';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import type { Cut } from './data/chunks.ts';
import type { Reading } from './data/bytes.ts';
import type { Data } from './data/load.ts';
import type { Subset } from './data/subset.ts';
import { evaluate } from './evaluate.ts';
import type { EpochRecord } from './history.ts';
import { Interrupted } from './interrupt.ts';
import { makeModel, type Model, readModel } from './model.ts';
import type { Settings } from './options.ts';
import { type Position, trainEpoch } from './train.ts';

/** Practically never. Unlike Infinity, a checkpoint can hold it. */
const never: number = Number.MAX_SAFE_INTEGER;

/** `--t0 auto` checks the held-out loss this many times per epoch. */
const looksPerEpoch = 4;

/** Observes the progress of an epoch. */
export interface Watch {
  /** Called after every chunk, with the number of steps since the beginning. */
  onSteps?(steps: number): void;
  /** Called when `--t0 auto` lets averaging begin. */
  onTrigger?(): void;
}

/** A run from its first step to its last: the model, its position and its history. */
export class Session {
  readonly settings: Settings;
  readonly data: Data;
  readonly stepsPerEpoch: number;
  /** The learning rate, with `auto` resolved. */
  readonly lr: number;
  readonly history: EpochRecord[] = [];
  #model: Model;
  #t0: number;
  #position: Position = { epoch: 0, rows: 0, steps: 0, lossSum: 0 };
  #trigger = new NonMonotoneTrigger();

  constructor(settings: Settings, data: Data) {
    const { lambd, alpha, weightDecay, t0, batch, kernels, epsilon } = settings;
    const { task, interceptStep } = data;
    this.settings = settings;
    this.data = data;
    this.stepsPerEpoch = Math.ceil(data.training.count / batch);
    this.lr = settings.lr === 'auto' ? autoStep(task.loss.linear, data.squaredNorms) : settings.lr;
    const starts = { 'half-epoch': Math.floor(this.stepsPerEpoch / 2), auto: never };
    this.#t0 = typeof t0 === 'number' ? t0 : starts[t0];
    const options = { lambd, alpha, weightDecay, batchSize: batch, interceptStep, kernels };
    this.#model = makeModel(task, { ...options, lr: this.lr, t0: this.#t0 }, epsilon);
  }

  get position(): Readonly<Position> {
    return this.#position;
  }

  /** What `--t0 auto` has seen. */
  get heldOutLosses(): readonly number[] {
    return this.#trigger.losses;
  }

  get finished(): boolean {
    return this.#position.epoch >= this.settings.epochs;
  }

  /** The first step whose iterate is in the average; `undefined` while `--t0 auto` waits. */
  get averagingFrom(): number | undefined {
    // SPEC.md: the average equals the iterate through step t0 + 2, and is the mean of the iterates since then.
    return this.#t0 === never ? undefined : Math.max(1, Math.floor(this.#t0) + 2);
  }

  /** The first epoch with an iterate in the average. */
  get averagingFromEpoch(): number | undefined {
    return this.averagingFrom === undefined ? undefined : Math.ceil(this.averagingFrom / this.stepsPerEpoch);
  }

  /** Whether the average differs from the last iterate. */
  get averaging(): boolean {
    return this.averagingFrom !== undefined && this.#position.steps > this.averagingFrom;
  }

  /** Continues where a checkpoint was made. @throws ModelError of `@asgd/linear` */
  restore({ model, position, heldOutLosses, history }: Checkpoint): void {
    if (model !== null) {
      this.#model = readModel(this.data.task, model, this.settings.kernels);
      this.#t0 = model.t0;
    }
    this.#position = { ...position };
    this.#trigger = new NonMonotoneTrigger(heldOutLosses);
    for (const epoch of history) this.history.push(epoch);
  }

  checkpoint(): Checkpoint {
    const { data, settings, history } = this;
    return {
      settings,
      shape: { features: data.features, classes: data.task.classes },
      data: { training: data.training.table.fingerprint, test: data.test.table.fingerprint },
      preparation: data.preparation,
      position: { ...this.#position },
      heldOutLosses: [...this.heldOutLosses],
      history: [...history],
      model: this.#position.steps === 0 ? null : this.#model.toData(),
    };
  }

  /** The model with its last weights, and with their average; `null` for the average while they are the same. */
  models(): { last: Model; average: Model | null } {
    return { last: this.#model.lastIterate(), average: this.averaging ? this.#model : null };
  }

  /** Trains to the end of the epoch and tests. Returns its record, or `undefined` if it was stopped before. */
  async runEpoch(signal: AbortSignal, watch: Watch = {}): Promise<EpochRecord | undefined> {
    try {
      return await this.#epoch({ signal }, signal, watch);
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      throw error;
    }
  }

  async #epoch(reading: Reading, signal: AbortSignal, watch: Watch): Promise<EpochRecord | undefined> {
    const { data, settings, lr } = this;
    const { lambd, alpha, seed } = settings;
    const position = this.#position;
    const rowsPerSecond = await trainEpoch(
      {
        subset: data.training,
        task: data.task,
        model: this.#model,
        lr,
        seed,
        cut: this.#cut,
        signal,
        reading,
        afterChunk: ({ steps }, made) => this.#look(steps, made, watch),
      },
      position,
    );
    if (position.rows < data.training.count) return undefined;

    const { last, average } = this.models();
    const models = average === null ? [last] : [last, average];
    const [ofLast, ofAverage = null] = await evaluate(data.test, models, data.task, reading);
    if (ofLast === undefined) throw new Error('an epoch ended without a model');
    const { steps } = position;
    const record: EpochRecord = {
      epoch: position.epoch + 1,
      steps,
      trainLoss: position.lossSum / position.rows,
      last: ofLast,
      average: ofAverage,
      eta: lr / (1 + lambd * lr * steps) ** alpha,
      mu: 1 / Math.max(1, steps - this.#t0),
      rowsPerSecond,
    };
    this.history.push(record);
    this.#position = { epoch: position.epoch + 1, rows: 0, steps, lossSum: 0 };
    return record;
  }

  /** Chunks are short enough to look at the held-out rows, and to stop, a few times per epoch. */
  get #cut(): Cut {
    return { batch: this.settings.batch, most: this.#looksEvery };
  }

  get #looksEvery(): number {
    return Math.ceil(this.stepsPerEpoch / looksPerEpoch);
  }

  /** `--t0 auto`: checks the held-out loss now and then, and begins averaging when it stops improving. */
  #look(steps: number, made: number, watch: Watch): Promise<void> | undefined {
    watch.onSteps?.(steps);
    const { heldOut } = this.data;
    if (heldOut === undefined || this.averagingFrom !== undefined) return undefined;
    // Chunks end where they end: this is the first after each quarter of an epoch.
    const quarter = (step: number): number => Math.floor(step / this.#looksEvery);
    if (quarter(steps) === quarter(steps - made)) return undefined;
    return this.#lookAt(heldOut, steps, watch);
  }

  async #lookAt(heldOut: Subset, steps: number, watch: Watch): Promise<void> {
    const [found] = await evaluate(heldOut, [this.#model.lastIterate()], this.data.task);
    if (found === undefined || !this.#trigger.observe(found.loss)) return;
    // t0 = s - 1 makes the average the mean of the iterates from step s + 1, the next one, on.
    this.#t0 = steps - 1;
    this.#model.startAveraging();
    watch.onTrigger?.();
  }
}
