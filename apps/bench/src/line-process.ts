import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How much of what a process last wrote to its error stream is kept for messages. */
const rememberedErrors = 2000;

/**
 * A program that stays alive and answers each line with a line. Peers that are not JavaScript are driven so: they
 * keep their data, do their own timing, and are idle while the other contender runs.
 */
export class LineProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  #waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;
  #errors = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#name = command;
    this.#child = spawn(command, args, { env, stdio: 'pipe' });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answer(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-rememberedErrors);
    });
    this.#child.stdin.on('error', () => {}); // a process that has gone is reported by what follows
    this.#child.on('error', (error) => this.#fail(`could not be started: ${error.message}`));
    this.#child.on('close', (code, signal) => this.#fail(`ended (${signal ?? `exit status ${code}`})`));
  }

  /** Sends a line, and waits for the answer. One at a time. @throws Error if the process ends instead */
  ask(line: string): Promise<string> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting) return Promise.reject(new Error(`${this.#name} is still busy with the last line.`));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin.write(`${line}\n`);
    });
  }

  /** Closes its input, which asks it to end, and waits until it has. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    if (!this.#failure) await closed;
  }

  #answer(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(line);
  }

  #fail(what: string): void {
    const said = this.#errors.trim();
    this.#failure ??= new Error(`${this.#name} ${what}${said && `, having said: ${said}`}`);
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
