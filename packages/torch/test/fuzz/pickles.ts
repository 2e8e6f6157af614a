import { op } from '../../src/pickle/opcodes.ts';
import { intOf, storageOf, tensorOf, textOf } from '../archive.ts';
import type { Random } from './random.ts';

type Part = number | string;

const codes: readonly number[] = Object.values(op);

const names = [
  'collections\nOrderedDict\n',
  'torch\nSize\n',
  'torch\nfloat32\n',
  'torch\nFloatStorage\n',
  'torch.storage\nUntypedStorage\n',
  'torch._utils\n_rebuild_tensor_v2\n',
  'torch._utils\n_rebuild_tensor_v3\n',
  'torch._utils\n_rebuild_parameter\n',
  '__builtin__\nset\n',
  '__builtin__\ncomplex\n',
  'builtins\nbytearray\n',
  '_codecs\nencode\n',
  'os\nsystem\n',
  '__proto__\n__proto__\n',
];

/** The parts of a random pickle that makes sense in places. */
export function randomPickle(random: Random): Part[] {
  const parts: Part[] = [];
  const count = 1 + random.below(random.pick([5, 20, 100]));
  for (let i = 0; i < count; i++) parts.push(...randomParts(random));
  return parts;
}

function randomParts(random: Random): readonly Part[] {
  const memo = random.below(8);
  switch (random.below(14)) {
    case 0:
      return ['c', random.pick(names)];
    case 1:
      return textOf(
        random.pick([
          '',
          'a',
          'weight',
          '__proto__',
          'constructor',
          'latin1',
          'storage',
          'conj',
          '_metadata',
        ]),
      );
    case 2:
      return intOf(random.number(16) | 0);
    case 3:
      return storageOf(
        random.pick(['0', '1', '2']),
        random.pick([0, 1, 4, 8, random.number(8) | 0]),
        random.pick(['FloatStorage', 'ByteStorage', 'ComplexFloatStorage']),
      );
    case 4:
    case 5: {
      const dimensions = random.below(4);
      const numbers = (): number[] =>
        Array.from({ length: dimensions }, () => random.pick([0, 1, 2, 4, 1000, random.number(4) | 0]));
      const storage = storageOf(
        random.pick(['0', '1']),
        4,
        random.pick(['FloatStorage', 'FloatStorage', 'HalfStorage']),
      );
      return tensorOf(storage, { offset: random.pick([0, 0, 1, -1, 5]), size: numbers(), stride: numbers() });
    }
    case 6:
      return ['q', memo];
    case 7:
      return ['h', memo];
    case 8:
      return [random.pick([']', '}', ')', '(', 'N', '\x88', '\x8f'])];
    case 9:
      return [random.pick(['a', 'e', 's', 'u', 't', '\x85', '\x86', '\x87', '\x90', '\x91'])];
    case 10:
      return [random.pick(['R', 'b', '\x81', 'Q', '\x93', '\x94'])];
    case 11:
      return [random.pick(['0', '1', '2'])];
    case 12:
      return [random.pick(codes)];
    default:
      // The same object within itself, more and more.
      return Array.from({ length: random.below(30) }, () => [
        ']',
        'q',
        memo,
        'h',
        memo,
        'ah',
        memo,
        'a',
      ]).flat();
  }
}
