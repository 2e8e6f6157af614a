import { webgpu } from '@asgd/webgpu';
import { expect, test } from 'vitest';
import { describeUpdate, type Variant } from '../src/update.ts';
import { describeSchedule } from '../src/schedule.ts';

const both = [false, true];

/** Every variant of the update. */
const variants: readonly Variant[] = (['none', 'copy', 'blend', 'scheduled'] as const).flatMap(
  (averaging) => {
    const places = averaging === 'none' ? [[0, 0], [0, 1]] : [[0, 0, 0], [0, 1, 0], [0, 1, 2]]; // prettier-ignore
    return places.flatMap((slots) =>
      Array.from({ length: 16 }, (_, bits) => ({
        averaging,
        slots,
        hasWeightDecay: (bits & 1) > 0,
        isVector: (bits & 2) > 0,
        isTabled: (bits & 4) > 0,
        isGuarded: (bits & 8) > 0,
      })),
    );
  },
);

test('every kernel compiles, and without a warning', async () => {
  const backend = await webgpu();
  const kernels = [
    ...variants.map(describeUpdate),
    ...both.flatMap((isRateGiven) => [
      describeSchedule('prepare', isRateGiven),
      describeSchedule('advance', isRateGiven),
    ]),
  ];
  for (const { code } of kernels) {
    const { messages } = await backend.device.createShaderModule({ code }).getCompilationInfo();
    expect(messages.map(({ message }) => `${message} in ${code}`)).toStrictEqual([]);
  }
  await backend.close();
});
