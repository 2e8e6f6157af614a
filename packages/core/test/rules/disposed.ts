import { ASGD, type Tensor } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { expectBits, expectRejects, expectSame, expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';

const tensors = rule('disposed/tensor', async ({ backend }) => {
  const dtype = anyDType(backend);
  for (const tensor of [
    backend.tensor([1], { dtype }),
    backend.parameter([1], { dtype }),
    backend.zeros([1], { dtype }),
  ]) {
    expectSame(tensor.disposed, false, '`disposed` of a new tensor');
    tensor.dispose();
    expectSame(tensor.disposed, true, '`disposed` of a disposed tensor');
    await expectUnusable(tensor);
    tensor.dispose();
    tensor[Symbol.dispose]();
  }
});

async function expectUnusable(tensor: Tensor): Promise<void> {
  await expectRejects('DISPOSED', 'read() of a disposed tensor', tensor.read());
  expectThrows('DISPOSED', 'write() to a disposed tensor', () => tensor.write([1]));
  expectThrows('DISPOSED', 'view() of a disposed tensor', () => tensor.view());
}

const parameters = rule('disposed/parameter', async ({ backend }) => {
  const parameter = backend.parameter([1], { dtype: anyDType(backend) });
  parameter.dispose();
  expectThrows('DISPOSED', 'A new optimizer for a disposed parameter', () => new ASGD([parameter]));
  const { optimizer } = averagedFixture(backend);
  await expectUnchanged(optimizer, 'Adding a disposed parameter', () =>
    expectThrows('DISPOSED', 'Adding a disposed parameter', () =>
      optimizer.addParamGroup({ params: [parameter] }),
    ),
  );
});

const stepped = rule('disposed/step', async ({ backend }) => {
  const dtype = anyDType(backend);
  for (const victim of ['parameter', 'gradient'] as const) {
    // A valid parameter comes first, in a group of its own: it must not be updated either.
    const { optimizer } = averagedFixture(backend);
    const parameter = backend.parameter([1], { dtype });
    const gradient = backend.tensor([1], { dtype });
    parameter.grad = gradient;
    optimizer.addParamGroup({ params: [parameter] });
    (victim === 'parameter' ? parameter : gradient).dispose();
    await expectUnchanged(optimizer, `A step with a disposed ${victim}`, () =>
      expectThrows('DISPOSED', `A step with a disposed ${victim}`, () => optimizer.step()),
    );
    // Without a gradient the parameter takes no part, disposed or not.
    parameter.grad = null;
    optimizer.step();
  }
});

const swapped = rule('disposed/swap', async ({ backend }) => {
  const dtype = anyDType(backend);
  const { optimizer } = averagedFixture(backend);
  const parameter = backend.parameter([1], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  optimizer.addParamGroup({ params: [parameter] });
  for (let update = 0; update < 3; update++) optimizer.step();
  parameter.grad = null;
  parameter.dispose();
  await expectUnchanged(optimizer, 'A swap with a disposed parameter', () =>
    expectThrows('DISPOSED', 'A swap with a disposed parameter', () => optimizer.swapAverages()),
  );
});

const zeroed = rule('disposed/zero-grad', async ({ backend }) => {
  const dtype = anyDType(backend);
  const { optimizer } = averagedFixture(backend);
  const parameter = backend.parameter([1], { dtype });
  const gradient = backend.tensor([1], { dtype });
  parameter.grad = gradient;
  optimizer.addParamGroup({ params: [parameter] });
  gradient.dispose();
  await expectUnchanged(optimizer, 'Zeroing a disposed gradient', () =>
    expectThrows('DISPOSED', 'Zeroing a disposed gradient', () => optimizer.zeroGrad({ setToNone: false })),
  );
});

const optimizers = rule('disposed/optimizer', async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  const dict = await optimizer.stateDict();
  const before = await parameter.read();
  optimizer.dispose();
  expectThrows('DISPOSED', 'step() after dispose()', () => optimizer.step());
  expectThrows('DISPOSED', 'step(closure) after dispose()', () => {
    optimizer.step(() => {
      throw new Error('The closure was called.');
    });
  });
  expectThrows('DISPOSED', 'zeroGrad() after dispose()', () => optimizer.zeroGrad());
  expectThrows('DISPOSED', 'averageOf() after dispose()', () => optimizer.averageOf(parameter));
  expectThrows('DISPOSED', 'swapAverages() after dispose()', () => optimizer.swapAverages());
  expectThrows('DISPOSED', 'withAverages() after dispose()', () => optimizer.withAverages(() => {}));
  expectThrows('DISPOSED', 'loadStateDict() after dispose()', () => optimizer.loadStateDict(dict));
  expectThrows('DISPOSED', 'addParamGroup() after dispose()', () => {
    optimizer.addParamGroup({ params: [backend.parameter([1], { dtype: anyDType(backend) })] });
  });
  await expectRejects('DISPOSED', 'stateDict() after dispose()', optimizer.stateDict());
  optimizer.dispose();
  optimizer[Symbol.dispose]();
  expectBits(await parameter.read(), before, 'The parameter of a disposed optimizer');
  expectSame(parameter.grad, gradient, 'The gradient of a disposed optimizer');
});

/** Its memory is freed with the optimizer, and may hold other values by then. */
const averages = rule('disposed/average', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const average = optimizer.averageOf(parameter);
  optimizer.dispose();
  await expectRejects('DISPOSED', 'read() of an average after its optimizer was disposed', average.read());
});

/** Only the optimizer may free the average. */
const owned = rule('disposed/average-is-owned', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  await expectUnchanged(optimizer, 'Disposing of an average', () =>
    expectThrows('UNSUPPORTED', 'Disposing of an average', () => optimizer.averageOf(parameter).dispose()),
  );
});

export const disposedRules: readonly Rule[] = [
  tensors,
  parameters,
  stepped,
  swapped,
  zeroed,
  optimizers,
  averages,
  owned,
];
