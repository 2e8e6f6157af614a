import type { Case } from '../case.ts';
import { argumentErrors } from './errors/arguments.ts';
import { capabilities } from './errors/capabilities.ts';
import { closedErrors } from './errors/closed.ts';
import { disposedErrors } from './errors/disposed.ts';
import { swappedErrors } from './errors/swapped.ts';
import { gradientErrors } from './errors/gradients.ts';
import { memoryErrors } from './errors/memory.ts';
import { optionErrors } from './errors/options.ts';
import { parameterErrors } from './errors/parameters.ts';
import { stateDictErrors } from './errors/state-dict.ts';
import { tensorErrors } from './errors/tensors.ts';

/** Every misuse throws the right error and changes nothing. */
export const errors: readonly Case[] = [
  ...argumentErrors,
  ...optionErrors,
  ...parameterErrors,
  ...tensorErrors,
  ...memoryErrors,
  ...gradientErrors,
  ...stateDictErrors,
  ...swappedErrors,
  ...disposedErrors,
  ...closedErrors,
  ...capabilities,
];
