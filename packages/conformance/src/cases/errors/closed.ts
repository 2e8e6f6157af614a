import { ASGD } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectRejects, expectSame, expectThrows } from '../expect.ts';
import { averagedFixture } from '../fixture.ts';

const spec = 'Lifetime';

const backends = define('errors/closed/backend', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  expectSame(backend.closed, false, '`closed` of an open backend');
  await backend.close();
  expectSame(backend.closed, true, '`closed` of a closed backend');
  expectThrows('CLOSED', 'tensor() of a closed backend', () => backend.tensor([1], { dtype }));
  expectThrows('CLOSED', 'parameter() of a closed backend', () => backend.parameter([1], { dtype }));
  expectThrows('CLOSED', 'zeros() of a closed backend', () => backend.zeros([1], { dtype }));
  expectThrows('CLOSED', 'wrap() of a closed backend', () => backend.wrap(new Float32Array(1)));
  await expectRejects('CLOSED', 'synchronize() of a closed backend', backend.synchronize());
});

/** Closing again waits for the first close, at once or later. */
const twice = define('errors/closed/twice', spec, async ({ backend }) => {
  await Promise.all([backend.close(), backend.close()]);
  await backend.close();
  await backend[Symbol.asyncDispose]();
  expectSame(backend.closed, true, '`closed` of a backend that was closed repeatedly');
});

const tensors = define('errors/closed/tensor', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const [tensor, parameter] = [backend.tensor([1], { dtype }), backend.parameter([1], { dtype })];
  await backend.close();
  for (const closed of [tensor, parameter]) {
    await expectRejects('CLOSED', 'read() after close()', closed.read());
    expectThrows('CLOSED', 'write() after close()', () => closed.write([1]));
    expectThrows('CLOSED', 'view() after close()', () => closed.view());
  }
  expectThrows('CLOSED', 'A new optimizer for a parameter of a closed backend', () => new ASGD([parameter]));
  expectThrows('CLOSED', 'A gradient of a closed backend', () => {
    parameter.grad = tensor;
  });
  tensor.dispose();
  parameter.dispose();
});

const optimizers = define('errors/closed/optimizer', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const dict = await optimizer.stateDict();
  await backend.close();
  expectThrows('CLOSED', 'step() after close()', () => optimizer.step());
  expectThrows('CLOSED', 'swapAverages() after close()', () => optimizer.swapAverages());
  expectThrows('CLOSED', 'loadStateDict() after close()', () => optimizer.loadStateDict(dict));
  expectThrows('CLOSED', 'zeroGrad() after close()', () => optimizer.zeroGrad({ setToNone: false }));
  await expectRejects('CLOSED', 'stateDict() after close()', optimizer.stateDict());
  await expectRejects('CLOSED', 'read() of an average after close()', optimizer.averageOf(parameter).read());
  expectSame(optimizer.state.get(parameter)?.step, 3, 'The step after failed calls');
  expectSame(optimizer.swapped, false, '`swapped` after failed calls');
  optimizer.dispose();
});

/** If one of two backends is closed, the parameters of the other are not updated either. */
const oneOfTwo = define('errors/closed/one-of-two-backends', spec, async ({ backend, open }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const other = await open();
  const second = other.parameter([1], { dtype: anyDType(other) });
  second.grad = other.tensor([1], { dtype: anyDType(other) });
  optimizer.addParamGroup({ params: [second] });
  const before = await parameter.read();
  await other.close();
  expectThrows('CLOSED', 'step() with one backend closed', () => optimizer.step());
  const after = await parameter.read();
  expectSame(after.join(), before.join(), 'The parameter of the open backend');
  expectSame(optimizer.state.get(parameter)?.step, 3, 'The step of the parameter of the open backend');
});

export const closedErrors: readonly Case[] = [backends, twice, tensors, optimizers, oneOfTwo];
