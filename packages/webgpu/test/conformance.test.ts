import { conformance } from '@asgd/conformance/vitest';
import { webgpu } from '@asgd/webgpu';
import { afterAll } from 'vitest';

// One device for all the backends of the suite: opening one takes longer than most cases. Backends share nothing on it
// but compiled kernels.
const owner = await webgpu();
const { device } = owner;
afterAll(() => owner.close());

conformance({ name: 'webgpu', open: () => webgpu({ device }) });
