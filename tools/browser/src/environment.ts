import { delimiter } from 'node:path';

/** Environment variables for a process to be started. */
export type Environment = Readonly<Record<string, string>>;

/** `LD_LIBRARY_PATH` with a folder before what it names already. */
export function libraryPath(folder: string): Environment {
  const { LD_LIBRARY_PATH: present } = process.env;
  return { LD_LIBRARY_PATH: present ? `${folder}${delimiter}${present}` : folder };
}

/**
 * Which adapter WebGPU shall use. Tests want the one that is the same everywhere; measuring wants the machine's own:
 * `ASGD_ADAPTER=machine`.
 */
export function adapterWanted(): 'software' | 'machine' {
  const { ASGD_ADAPTER: wanted = 'software' } = process.env;
  if (wanted === 'software' || wanted === 'machine') return wanted;
  throw new Error(`ASGD_ADAPTER is '${wanted}': expected 'software' or 'machine'.`);
}
