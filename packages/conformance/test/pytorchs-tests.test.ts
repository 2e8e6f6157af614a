import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allCases } from '../src/cases/index.ts';
import { matches } from '../src/selection.ts';

// Keeps the table of the README true.

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, table = ''] = /^## PyTorch's tests$([^]*?)^## /m.exec(readme) ?? [];
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2) // its head
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, theirs = '', ours = '', difference = '']) => ({ theirs, ours, difference }));

/** Core's own tests, which need no kernel. The package does not contain them: only the table names them. */
const { rules } = (await import(new URL('../../core/test/rules/index.ts', import.meta.url).href)) as {
  readonly rules: readonly { readonly name: string }[];
};

const ids = [...(await allCases()).map(({ id }) => id), ...rules.map(({ name }) => `core:${name}`)];

/** What a cell names: `this/*` and `that`. */
function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

describe("the table of PyTorch's tests", () => {
  test('names cases that exist', () => {
    const patterns = rows.flatMap(({ ours, difference }) => [...namesIn(ours), ...namesIn(difference)]);
    const cases = patterns.filter((pattern) => pattern.includes('/'));
    expect(cases.length).toBeGreaterThan(rows.length);
    expect(cases.filter((pattern) => !ids.some((id) => matches(pattern, id)))).toStrictEqual([]);
  });

  test('has an answer to every test, or says why there is none', () => {
    const tests = rows.filter(({ theirs }) => !theirs.startsWith('**'));
    const unanswered = tests.filter(({ ours }) => !namesIn(ours).some((name) => name.includes('/')));
    expect(unanswered.map(({ theirs }) => theirs)).toStrictEqual([
      '`test_peak_memory_foreach`',
      '`optim_error_inputs_func_asgd`', // the same as another's
    ]);
    expect(unanswered.filter(({ ours, difference }) => !difference && !ours.startsWith('as '))).toStrictEqual(
      [],
    );
  });

  // The tests that run for ASGD in PyTorch 2.13, and the parts of its optimizer database.
  test.each([
    'test_optim_infos_do_not_specify_global_cliquey_kwargs',
    'test_errors',
    'test_forloop_goes_right_direction',
    'test_param_group_with_lrscheduler_goes_right_direction',
    'test_tensor_lr',
    'test_complex',
    'test_complex_2d',
    'test_foreach_matches_forloop',
    'test_param_groups_weight_decay',
    'test_param_groups_lr',
    'test_step_is_noop_when_params_have_no_grad',
    'test_step_is_noop_for_zero_grads',
    'test_grads_are_never_inplaced_into',
    'test_optimizer_can_be_printed',
    'test_state_dict_deterministic',
    'test_can_load_older_state_dict',
    'test_can_load_from_to_named_state_dict',
    'test_save_load_equality_with_weights_only',
    'test_load_nontensor_step',
    'test_state_dict_pre_hook',
    'test_state_dict_post_hook',
    'test_state_dict_pre_post_hook',
    'test_load_state_dict_pre_hook_and_prepend',
    'test_load_state_dict_post_hook',
    'test_load_state_dict_pre_post_hook',
    'test_step_post_hook',
    'test_step_pre_hook',
    'test_step_all_hooks',
    'test_deepcopy_copies_all_public_attrs',
    'test_non_empty_state',
    'test_forloop_goes_right_direction_multigpu',
    'test_mixed_device_dtype',
    'test_set_default_dtype_works_with_foreach',
    'test_foreach_large_tensor',
    'test_peak_memory_foreach',
    'test_state_dict_with_cuda_params',
    'test_defaults_changed_to_foreach',
    'optim_inputs_func_asgd',
    'optim_error_inputs_func_asgd',
    'scheduler_inputs',
    'TestDifferentiableOptimizer.test_asgd',
    'test_asgd_1d_sharding',
  ])('has %s', (name) => {
    expect(rows.filter(({ theirs }) => namesIn(theirs).includes(name))).toHaveLength(1);
  });
});
