import { writeReport } from '@asgd/browser/reports';
import { conformance } from '@asgd/conformance/vitest';
import { webgpu } from '@asgd/webgpu';

// One device for all backends of the suite, because opening a device takes longer than most cases. The backends share only
// compiled kernels.
const engine = {
  start: () => webgpu(),
  stop: (owner: Awaited<ReturnType<typeof webgpu>>) => owner.close(),
};

conformance(
  { name: 'webgpu', engine, open: ({ device }) => webgpu({ device }) },
  { thorough: true, onReport: (report) => writeReport('conformance', 'webgpu', report) },
);
