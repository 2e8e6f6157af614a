import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine, type EngineOptions } from '../src/engine.ts';
import { type LossName, losses } from '../src/loss.ts';
import { PlainRunner } from '../src/plain-runner.ts';
import type { Runner } from '../src/runner.ts';
import { compileKernels, WasmRunner } from '../src/wasm-runner.ts';
import { makeExamples, makeOrder } from './examples.ts';

/** 0 stands for numbers, and softmax has no classes of one score. */
function classesFor(loss: LossName, classes: number): number {
  if (loss === 'squared' || loss === 'huber') return 0;
  return loss === 'softmax' ? Math.max(3, classes) : classes;
}

const module = await compileKernels();

test('WebAssembly gives the bits of TypeScript, for every loss, kind of rows and option', () => {
  let trained = 0;
  fc.assert(
    fc.property(
      fc.record({
        loss: fc.constantFrom(...(Object.keys(losses) as LossName[])),
        classes: fc.constantFrom(2, 3, 5, 8, 11),
        isDense: fc.boolean(),
        isWeighted: fc.boolean(),
        features: fc.integer({ min: 1, max: 9 }),
        nonZeros: fc.integer({ min: 0, max: 5 }),
        batch: fc.integer({ min: 1, max: 9 }),
        length: fc.integer({ min: 0, max: 300 }),
        lr: fc.constantFrom(0, 0.01, 1, 30, 1e5, 1e200),
        lambd: fc.constantFrom(0, 1e-4, 0.1, 1, 2),
        alpha: fc.constantFrom(0, 0.5, 0.75, 1),
        t0: fc.constantFrom(-1, 0, 2.5, 100, 1e6),
        weightDecay: fc.constantFrom(0, 0.01),
        interceptStep: fc.constantFrom(0, 0.01, 1),
        epsilon: fc.constantFrom(0.1, 1),
        seed: fc.nat(1000),
      }),
      ({ loss, classes, isDense, isWeighted, features, nonZeros, length, seed, ...options }) => {
        const made = {
          count: 50,
          features,
          classes: classesFor(loss, classes),
          nonZeros: Math.min(nonZeros, features),
          isDense,
          isWeighted,
        };
        const examples = makeExamples(made, seed);
        const full: EngineOptions = {
          ...options,
          loss: losses[loss].id,
          features,
          outputs: made.classes > 2 ? made.classes : 1,
        };
        const order = makeOrder(50, length, seed);
        const [plain, wasm] = [new PlainRunner(full), new WasmRunner(module, full)].map((runner: Runner) => {
          const engine = new Engine(full, runner);
          engine.load(examples);
          const measured = engine.trainAndMeasure(order);
          trained += measured.trained;
          return { measured, step: engine.step, numbers: engine.numbers };
        });
        expect(wasm?.measured).toStrictEqual(plain?.measured);
        expect(wasm?.step).toBe(plain?.step);
        for (const name of ['weights', 'intercepts', 'state'] as const) {
          // toStrictEqual tells -0 from 0, and takes one NaN for another.
          expect(wasm?.numbers[name]).toStrictEqual(plain?.numbers[name]);
        }
      },
    ),
    { numRuns: 1000, seed: 1 },
  );
  expect(trained).toBeGreaterThan(100_000);
});

test('calls of many rows give the bits of one call after another', () => {
  const examples = makeExamples({ count: 997, features: 12, classes: 3, nonZeros: 4 });
  const options: EngineOptions = {
    loss: losses.softmax.id,
    features: 12,
    outputs: 3,
    batch: 3,
    lr: 1,
    lambd: 1e-3,
    alpha: 0.75,
    t0: 100,
    weightDecay: 0,
    interceptStep: 1,
    epsilon: 1,
  };
  const order = makeOrder(997, 60_000);
  const engines = [new PlainRunner(options), new WasmRunner(module, options)].map(
    (runner) => new Engine(options, runner),
  );
  for (const engine of engines) engine.load(examples);
  engines[0]?.train(order);
  for (let at = 0; at < order.length; at += 300) engines[1]?.train(order.subarray(at, at + 300));
  expect(engines[1]?.step).toBe(20_000);
  expect(engines[1]?.average()).toStrictEqual(engines[0]?.average());
});
