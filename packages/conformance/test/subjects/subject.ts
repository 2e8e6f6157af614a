import type { Subject } from '../../src/case.ts';
import { plainBackend } from '../kernels.ts';

const subject: Subject = { name: 'plain subject', open: () => plainBackend() };

// What the command takes when it is told of no other export.
// oxlint-disable-next-line import/no-default-export
export default subject;
