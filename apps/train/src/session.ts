import { ASGD, type Backend, NonMonotoneTrigger } from '@asgd/core';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import type { Reading } from './data/bytes.ts';
import type { Data } from './data/load.ts';
import type { Subset } from './data/subset.ts';
import { evaluate } from './evaluate.ts';
import type { EpochRecord } from './history.ts';
import { Interrupted } from './interrupt.ts';
import { BackendModel } from './model/backend-model.ts';
import type { Linear } from './model/linear.ts';
import type { Settings } from './options.ts';
import { type Position, trainEpoch } from './train.ts';

/** Practically never. Unlike Infinity, a checkpoint can hold it. */
const never: number = Number.MAX_SAFE_INTEGER;

/** `--t0 auto` checks the held-out loss this many times per epoch. */
const looksPerEpoch = 4;

/** Observes the progress of an epoch. */
export interface Watch {
  /** Called after every step, with the number of steps since the beginning. */
  onStep?(steps: number): void;
  /** Called when `--t0 auto` lets averaging begin. */
  onTrigger?(): void;
}

/** A run from its first step to its last: the model, its optimizer, their position and their history. */
export class Session {
  readonly settings: Settings;
  readonly data: Data;
  readonly stepsPerEpoch: number;
  readonly history: EpochRecord[] = [];
  readonly #model: BackendModel;
  readonly #optimizer: ASGD;
  #position: Position = { epoch: 0, rows: 0, steps: 0, lossSum: 0 };
  #trigger = new NonMonotoneTrigger();

  constructor(settings: Settings, data: Data, backend: Backend) {
    const { lr, lambd, alpha, weightDecay, t0, batch } = settings;
    this.settings = settings;
    this.data = data;
    this.stepsPerEpoch = Math.ceil(data.training.count / batch);
    this.#model = new BackendModel(backend, data.features, data.task.outputs);
    const starts = { 'half-epoch': Math.floor(this.stepsPerEpoch / 2), auto: never };
    const options = { lr, lambd, alpha, weightDecay, t0: typeof t0 === 'number' ? t0 : starts[t0] };
    this.#optimizer = new ASGD([this.#model.weight, this.#model.bias], options);
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
    const t0 = this.#optimizer.paramGroups[0]?.t0 ?? never;
    return t0 === never ? undefined : Math.max(1, Math.floor(t0) + 2);
  }

  /** The first epoch with an iterate in the average. */
  get averagingFromEpoch(): number | undefined {
    return this.averagingFrom === undefined ? undefined : Math.ceil(this.averagingFrom / this.stepsPerEpoch);
  }

  /** Whether the average differs from the last iterate. */
  get averaging(): boolean {
    return this.averagingFrom !== undefined && this.#position.steps > this.averagingFrom;
  }

  /** Continues where a checkpoint was made. */
  restore(checkpoint: Checkpoint): void {
    this.#model.write(checkpoint.parameters);
    this.#optimizer.loadStateDict(checkpoint.optimizer);
    this.#position = { ...checkpoint.position };
    this.#trigger = new NonMonotoneTrigger(checkpoint.heldOutLosses);
    for (const epoch of checkpoint.history) this.history.push(epoch);
  }

  async checkpoint(): Promise<Checkpoint> {
    const { data, settings, history } = this;
    return {
      settings,
      shape: { features: data.features, classes: data.task.classes },
      data: { training: data.training.table.fingerprint, test: data.test.table.fingerprint },
      preparation: data.preparation,
      position: { ...this.#position },
      heldOutLosses: [...this.heldOutLosses],
      history: [...history],
      parameters: await this.#model.snapshot(),
      optimizer: await this.#optimizer.stateDict(),
    };
  }

  /** Copies of the model and of its average; `null` for the average while they are the same. */
  async models(): Promise<{ last: Linear; average: Linear | null }> {
    const last = await this.#model.snapshot();
    if (!this.averaging) return { last, average: null };
    const [weight, bias] = await Promise.all([
      this.#optimizer.averageOf(this.#model.weight).read(),
      this.#optimizer.averageOf(this.#model.bias).read(),
    ]);
    return { last, average: { weight, bias } };
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
    const { data, settings } = this;
    const position = this.#position;
    const times = await trainEpoch(
      {
        subset: data.training,
        task: data.task,
        model: this.#model,
        optimizer: this.#optimizer,
        batch: settings.batch,
        seed: settings.seed,
        signal,
        reading,
        afterStep: ({ steps }) => this.#look(steps, watch),
      },
      position,
    );
    if (position.rows < data.training.count) return undefined;

    const { last, average } = await this.models();
    const models = average === null ? [last] : [last, average];
    const [ofLast, ofAverage = null] = await evaluate(data.test, models, data.task, reading);
    const state = this.#optimizer.state.get(this.#model.weight);
    if (ofLast === undefined || state === undefined) throw new Error('an epoch ended without a step');
    const record: EpochRecord = {
      epoch: position.epoch + 1,
      steps: position.steps,
      trainLoss: position.lossSum / position.rows,
      last: ofLast,
      average: ofAverage,
      eta: state.eta,
      mu: state.mu,
      stepMicroseconds: times.step.median(),
      updateMicroseconds: times.update.median(),
    };
    this.history.push(record);
    this.#position = { epoch: position.epoch + 1, rows: 0, steps: position.steps, lossSum: 0 };
    return record;
  }

  /** `--t0 auto`: checks the held-out loss now and then, and begins averaging when it stops improving. */
  #look(steps: number, watch: Watch): Promise<void> | undefined {
    watch.onStep?.(steps);
    const { heldOut } = this.data;
    const every = Math.ceil(this.stepsPerEpoch / looksPerEpoch);
    if (heldOut === undefined || this.averagingFrom !== undefined || steps % every !== 0) return undefined;
    return this.#lookAt(heldOut, steps, watch);
  }

  async #lookAt(heldOut: Subset, steps: number, watch: Watch): Promise<void> {
    const [found] = await evaluate(heldOut, [await this.#model.values()], this.data.task);
    const [group] = this.#optimizer.paramGroups;
    if (found === undefined || group === undefined || !this.#trigger.observe(found.loss)) return;
    // t0 = s - 1 makes the average the mean of the iterates from step s + 1, the next one, on.
    group.t0 = steps - 1;
    watch.onTrigger?.();
  }
}
