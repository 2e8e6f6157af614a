import { writeReport } from '@asgd/browser/reports';
import { conformance } from '@asgd/conformance/vitest';
import { webgpu } from '@asgd/webgpu';
import { failNext, limitMemory } from './failing-device.ts';

// One device for all backends of the suite, because opening a device takes longer than most cases. The backends share only
// compiled kernels.
const engine = {
  start: () => webgpu(),
  stop: (owner: Awaited<ReturnType<typeof webgpu>>) => owner.close(),
};

const loseDevice = async (_: unknown, { device }: Awaited<ReturnType<typeof webgpu>>): Promise<void> => {
  device.destroy();
  await device.lost;
};

conformance(
  { name: 'webgpu', engine, open: ({ device }) => webgpu({ device }), limitMemory, loseDevice, failNext },
  { thorough: true, onReport: (report) => writeReport('conformance', 'webgpu', report) },
);
