import { webgpu } from '@asgd/webgpu';
import manifest from '@asgd/webgpu/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { openDevice, probeClock, type WebGPUHost } from '../webgpu-host.ts';
import { asgd, train } from './asgd.ts';
import { DeviceClock } from './device-clock.ts';

const tooMuch: Contender['declines'] = ({ tensors, length, phase }, quick) =>
  quick && !(tensors === 1 && length <= 2 ** 20 && phase === 'blending')
    ? 'by the GPU’s clock a quick run measures one tensor, blending'
    : undefined;

/** @asgd/webgpu by the GPU's own clock: how long it works on a step, without the time to ask for one. */
export function asgdWebgpuDevice(host: WebGPUHost): Contender {
  const ours = asgd({
    id: 'asgd-webgpu-device',
    label: 'asgd webgpu, GPU’s clock',
    maxThreads: 1,
    peers: ['copy-shader-device'],
    version: manifest.version,
    dtypes: ['float32'],
    open: () => webgpu(),
  });
  return {
    ...ours,
    probe: () => probeClock(host, manifest.version),
    declines: (workload, quick) => tooMuch(workload, quick) ?? ours.declines(workload, quick),
    async open(workload) {
      const { device } = await openDevice(host, ['timestamp-query']);
      const backend = await webgpu({ device });
      const clock = new DeviceClock(device);
      const runner = train(backend, workload, (steps, optimizer) =>
        clock.time(steps, (encoder, timestampWrites) =>
          backend.encodeStep(encoder, optimizer, { timestampWrites }),
        ),
      );
      return {
        ...runner,
        async close() {
          await runner.close();
          device.destroy(); // it was not the backend's
        },
      };
    },
  };
}
