import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadCheckpoint, openCheckpoint } from '../src/index.ts';
import { fixture } from './fixture.ts';

const file = await fixture('training-float32-middle.pt');
const expected = await loadCheckpoint(file);

/** A stream in pieces of some bytes. */
function streamOf(bytes: Uint8Array, piece: number): ReadableStream<Uint8Array> {
  return new Blob([bytes.slice()]).stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        for (let at = 0; at < chunk.length; at += piece) controller.enqueue(chunk.subarray(at, at + piece));
      },
    }),
  );
}

describe('a checkpoint is read from', () => {
  test.each([
    ['bytes', (): Uint8Array => file],
    [
      'bytes in the middle of others',
      (): Uint8Array => Uint8Array.of(1, ...file, 2).subarray(1, 1 + file.length),
    ],
    ['an ArrayBuffer', (): ArrayBuffer => file.buffer],
    ['a Blob', (): Blob => new Blob([file])],
    ['a stream', (): ReadableStream<Uint8Array> => new Blob([file]).stream()],
    ['a stream in pieces of 7 bytes', (): ReadableStream<Uint8Array> => streamOf(file, 7)],
  ])('%s', async (_, make) => {
    expect(await loadCheckpoint(make())).toStrictEqual(expected);
  });
});

describe('the source', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([null, 5, {}, [1, 2]])('%j is refused', async (given) => {
    await expect(loadCheckpoint(given as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('may be a stream that fails, whose error is passed on', async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('network')),
    });
    await expect(loadCheckpoint(failing)).rejects.toThrow('network');
  });

  test('may be a stream without an end, which is read only up to the limit', async () => {
    const cancel = vi.fn<() => void>();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel,
    });
    await expect(loadCheckpoint(endless, { limits: { streamBytes: 10_000 } })).rejects.toThrow(
      /limit streamBytes of 10000/,
    );
    expect(cancel).toHaveBeenCalledOnce();
  });

  test('may not be a stream of anything but bytes', async () => {
    const texts = new ReadableStream({ start: (controller) => controller.enqueue('text') });
    await expect(loadCheckpoint(texts as never)).rejects.toThrow('The stream gave string');
  });

  test('is read only where it is needed', async () => {
    const blob = new Blob([file]);
    const slice = vi.spyOn(blob, 'slice');
    await using checkpoint = await openCheckpoint(blob);
    const before = slice.mock.calls.length;
    expect(checkpoint.tensors.map(({ name }) => name)).toContain('model.weight');
    const weight = checkpoint.tensors.find(({ name }) => name === 'optimizer.state.0.ax');
    await weight?.read();
    // Its own header, and its bytes.
    expect(slice.mock.calls.slice(before).map(([from = 0, to = 0]) => to - from)).toStrictEqual([30, 48]);
  });
});

test('unknown limits are refused', async () => {
  await expect(loadCheckpoint(file, { limits: { bytes: 1 } as never })).rejects.toThrow(
    "Unknown limit 'bytes'",
  );
  await expect(loadCheckpoint(file, { limits: { depth: NaN } })).rejects.toThrow('The limit depth is NaN');
});

test.runIf('window' in globalThis)('in a browser a path says what to give instead', async () => {
  await expect(loadCheckpoint('model.pt')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
