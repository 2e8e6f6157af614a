// Trains, prints the result, and ends as its argument says.
import { ASGD } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';

const backend = await webgpu();
const weight = backend.parameter([3]);
weight.grad = backend.tensor([1]);
const optimizer = new ASGD([weight], { lr: 1, lambd: 0 });
optimizer.step();
console.log([...(await weight.read())]);

/** Leaves enough work for the GPU to be busy when the process ends. */
async function keepBusy(): Promise<void> {
  const large = backend.parameter(new Float32Array(100_000));
  large.grad = backend.tensor(new Float32Array(100_000));
  const other = new ASGD([large]);
  other.step();
  await large.read(); // from here on, everything is compiled
  for (let step = 0; step < 5; step++) other.step();
  void large.read();
}

switch (process.argv[2]) {
  case 'close':
    await backend.close();
    break;
  case 'leave':
    break;
  case 'leave-work':
    await keepBusy();
    break;
  case 'exit':
    await keepBusy();
    process.exit(7);
    break;
  case 'throw':
    await keepBusy();
    throw new Error('as the test wants it');
  case 'destroy':
    backend.device.destroy();
    break;
  case 'reopen':
    for (let round = 0; round < 10; round++) {
      await backend.close();
      const next = await webgpu();
      const values = await next.tensor([round]).read();
      if (values[0] !== round) throw new Error(`Read ${values[0]}, expected ${round}`);
      await next.close();
    }
    break;
  case 'collect': {
    // Everything is garbage except what the module keeps.
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let round = 0; round < 20; round++) {
      const other = await webgpu();
      void other.tensor([1]).read();
      if (round % 2 === 0) await other.close();
      collect();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    break;
  }
  default:
    throw new Error('Expected a way to end');
}
