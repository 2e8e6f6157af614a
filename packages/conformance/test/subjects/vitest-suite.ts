import { conformance } from '../../src/vitest.ts';
import { plainBackend } from '../kernels.ts';

const expectations = [
  { id: 'step/plain/float32/n=4', outcome: 'skip', reason: 'takes an hour' },
  { id: 'step/plain/float32/n=5', outcome: 'fail', reason: 'driver bug 7' },
] as const;

conformance(
  { name: 'narrow', open: () => plainBackend({ dtypes: ['float32'] }) },
  { only: 'step/plain/*/n=*', expectations },
);
