import { ArgumentError, type StepItem } from '@asgd/core';
import { name } from './wrap.ts';
import type { Span } from './memory.ts';

interface Use {
  readonly span: Span;
  readonly what: string;
  readonly isWritten: boolean;
}

/**
 * Two ranges of one buffer that overlap cannot be updated in one launch if one of them is written. Only wrapped
 * ranges can.
 * @throws ArgumentError
 */
export function checkOverlap(items: readonly StepItem<Span>[]): void {
  const byBuffer = new Map<GPUBuffer, Use[]>();
  const note = (use: Use): void => {
    const { buffer, isWrapped } = use.span;
    if (!isWrapped) return;
    const sharing = byBuffer.get(buffer);
    if (sharing) sharing.push(use);
    else byBuffer.set(buffer, [use]);
  };
  items.forEach(({ parameter, gradient }, index) => {
    note({ span: parameter, what: `parameter ${index}`, isWritten: true });
    note({ span: gradient, what: `the gradient of parameter ${index}`, isWritten: false });
  });
  for (const sharing of byBuffer.values()) {
    checkBuffer(sharing.toSorted((a, b) => a.span.offset - b.span.offset));
  }
}

function checkBuffer(sorted: readonly Use[]): void {
  // The ranges so far that reach furthest: of all, and of those that are written.
  let furthest: Use | undefined;
  let furthestWritten: Use | undefined;
  for (const use of sorted) {
    const before = use.isWritten ? furthest : furthestWritten;
    if (before && use.span.offset < end(before)) throw describe(before, use);
    if (!furthest || end(use) > end(furthest)) furthest = use;
    if (use.isWritten && (!furthestWritten || end(use) > end(furthestWritten))) furthestWritten = use;
  }
}

function end({ span }: Use): number {
  return span.offset + span.length * 4;
}

function describe(a: Use, b: Use): ArgumentError {
  const range = (use: Use): string => `${use.what} (bytes ${use.span.offset} to ${end(use)})`;
  return new ArgumentError(
    `${range(b)} overlaps ${range(a)} in ${name(a.span.buffer)}, counting the parameters that have a ` +
      `gradient: wrap ranges that do not overlap.`,
  );
}
