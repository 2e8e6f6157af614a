import { ASGD, type Parameter } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { expectSame } from './expect.ts';
import { averagedFixture } from './fixture.ts';

// Printing an optimizer shows its groups, in PyTorch's form (SPEC.md, Groups).

const printed = rule('inspection/printed', ({ backend }) => {
  const dtype = anyDType(backend);
  const pair = (name: string): [string, Parameter] => [name, backend.parameter([1], { dtype })];
  const optimizer = new ASGD([{ params: [pair('weight'), pair('bias')], lr: 0.5 }]);
  const expected = [
    'ASGD (',
    'Parameter Group 0',
    '    alpha: 0.75',
    '    capturable: false',
    '    differentiable: false',
    '    foreach: undefined',
    '    lambd: 0.0001',
    '    lr: 0.5',
    '    maximize: false',
    "    paramNames: ['weight', 'bias']",
    '    t0: 1000000',
    '    weightDecay: 0',
    ')',
  ];
  expectSame(String(optimizer), expected.join('\n'), 'An optimizer as text');
});

/** Every group is printed with its current options and its extra keys. */
const current = rule('inspection/groups-as-they-are', ({ backend }) => {
  const dtype = anyDType(backend);
  const { optimizer } = averagedFixture(backend);
  optimizer.addParamGroup({ params: [backend.parameter([1], { dtype })], extra: { initialLr: 0.25 } });
  for (const group of optimizer.paramGroups) group.maximize = true;
  const text = String(optimizer);
  const count = (part: string): number => text.split(part).length - 1;
  expectSame(count('Parameter Group'), 2, 'The number of printed groups');
  expectSame(count('    maximize: true\n'), 2, 'How often an edited option is printed');
  expectSame(count('    initialLr: 0.25\n'), 1, 'How often an extra key is printed');
  optimizer.dispose();
  expectSame(String(optimizer), text, 'A disposed optimizer as text');
});

/** Node prints what `toString` gives. */
const inspected = rule('inspection/inspected', ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const inspect: unknown = Reflect.get(optimizer, Symbol.for('nodejs.util.inspect.custom'));
  if (typeof inspect !== 'function') throw new Error('The optimizer has no inspection method for Node.');
  expectSame(Reflect.apply(inspect, optimizer, [0, {}]), String(optimizer), 'What Node prints');
});

export const inspectionRules: readonly Rule[] = [printed, current, inspected];
