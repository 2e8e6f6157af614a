import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CheckFaultName, checkFaults } from './mutants/checks.ts';
import { type HookFaultName, hookFaults } from './mutants/hooks.ts';
import { type LoadingFaultName, loadingFaults } from './mutants/loading.ts';
import { type Fault, type Module, withFault } from './mutants/fault.ts';

// Rules that pass everything prove nothing. Each mutant of core has one believable fault, and every rule named next to
// it must catch it.

const faultsOfChecks: Readonly<Record<CheckFaultName, readonly string[]>> = {
  'groups-checked-one-by-one': ['options/edited/lr', 'disposed/step'],
  'functional-checks-one-by-one': ['functional/tensors', 'functional/numbers'],
  'defaults-not-frozen': ['options/defaults-are-frozen'],
};

const faultsOfLoading: Readonly<Record<LoadingFaultName, readonly string[]>> = {
  'options-loaded-before-checks': ['state-dict/options', 'state-dict/missing-keys'],
  'extra-loaded-without-a-copy': ['checkpoints/extra-keys'],
  'eta-loaded-unrounded': ['checkpoints/counters-are-rounded'],
};

const faultsOfHooks: Readonly<Record<HookFaultName, readonly string[]>> = {
  'own-hooks-before-global': ['hooks/step/order', 'hooks/step/of-every-optimizer'],
  'post-hooks-latest-first': ['hooks/step/order'],
  'prepend-ignored': ['hooks/state-dict/order', 'hooks/loading/order'],
  'replaced-arguments-ignored': ['hooks/step/closure-taken-away'],
  'post-hooks-after-failures': ['hooks/step/failing-pre-hook', 'hooks/step/steps-that-fail'],
  'loading-hooks-share-the-dictionary': ['hooks/loading/pre-hooks-can-replace'],
  'closure-after-the-update': ['hooks/step/order'],
  'async-closure-not-awaited': ['hooks/step/async-closure', 'profiling/closures-are-included'],
  'steps-always-measured': ['profiling/steps-are-measured'],
};

/** The named rules that fail. Everything is imported again, because a module of core may have been replaced. */
async function broken(names: readonly string[]): Promise<readonly string[]> {
  const { rules } = await import('./rules/index.ts');
  const { plainBackend } = await import('./plain-backend.ts');
  const failed: string[] = [];
  for (const { name, check } of rules.filter((item) => names.includes(item.name))) {
    const context = { backend: plainBackend(), open: () => plainBackend() };
    await check(context).catch(() => failed.push(name));
  }
  return failed.toSorted();
}

function pathOf({ module }: Fault): string {
  return new URL(`../src/${module}`, import.meta.url).pathname;
}

describe.each([
  ['checks', faultsOfChecks, checkFaults],
  ['loading', faultsOfLoading, loadingFaults],
  ['hooks and closures', faultsOfHooks, hookFaults],
] as const)('the rules catch, in %s,', (_, names, faults: Readonly<Record<string, Fault>>) => {
  afterEach(() => {
    for (const fault of Object.values(faults)) vi.doUnmock(pathOf(fault));
    vi.resetModules();
  });

  test.each(Object.entries(names))('%s', async (name, expected) => {
    const fault = faults[name];
    if (!fault) throw new Error(`There is no fault ${name}.`);
    expect(await broken(expected), 'without the fault').toStrictEqual([]);
    vi.resetModules();
    vi.doMock(pathOf(fault), async (importHonest) => withFault(await importHonest<Module>(), fault));
    expect(await broken(expected), 'with it').toStrictEqual(expected.toSorted());
  });
});
