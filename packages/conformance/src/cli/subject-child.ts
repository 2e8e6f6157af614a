import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { cwd, execArgv } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Answer, Request } from './messages.ts';

/** The process has ended, or said nothing for too long. */
export type Silence =
  | { readonly kind: 'exited'; readonly code: number | null; readonly how: string }
  | { readonly kind: 'silent'; readonly milliseconds: number };

// Source or built, it lies beside this file.
const program = new URL(`./subject-process${extname(import.meta.url)}`, import.meta.url);

/** A process that runs a subject, as its parent sees it. What the subject prints goes to standard error. */
export class SubjectChild {
  readonly #child = fork(fileURLToPath(program), {
    cwd: cwd(),
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  readonly #said: Answer[] = [];
  #end: Silence | undefined;
  #listener: (() => void) | undefined;

  constructor() {
    this.#child.on('message', (answer: Answer) => {
      this.#said.push(answer);
      this.#listener?.();
    });
    this.#child.on('error', ({ message }) => this.#noteEnd(null, `failed: ${message}`));
    this.#child.on('exit', (code, signal) => {
      const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      // What it has sent may still be on its way.
      if (this.#child.connected) this.#child.once('disconnect', () => this.#noteEnd(code, how));
      else this.#noteEnd(code, how);
    });
  }

  /** Sends a request; one that the process does not live to hear is answered by its end. */
  send(request: Request): void {
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  /** What it says next or, when it has ended, that. `silent` after `limit` milliseconds. */
  async next(limit: number): Promise<Answer | Silence> {
    if (this.#said.length === 0 && !this.#end) await this.#wait(limit);
    return this.#said.shift() ?? this.#end ?? { kind: 'silent', milliseconds: limit };
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #wait(limit: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limit);
      this.#listener = resolve;
    });
    clearTimeout(timer);
    this.#listener = undefined;
  }

  #noteEnd(code: number | null, how: string): void {
    this.#end ??= { kind: 'exited', code, how };
    this.#listener?.();
  }
}
