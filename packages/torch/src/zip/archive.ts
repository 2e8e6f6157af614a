import { CheckpointError } from '../errors.ts';
import { Budget, checkLimit, type Limits } from '../limits.ts';
import type { Source } from '../source.ts';
import { readDirectory, type ZipRecord } from './directory.ts';
import { readPart, readRecord } from './record.ts';

/** An archive as PyTorch writes it: all records are in one folder. */
export class Archive {
  readonly #source: Source;
  readonly #limits: Limits;
  readonly #records: ReadonlyMap<string, ZipRecord>;
  readonly #folder: string;

  private constructor(source: Source, limits: Limits, records: ReadonlyMap<string, ZipRecord>) {
    this.#source = source;
    this.#limits = limits;
    this.#records = records;
    const [first = ''] = records.keys();
    this.#folder = first.slice(0, first.indexOf('/') + 1);
  }

  /** @throws CheckpointError */
  static async open(source: Source, limits: Limits): Promise<Archive> {
    return new Archive(source, limits, await readDirectory(source, limits));
  }

  has(name: string): boolean {
    return this.#records.has(this.#folder + name);
  }

  /** The size of a record after inflating. @throws CheckpointError if there is no such record */
  sizeOf(name: string): number {
    return this.#record(name).size;
  }

  /** A record that describes the others, within the limit `structureBytes`. @throws CheckpointError */
  async readStructure(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const record = this.#record(name);
    checkLimit(this.#limits, 'structureBytes', record.size, `Record '${record.name}'`);
    return readRecord(this.#source, record, new Budget(this.#limits));
  }

  /** @throws CheckpointError */
  read(name: string, budget: Budget): Promise<Uint8Array<ArrayBuffer>> {
    return readRecord(this.#source, this.#record(name), budget);
  }

  /** Some bytes of a record. @throws CheckpointError */
  async readPart(
    name: string,
    from: number,
    length: number,
    budget: Budget,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const record = this.#record(name);
    if (!record.deflated) return readPart(this.#source, record, from, length);
    const whole = await readRecord(this.#source, record, budget);
    return whole.slice(from, from + length);
  }

  #record(name: string): ZipRecord {
    const record = this.#records.get(this.#folder + name);
    if (!record) throw new CheckpointError(`The archive has no record '${this.#folder}${name}'.`);
    return record;
  }
}
