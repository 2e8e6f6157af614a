import type { WriteStream } from 'node:tty';

/** Says how far a run is. */
export interface Progress {
  follow(what: string, done: number, all: number): void;
  end(): void;
}

/** One line that changes on a terminal; elsewhere a line for each comparison. */
export function reportProgress(stream: Pick<WriteStream, 'isTTY' | 'columns' | 'write'>): Progress {
  return {
    follow(what, done, all) {
      const line = `${done + 1}/${all} ${what}`;
      stream.write(stream.isTTY ? `\r\u001B[K${line.slice(0, stream.columns - 1)}` : `${line}\n`);
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001B[K');
    },
  };
}
