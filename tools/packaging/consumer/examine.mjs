// A backend author's program in plain JavaScript: part of the conformance suite, printed.
import { run } from '@asgd/conformance';
import { cpu } from '@asgd/cpu';

const report = await run({ name: 'cpu', open: () => cpu() }, { only: 'lifecycle/tensors/*' });
console.log(JSON.stringify({ passed: report.passed, cases: report.rows.length, problems: report.problems }));
