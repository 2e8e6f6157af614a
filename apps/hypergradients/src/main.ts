import { cpu } from '@asgd/cpu';
import { loadDigits } from './digits.ts';
import { learnLearningRate, type Task } from './learn.ts';

const task: Task = { training: loadDigits(0, 1000), validation: loadDigits(100, 1000), batch: 20 };
const runs = 16;

const backend = await cpu();
for (const start of [0.002, 4]) {
  console.log(`Learning the learning rate, from ${start}:`);
  console.log('  lr       validation loss   error of the average');
  for await (const { lr, loss, error } of learnLearningRate(backend, task, start, runs)) {
    console.log(
      `  ${lr.toPrecision(3).padEnd(8)} ${loss.toFixed(4).padEnd(17)} ${(100 * error).toFixed(1)} %`,
    );
  }
}
await backend.close();
