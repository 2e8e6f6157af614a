import { argumentRules } from './arguments.ts';
import { checkpointRules } from './checkpoints.ts';
import { closureRules } from './closures.ts';
import { dictionaryHookRules } from './dictionary-hooks.ts';
import { disposedRules } from './disposed.ts';
import { failingHookRules } from './failing-hooks.ts';
import { functionalRules } from './functional.ts';
import { inspectionRules } from './inspection.ts';
import { optionRules } from './options.ts';
import { parameterRules } from './parameters.ts';
import { profilingRules } from './profiling.ts';
import type { Rule } from './rule.ts';
import { stateDictRules } from './state-dict.ts';
import { stepHookRules } from './step-hooks.ts';
import { swappedRules } from './swapped.ts';

/** What core sees to, whatever the backend. What depends on kernels is a case of the suite `@asgd/conformance`. */
export const rules: readonly Rule[] = [
  ...argumentRules,
  ...optionRules,
  ...parameterRules,
  ...stateDictRules,
  ...swappedRules,
  ...disposedRules,
  ...functionalRules,
  ...checkpointRules,
  ...closureRules,
  ...stepHookRules,
  ...failingHookRules,
  ...dictionaryHookRules,
  ...profilingRules,
  ...inspectionRules,
];
