import { ArgumentError, type StepItem } from '@asgd/core';
import type { Span } from './memory.ts';

interface Use extends Span {
  readonly what: string;
  readonly isWritten: boolean;
}

/**
 * Checks that ranges which a launch writes do not overlap with others. Only wrapped ranges can.
 * @throws ArgumentError
 */
export function checkOverlap(items: readonly StepItem<Span>[]): void {
  const uses = items.flatMap(({ parameter, gradient }, index): Use[] => [
    { ...parameter, what: `parameter ${index}`, isWritten: true },
    { ...gradient, what: `the gradient of parameter ${index}`, isWritten: false },
  ]);
  // For each buffer, the range that ends last so far, among all ranges and among the written ones.
  const furthest = new Map<GPUBuffer, { any?: Use; written?: Use }>();
  for (const use of uses.filter(({ isWrapped }) => isWrapped).toSorted((a, b) => a.offset - b.offset)) {
    const reached = furthest.get(use.buffer) ?? {};
    furthest.set(use.buffer, reached);
    const before = use.isWritten ? reached.any : reached.written;
    if (endOf(before) > use.offset) throw describe(before ?? use, use);
    if (endOf(use) > endOf(reached.any)) reached.any = use;
    if (use.isWritten && endOf(use) > endOf(reached.written)) reached.written = use;
  }
}

function endOf(use: Use | undefined): number {
  return use ? use.offset + use.length * 4 : 0;
}

function describe(a: Use, b: Use): ArgumentError {
  const range = (use: Use): string => `${use.what} (bytes ${use.offset} to ${endOf(use)})`;
  return new ArgumentError(
    `In ${nameOf(a.buffer)}, ${range(b)} overlaps ${range(a)} (counting only parameters with a gradient): wrap ranges ` +
      `that do not overlap.`,
  );
}

/** How error messages refer to a buffer. */
export function nameOf({ label }: GPUBuffer): string {
  return label ? `buffer '${label}'` : 'the buffer';
}
