import type { Case } from '../case.ts';
import { argumentErrors } from './errors/arguments.ts';
import { capabilities } from './errors/capabilities.ts';
import { closedErrors } from './errors/closed.ts';
import { swappedErrors } from './errors/swapped.ts';
import { gradientErrors } from './errors/gradients.ts';
import { memoryErrors } from './errors/memory.ts';
import { tensorErrors } from './errors/tensors.ts';

/** Misuse of what a backend holds throws the right error and changes nothing. Core's own tests see to the rest. */
export const errors: readonly Case[] = [
  ...argumentErrors,
  ...tensorErrors,
  ...memoryErrors,
  ...gradientErrors,
  ...swappedErrors,
  ...closedErrors,
  ...capabilities,
];
