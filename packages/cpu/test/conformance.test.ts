import { conformance } from '@asgd/conformance/vitest';
import { cpu } from '@asgd/cpu';

conformance({ name: 'cpu', open: () => cpu() }, { thorough: true });
