import type { Case } from '../case.ts';
import { tensorLrDictionaries } from './tensor-lr/dictionaries.ts';
import { tensorLrErrors } from './tensor-lr/errors.ts';
import { tensorLrTraining } from './tensor-lr/training.ts';

/** A learning rate in a tensor: its value is read whenever a step size is computed, wherever the tensor is. */
export const tensorLr: readonly Case[] = [...tensorLrTraining, ...tensorLrDictionaries, ...tensorLrErrors];
