import { writeReport } from '@asgd/browser/reports';
import { conformance } from '@asgd/conformance/vitest';
import { cpu } from '@asgd/cpu';

conformance(
  { name: 'cpu', open: () => cpu() },
  { thorough: true, onReport: (report) => writeReport('conformance', 'cpu', report) },
);
