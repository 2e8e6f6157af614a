import { element, labeled } from './elements.ts';
import type { PageQuery } from './query.ts';

/** The fields of a page: what to run. */
export class Form {
  readonly root: HTMLFormElement;
  readonly #module = element('input', {
    name: 'module',
    required: true,
    spellcheck: 'false',
    autocomplete: 'off',
  });
  readonly #exportName = element('input', { name: 'export', spellcheck: 'false', autocomplete: 'off' });
  readonly #only = element('textarea', { name: 'only', rows: '2', spellcheck: 'false' });
  readonly #thorough = element('input', { name: 'thorough', type: 'checkbox' });
  readonly #run = element('button', { type: 'submit' }, 'Run');
  readonly #stop = element('button', { type: 'button', disabled: true }, 'Stop');
  readonly #first: PageQuery;

  /**
   * @param hasSubject whether the page that shows it says what is examined, so that no module has to be named
   */
  constructor(query: PageQuery, hasSubject: boolean, { onRun, onStop }: { onRun(): void; onStop(): void }) {
    this.#first = query;
    this.#module.value = query.module;
    this.#exportName.value = query.exportName ?? '';
    this.#only.value = (query.selection.only ?? []).join('\n');
    this.#thorough.checked = query.selection.thorough ?? false;
    const named = [
      labeled('Module', this.#module, 'a URL, such as ./my-backend.js, or a package that the page knows'),
      labeled('Export', this.#exportName, 'empty: the default export, or the only one that fits'),
    ];
    this.root = element(
      'form',
      {},
      ...(hasSubject ? [] : named),
      labeled(
        'Cases',
        this.#only,
        'empty: all of them. An id or a pattern on each line; * stands for any text',
      ),
      labeled('The thorough cases too, which take seconds each', this.#thorough),
      element('p', {}, this.#run, ' ', this.#stop),
    );
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      onRun();
    });
    this.#stop.addEventListener('click', onStop);
  }

  /** What the fields say. What has no field is as the address had it. */
  get query(): PageQuery {
    const only = this.#only.value.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    const exportName = this.#exportName.value.trim();
    const { shard } = this.#first.selection;
    return {
      module: this.#module.value.trim(),
      exportName: exportName === '' ? undefined : exportName,
      selection: {
        ...(only.length > 0 && { only }),
        ...(shard && { shard }),
        thorough: this.#thorough.checked,
      },
      seed: this.#first.seed,
    };
  }

  /** While cases run, only stopping makes sense. */
  set isRunning(isRunning: boolean) {
    const had = document.activeElement;
    this.#run.disabled = isRunning;
    this.#stop.disabled = !isRunning;
    // A disabled button loses the focus, and the keyboard its place.
    if (isRunning && had === this.#run) this.#stop.focus();
  }
}
