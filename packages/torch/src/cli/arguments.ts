import { parseArgs } from 'node:util';
import { extname } from 'node:path';
import type { CheckpointFormat } from '../document.ts';

/** A mistake in the command. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'inspect'; readonly file: string; readonly json: boolean }
  | {
      readonly kind: 'convert';
      readonly file: string;
      readonly key: string | undefined;
      readonly output: Output;
    }
  | {
      readonly kind: 'average';
      readonly files: readonly string[];
      readonly weights: readonly number[];
      readonly key: string | undefined;
      readonly output: Output;
    };

export interface Output {
  readonly file: string;
  readonly format: CheckpointFormat;
}

export const help = `Inspects, converts and averages checkpoints of PyTorch, .pt or safetensors.

Usage: asgd-torch inspect <file> [--json]
       asgd-torch convert <file> -o <file> [--key <key>]
       asgd-torch average <file> <file>… -o <file> [--weights <numbers>] [--key <key>]

  inspect   lists the tensors: name, dtype, shape, bytes, and the storage, which tensors may share.
            It does not load values.
  convert   writes the same checkpoint in the other format.
  average   writes the mean of checkpoints with the same tensors, computed in float64 and rounded once.
            Integers, flags and everything but tensors are copied from the first.

  -o, --output <file>   the extension decides the format: .safetensors, or .pt, .pth, .ckpt or .bin
  --key <key>           takes only a part of the checkpoint, such as model, or a.b if nested
  --weights <numbers>   one per file, separated by commas (default: all the same)
  --json                prints the list as JSON
  --help

Exit code: 0 done, 1 failed.

Examples:
  asgd-torch inspect model.pt
  asgd-torch convert model.pt -o model.safetensors
  asgd-torch average epoch8.pt epoch9.pt epoch10.pt -o mean.pt --key model --weights 1,2,3
`;

const formats: Readonly<Record<string, CheckpointFormat>> = {
  '.safetensors': 'safetensors',
  '.pt': 'pt',
  '.pth': 'pt',
  '.ckpt': 'pt',
  '.bin': 'pt',
};

/** @throws CommandError */
export function parseArguments(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [kind, ...files] = positionals;
  if (values.help || kind === undefined) return { kind: 'help' };
  const { key } = values;
  switch (kind) {
    case 'inspect':
      return { kind, file: one(files), json: values.json ?? false };
    case 'convert':
      return { kind, file: one(files), key, output: outputOf(values.output) };
    case 'average':
      return {
        kind,
        files,
        weights: weightsOf(values.weights, files.length),
        key,
        output: outputOf(values.output),
      };
    default:
      throw new CommandError(`There is no command '${kind}': expected inspect, convert or average.`);
  }
}

// The options' types follow from how they are declared.
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o' },
        key: { type: 'string' },
        weights: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new CommandError(`${(cause as Error).message} See asgd-torch --help.`, { cause });
  }
}

function one(files: readonly string[]): string {
  const [file] = files;
  if (file !== undefined && files.length === 1) return file;
  throw new CommandError(`Expected one file, but got ${files.length}. See asgd-torch --help.`);
}

function outputOf(file: string | undefined): Output {
  if (file === undefined) throw new CommandError('The output file is missing: name it with -o FILE.');
  const format = formats[extname(file).toLowerCase()];
  if (format !== undefined) return { file, format };
  throw new CommandError(
    `'${file}' does not show a format: expected a name that ends with ${Object.keys(formats).join(', ')}.`,
  );
}

function weightsOf(text: string | undefined, count: number): readonly number[] {
  if (count === 0) throw new CommandError('The files to average are missing. See asgd-torch --help.');
  const weights = text === undefined ? Array.from({ length: count }, () => 1) : text.split(',').map(toNumber);
  const areWeights =
    weights.every((weight) => Number.isFinite(weight) && weight >= 0) && weights.some(Boolean);
  if (areWeights && weights.length === count) return weights;
  throw new CommandError(
    `--weights is ${text}: expected ${count} numbers >= 0, one per file, separated by commas, and not all 0.`,
  );
}

function toNumber(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
