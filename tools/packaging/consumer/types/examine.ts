// A backend author's program in TypeScript. It is only type-checked.
import { type Report, run } from '@asgd/conformance';
import { cpu } from '@asgd/cpu';

export const report: Report = await run({ name: 'cpu', open: () => cpu() });
// @ts-expect-error: a subject has to be opened somehow
await run({ name: 'cpu' });
