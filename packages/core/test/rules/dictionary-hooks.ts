import type { ASGD, StateDict } from '@asgd/core';
import { type Rule, rule } from './rule.ts';
import { expect, expectEqual, expectSame } from './expect.ts';
import { averagedFixture } from './fixture.ts';

/** Hooks run in the order of registration, except those registered with `prepend`. */
const saving = rule('hooks/state-dict/order', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const seen: string[] = [];
  const note = (what: string) => (given: ASGD) => {
    expectSame(given, optimizer, `The optimizer that ${what} was given`);
    seen.push(what);
  };
  optimizer.registerStateDictPostHook(note('post'));
  optimizer.registerStateDictPreHook(note('pre'));
  optimizer.registerStateDictPreHook(note('second pre'), { prepend: false });
  optimizer.registerStateDictPreHook(note('first pre'), { prepend: true });
  const last = optimizer.registerStateDictPostHook(note('last post'));
  const first = optimizer.registerStateDictPostHook(note('first post'), { prepend: true });
  await optimizer.stateDict();
  const expected = 'first pre,pre,second pre,first post,post,last post';
  expectSame(seen.splice(0).join(), expected, 'The hooks of saving');
  first.remove();
  last.remove();
  last.remove();
  await optimizer.stateDict();
  expectSame(seen.join(), 'first pre,pre,second pre,post', 'The hooks left after removing two');
});

/** Pre-hooks run before anything is read, so their edits are saved. */
const before = rule('hooks/state-dict/pre-hooks-can-edit', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  optimizer.registerStateDictPreHook(({ paramGroups }) => {
    for (const group of paramGroups) group.extra['note'] = 'added by a hook';
    optimizer.step();
  });
  const dict = await optimizer.stateDict();
  expectSame(dict.paramGroups[0]?.extra?.['note'], 'added by a hook', 'An extra key set by a pre-hook');
  expectSame(dict.state[0]?.step, 4, 'The step after a step that a pre-hook took');
  const average = await optimizer.averageOf(parameter).read();
  expectEqual(dict.state[0]?.ax.values, average, 'ax after a step that a pre-hook took:');
});

/** A dictionary that a post-hook returns replaces the given one. A hook that returns nothing may edit the given one. */
const after = rule('hooks/state-dict/post-hooks-can-replace', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const given: StateDict[] = [];
  const replacement = { state: {}, paramGroups: [] };
  optimizer.registerStateDictPostHook((_, dict) => {
    given.push(dict);
    Object.assign(dict, { note: 'added by a hook' });
  });
  const replacing = optimizer.registerStateDictPostHook((_, dict) => {
    given.push(dict);
    return replacement;
  });
  optimizer.registerStateDictPostHook((_, dict) => void given.push(dict));
  expectSame(await optimizer.stateDict(), replacement, 'The dictionary that a hook returned');
  expectSame(given[1], given[0], 'The dictionary that the second hook was given');
  expectSame(given[2], replacement, 'The dictionary that the next hook was given');
  replacing.remove();
  const edited: StateDict & { readonly note?: unknown } = await optimizer.stateDict();
  expectSame(edited.note, 'added by a hook', 'A key that a hook added');
  expectSame(edited.state[0]?.step, 3, 'The step, as saved');
});

const loading = rule('hooks/loading/order', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const dict = await averagedFixture(backend).optimizer.stateDict();
  optimizer.step();
  const seen: string[] = [];
  const note = (what: string) => (given: ASGD) => {
    expectSame(given, optimizer, `The optimizer that ${what} was given`);
    seen.push(`${what} at ${optimizer.state.get(parameter)?.step}`);
  };
  const handles = [
    optimizer.registerLoadStateDictPostHook(note('post')),
    optimizer.registerLoadStateDictPreHook(note('pre')),
    optimizer.registerLoadStateDictPreHook(note('first pre'), { prepend: true }),
    optimizer.registerLoadStateDictPostHook(note('first post'), { prepend: true }),
  ];
  optimizer.loadStateDict(dict);
  const expected = 'first pre at 4,pre at 4,first post at 3,post at 3';
  expectSame(seen.splice(0).join(), expected, 'The hooks of loading, and the step at which they ran');
  for (const handle of handles) handle.remove();
  optimizer.loadStateDict(dict);
  expectSame(seen.join(), '', 'The hooks left after removing all');
});

/** A dictionary that a pre-hook returns is loaded. A hook that returns nothing may edit the given one, a copy. */
const replaced = rule('hooks/loading/pre-hooks-can-replace', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const dict = await optimizer.stateDict();
  const kept = structuredClone(dict);
  const withLr = (given: StateDict, lr: number): StateDict => ({
    ...given,
    paramGroups: given.paramGroups.map((group) => ({ ...group, lr })),
  });
  optimizer.registerLoadStateDictPreHook((_, given) => {
    expect(given !== dict, 'A pre-hook should be given a copy of the dictionary.');
    Object.assign(given, withLr(given, 0.25));
  });
  optimizer.loadStateDict(dict);
  expectSame(optimizer.paramGroups[0]?.lr, 0.25, 'lr, edited by a pre-hook in its copy');
  expectEqual(dict, kept, "The caller's dictionary:");
  optimizer.registerLoadStateDictPreHook((_, given) => {
    expectSame(given.paramGroups[0]?.lr, 0.25, 'lr in the dictionary that the second pre-hook was given');
    return withLr(given, 8);
  });
  optimizer.loadStateDict(dict);
  expectSame(optimizer.paramGroups[0]?.lr, 8, 'lr from the dictionary that a pre-hook returned');
  expectSame(optimizer.state.get(parameter)?.step, 3, 'The step');
  expectEqual(dict, kept, "The caller's dictionary:");
});

export const dictionaryHookRules: readonly Rule[] = [saving, before, after, loading, replaced];
