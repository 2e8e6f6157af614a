import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { UserError } from './errors.ts';
import { defaults, digitsDefaults, type Settings } from './options.ts';

/** What a resumed run may change: where the data is, how long to train, and with which kernels. */
const changeable: ReadonlySet<keyof Settings> = new Set(['data', 'test', 'epochs', 'kernels']);

/** The settings of a run: those given, else those of the checkpoint that it continues, else the defaults. */
export function settle(
  given: Partial<Settings>,
  resume?: { file: string; checkpoint: Checkpoint },
): Settings {
  if (resume === undefined) {
    if (given.test !== undefined && given.data === undefined) {
      throw new UserError('found --test without --data, expected both: the digits have their own test data');
    }
    return { ...(given.data === undefined ? digitsDefaults : defaults), ...given };
  }
  const { file, checkpoint } = resume;
  for (const name of Object.keys(given) as (keyof Settings)[]) {
    const saved = checkpoint.settings[name];
    if (changeable.has(name) || given[name] === saved) continue;
    throw new UserError(
      `found ${flag(name)} ${String(given[name])}, but ${file} was begun with ${saved ?? 'none'}: ` +
        `leave out ${flag(name)} to continue with that, or begin a new run`,
    );
  }
  return { ...defaults, ...checkpoint.settings, ...given };
}

function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
