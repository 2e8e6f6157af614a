import { webgpu } from '@asgd/webgpu';
import manifest from '@asgd/webgpu/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { probeAdapter, type WebGPUHost } from '../webgpu-host.ts';
import { elementsOf } from '../workload.ts';
import { asgd } from './asgd.ts';

/** @asgd/webgpu on a device of its own, until the device is done. */
export function asgdWebgpu(host: WebGPUHost): Contender {
  const ours = asgd({
    id: 'asgd-webgpu',
    label: 'asgd webgpu',
    maxThreads: 1,
    peers: ['tensorflow-webgpu', 'copy-shader'],
    version: manifest.version,
    dtypes: ['float32'],
    open: () => webgpu(),
  });
  return {
    ...ours,
    probe: () => probeAdapter(host, manifest.version),
    declines: (workload, quick) =>
      quick && elementsOf(workload) > 2 ** 20
        ? 'on a GPU in software it takes too long for a quick run'
        : ours.declines(workload, quick),
  };
}
