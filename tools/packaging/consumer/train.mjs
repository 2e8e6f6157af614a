// A user's program in plain JavaScript: three steps against a constant gradient, printed.
import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';

const backend = await cpu();
const weight = backend.parameter([4]);
const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
weight.grad = backend.tensor([1]);
for (let step = 0; step < 3; step++) optimizer.step();
const [last] = await weight.read();
const [average] = await optimizer.averageOf(weight).read();
await backend.close();
console.log(JSON.stringify({ backend: backend.name, last, average }));
