import type { Subject } from '../../src/case.ts';
import { plainBackend } from '../kernels.ts';

const subject: Subject = { name: 'plain subject', open: () => plainBackend() };

// The command uses the default export unless it is told otherwise.
// oxlint-disable-next-line import/no-default-export
export default subject;
