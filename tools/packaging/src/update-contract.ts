// `npm run contract`: writes down what the contract between backends and core is.

import { recordContract } from './contract-record.ts';
import { workspace } from './packages.ts';

try {
  recordContract(workspace);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
