import { conformance } from '@asgd/conformance/vitest';
import { webgpu } from '@asgd/webgpu';
import { afterAll } from 'vitest';

// One device for all backends of the suite, because opening a device takes longer than most cases. The backends share only
// compiled kernels.
const owner = await webgpu();
const { device } = owner;
afterAll(() => owner.close());

conformance({ name: 'webgpu', open: () => webgpu({ device }) });
