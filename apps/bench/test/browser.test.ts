import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { agree } from '../src/agreement.ts';
import { asgdCpu } from '../src/contenders/asgd-cpu.ts';
import { allContenders } from '../src/contenders/index.ts';
import { portableContenders } from '../src/contenders/portable.ts';
import type { Contender } from '../src/contender.ts';
import { pageWebGPU } from '../src/page/webgpu.ts';
import type { Workload } from '../src/workload.ts';

const one: Workload = { tensors: 1, length: 5000, dtype: 'float32', phase: 'blending' };
const many: Workload = { tensors: 3, length: 100, dtype: 'float32', phase: 'blending' };
/** Enough for a second thread to be woken. */
const large: Workload = { tensors: 1, length: 2 ** 19, dtype: 'float32', phase: 'blending' };

const contenders = allContenders('python3');

function find(id: string): Contender {
  const contender = contenders.find((candidate) => candidate.id === id);
  if (!contender) throw new Error(`no ${id}`);
  return contender;
}

afterAll(() => find('asgd-wasm-browser').release?.());

describe('in a browser', () => {
  test.for(['asgd-wasm', 'asgd-webgpu', 'asgd-webgpu-device', 'asgd-webgpu-caller'])(
    '%s gives the bits of asgd cpu, of the first block of each tensor',
    async (id) => {
      for (const workload of [one, many, large, { ...one, phase: 'before' as const }]) {
        const [ours, cpu] = [
          await find(`${id}-browser`).open(workload, find(id).maxThreads),
          await asgdCpu.open(workload, 1),
        ];
        const values = 2 * workload.tensors * Math.min(workload.length, 4096);
        expect(await agree(ours, cpu, { kind: 'bits' }, workload)).toBe(`identical bits in ${values} values`);
        expect(await ours.run(2)).toBeGreaterThan(0);
        await ours.close();
        await cpu.close();
      }
    },
  );

  test('float64 comes out of the page whole', async () => {
    const workload: Workload = { ...one, dtype: 'float64' };
    const [ours, cpu] = [await find('asgd-wasm-browser').open(workload, 1), await asgdCpu.open(workload, 1)];
    expect(await agree(ours, cpu, { kind: 'bits' }, workload)).toContain('identical bits');
    await ours.close();
  });

  test.for(['asgd-tfjs-webgpu', 'asgd-tfjs-webgl'])(
    '%s gives the bits of asgd cpu, step by step beside its peers',
    async (id) => {
      const ours = find(`${id}-browser`);
      for (const workload of [one, many]) {
        const runners = await Promise.all([ours.open(workload, 1), asgdCpu.open(workload, 1)]);
        const peers = [];
        for (const peer of ours.peers) peers.push(await find(peer).open(workload, 1));
        expect(await agree(...runners, { kind: 'bits' }, workload)).toContain('identical bits');
        for (const peer of peers) {
          expect(await agree(runners[0], peer, find(ours.peers[0] ?? '').exactness, workload)).toContain(
            'another algorithm',
          );
        }
        for (const runner of [...peers, ...runners]) await runner.close();
      }
    },
  );

  test.for(['copy-shader', 'copy-shader-device', 'tensorflow-webgpu'])('%s moves', async (id) => {
    const contender = find(`${id}-browser`);
    const [peer, cpu] = [await contender.open(one, 1), await asgdCpu.open(one, 1)];
    expect(await agree(cpu, peer, contender.exactness, one)).toContain('another algorithm');
    expect(await peer.run(2)).toBeGreaterThan(0);
    await peer.close();
  });

  test('what goes wrong in the page is told without the way it took', async () => {
    const failed = find('asgd-wasm-browser').open({ ...one, length: 2 ** 40 }, 1);
    await expect(failed).rejects.toThrow(/^In the browser: RangeError: [^\n]*$/);
    const runner = await find('asgd-wasm-browser').open(one, 1);
    await expect(runner.read(1)).rejects.toThrow('In the browser: RangeError: There is no tensor 1');
    await runner.close();
  });

  test('who is there is told with the adapter and the browser', async () => {
    const [wasm, webgpu] = [
      await find('asgd-wasm-browser').probe(),
      await find('asgd-webgpu-browser').probe(),
    ];
    expect(wasm).toHaveProperty('version', expect.stringMatching(/^\d+\.\d+\.\d+, Chromium \d+/));
    expect(webgpu).toHaveProperty('version', expect.stringMatching(/ on .*swiftshader.*, Chromium \d+/));
  });

  test('a quick run keeps to one tensor of 1 Mi, blending', () => {
    const wasm = find('asgd-wasm-browser');
    expect(wasm.declines({ ...one, length: 2 ** 20 }, true)).toBeUndefined();
    expect(wasm.declines({ ...one, length: 2 ** 24 }, true)).toContain('in a browser');
    expect(wasm.declines({ ...one, length: 2 ** 24 }, false)).toBeUndefined();
    expect(find('asgd-webgpu-browser').declines({ ...one, dtype: 'float64' }, false)).toContain('no float64');
  });

  test('who is measured in the page is measured against who is there too, and against other languages', () => {
    expect(find('asgd-webgpu-browser').peers).toStrictEqual([
      'tensorflow-webgpu-browser',
      'copy-shader-browser',
    ]);
    expect(find('asgd-webgpu-caller-browser').peers).toStrictEqual(['caller-budget']);
    expect(find('asgd-wasm-browser').peers).toStrictEqual(['pytorch-single', 'pytorch-foreach', 'plain-c']);
  });
});

describe('without', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  test.for([
    ['WebGPU', {}, 'This browser has no WebGPU: there is no navigator.gpu.'],
    ['an adapter', { gpu: { requestAdapter: async () => null } }, 'WebGPU found no adapter in this browser.'],
  ] as const)(
    '%s in the page, the contenders that need it say so, and others are there',
    async ([, fake, reason]) => {
      vi.stubGlobal('navigator', fake);
      for (const contender of portableContenders(pageWebGPU)) {
        const needsIt = contender.id !== 'asgd-wasm';
        expect(await contender.probe()).toMatchObject(
          needsIt ? { available: false, reason } : { available: true },
        );
      }
    },
  );

  test('a browser, all say what to install', async () => {
    vi.resetModules(); // whoever asks for the first time
    vi.stubEnv('ASGD_CHROMIUM', '/no/such/browser');
    const { allContenders: all } = await import('../src/contenders/index.ts');
    const inBrowser = all('python3').filter(({ id }) => id.endsWith('-browser'));
    expect(inBrowser).toHaveLength(12);
    for (const contender of inBrowser) {
      expect(await contender.probe()).toStrictEqual({
        available: false,
        reason:
          "ASGD_CHROMIUM is '/no/such/browser', which is not a program: give the path of a Chromium, or unset it.",
      });
      await expect(contender.open(one, 1)).rejects.toThrow('which is not a program');
      await contender.release?.();
    }
  });
});
