// Names that PyTorch and other libraries have for the options, in the form that `plain` returns.
const synonyms: Readonly<Record<string, string>> = {
  learningrate: 'lr',
  stepsize: 'lr',
  eta0: 'lr',
  lambda: 'lambd',
  l2: 'weightDecay',
  wd: 'weightDecay',
  parameters: 'params',
};

/** What to write instead of a name that is not among `names`; undefined if it resembles none of them. */
export function adviceOn(name: string, names: readonly string[]): string | undefined {
  const given = plain(name);
  const synonym = Object.hasOwn(synonyms, given) ? synonyms[given] : undefined;
  const meant = names.find((known) => plain(known) === given) ?? synonym ?? nearest(given, names);
  return meant !== undefined && names.includes(meant) ? `write ${meant}` : undefined;
}

/** Without underscores and case, PyTorch's names and JavaScript's are the same. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function nearest(given: string, names: readonly string[]): string | undefined {
  return names.find((known) => editsBetween(given, plain(known)) <= Math.floor(known.length / 3));
}

/** How many letters to insert, delete or replace (Levenshtein 1966). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [done, letter] of Array.from(a).entries()) {
    const next = [done + 1];
    for (const [at, other] of Array.from(b).entries()) {
      const replaced = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
