import type { Random } from './random.ts';

/** Bytes with one to a few things changed, anywhere. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let mutated = bytes.slice();
  const count = 1 + random.below(random.pick([1, 1, 2, 8]));
  for (let i = 0; i < count && mutated.length > 0; i++) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length);
  const view = new DataView(bytes.buffer);
  switch (random.below(10)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 2:
      bytes[at] = random.next();
      return bytes;
    case 3:
      if (at + 2 <= bytes.length) view.setUint16(at, random.number(bytes.length), true);
      return bytes;
    case 4:
    case 5:
      if (at + 4 <= bytes.length) view.setUint32(at, random.number(bytes.length), true);
      return bytes;
    case 6:
      if (at + 8 <= bytes.length) {
        view.setBigUint64(
          at,
          BigInt(random.number(bytes.length)) << BigInt(random.pick([0, 0, 31, 32])),
          true,
        );
      }
      return bytes;
    case 7:
      return bytes.slice(0, at);
    case 8:
      return splice(bytes, at, random.below(64), new Uint8Array(0));
    default: {
      // A part of the file once more, somewhere else.
      const from = random.below(bytes.length);
      return splice(bytes, at, random.pick([0, 16]), bytes.slice(from, from + random.below(128)));
    }
  }
}

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...bytes.subarray(0, at), ...added, ...bytes.subarray(at + removed)]);
}

/** A JSON text with something replaced somewhere. */
export function mutateJson(text: string, random: Random): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|-?\d+|[^"\d-]/g) ?? [];
  const count = 1 + random.below(3);
  for (let i = 0; i < count; i++) {
    const at = random.below(tokens.length);
    const token = tokens[at] ?? '';
    const numbers = ['0', '1', '-1', '4', '1.5', '1e308', '9007199254740993', String(random.number(100))];
    const deep = random.pick([10, 1000, 50_000]);
    const others = [
      'null',
      'true',
      '[]',
      '{}',
      '""',
      '"__proto__"',
      '"constructor"',
      '"$"',
      `${'['.repeat(deep)}${']'.repeat(deep)}`,
    ];
    const likely = /^-?\d/.test(token) ? numbers : [token + token, ''];
    if (token.startsWith('"')) likely.push(random.pick(tokens), ...others);
    tokens[at] = random.pick(random.below(4) === 0 ? [...others, ...numbers] : likely);
  }
  return tokens.join('');
}
