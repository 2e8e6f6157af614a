import { expect, test } from 'vitest';
import { fineTune } from './example.ts';
import { fixture } from './fixture.ts';

test('a checkpoint from Python is fine-tuned, and goes back as the file that PyTorch checks', async () => {
  const tuned = await fineTune(new Blob([await fixture('fine-tuning.pt')]));
  // tools/golden loads this file in PyTorch, and sees that the error has gone down.
  expect(tuned).toStrictEqual(await fixture('written/fine-tuned.pt'));
});
