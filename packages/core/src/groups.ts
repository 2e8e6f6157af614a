import { isIterable, isRecord, listOf } from './arguments.ts';
import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';
import { checkOptions, fillOptions, type Options } from './options.ts';
import { checkUsable, hintOf, isParameter, type Parameter } from './tensor.ts';

/** Parameters under shared options. The options may be edited between steps. */
export interface ParamGroup extends Options {
  /** In the order in which they were given. */
  readonly params: readonly Parameter[];
  /** Present when the parameters have names. */
  readonly paramNames?: readonly string[];
  /** Whatever you want to keep with the group. It travels through state dictionaries. */
  readonly extra: Record<string, unknown>;
}

/** A parameter, alone or with the name that state dictionaries keep. */
export type ParameterInput = Parameter | readonly [name: string, parameter: Parameter];

/** A group as you give it. Options that are left out come from the optimizer's defaults. */
export interface ParamGroupInput extends Partial<Options> {
  /** The parameters, with names or without; one may stand alone. */
  readonly params: ParameterInput | Iterable<ParameterInput>;
  /** One name per parameter, if `params` are not pairs. Another optimizer's group has this form. */
  readonly paramNames?: readonly string[];
  /** Whatever you want to keep with the group: its entries are copied. Default: nothing. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** What `new ASGD` takes: parameters, `[name, parameter]` pairs, or groups of either. */
export type ParamsInput = Iterable<ParameterInput> | Iterable<ParamGroupInput>;

/** The groups in the constructor's argument. As in PyTorch, its first item decides how it is read. */
export function listGroups(params: ParamsInput): readonly ParamGroupInput[] {
  if (!isIterable(params)) {
    throw new ArgumentError(
      `The parameters are ${describe(params)}: expected a list, such as new ASGD([weight, bias], options).`,
    );
  }
  const items = listOf<unknown>(params, 'The parameters');
  if (items.length === 0) throw new ArgumentError('The list of parameters is empty: give at least one.');
  return isGroupInput(items[0]) ? (items as ParamGroupInput[]) : [{ params: items as ParameterInput[] }];
}

/** Makes a checked group, ready to join `groups`. Neither `input` nor `groups` is changed. */
export function makeGroup(
  input: ParamGroupInput,
  defaults: Readonly<Options>,
  groups: readonly ParamGroup[],
): ParamGroup {
  const where = `parameter group ${groups.length}`;
  if (!isGroupInput(input)) {
    throw new ArgumentError(`${capitalized(where)} is ${describe(input)}: expected { params, ...options }.`);
  }
  const { params: given, paramNames: names, extra, ...rest } = input;
  const options = fillOptions(rest, defaults);
  checkOptions(options, where);
  const { params, paramNames } = readParameters(given, names, where);
  checkNaming(paramNames, groups);
  checkUnique(params, groups);
  const group = { ...options, extra: readExtra(extra, where), ...(paramNames && { paramNames }) };
  // Averages and states belong to these parameters. To add more, there is addParamGroup().
  return Object.defineProperty(group, 'params', {
    value: params, // not frozen: V8 walks a frozen list more slowly, which would slow every step
    enumerable: true,
  }) as unknown as ParamGroup;
}

/** Whether these are `count` names. */
export function isNamesOf(value: unknown, count: number): value is readonly string[] {
  return (
    Array.isArray(value) && value.length === count && value.findIndex((name) => typeof name !== 'string') < 0
  );
}

/** A copy of a group's `extra`. @throws ArgumentError */
export function readExtra(extra: unknown, where: string): Record<string, unknown> {
  if (extra === undefined) return {};
  if (isRecord(extra) && !Array.isArray(extra)) return { ...extra };
  throw new ArgumentError(`The extra of ${where} is ${describe(extra)}: expected an object, or nothing.`);
}

function readParameters(
  input: ParamGroupInput['params'],
  names: ParamGroupInput['paramNames'],
  where: string,
): { params: readonly Parameter[]; paramNames: readonly string[] | undefined } {
  if (!isParameter(input) && !isIterable(input)) {
    throw new ArgumentError(`The params of ${where} are ${describe(input)}: expected a list of parameters.`);
  }
  const items = isParameter(input) || isPair(input) ? [input] : listOf(input, `The params of ${where}`);
  const pairs = items.filter(isPair);
  if (pairs.length > 0 && pairs.length < items.length) {
    throw new ArgumentError(
      `${capitalized(where)} has ${items.length} parameters, and ${pairs.length} of them have a name: name all of them or none.`,
    );
  }
  const params = items.map((item, index) => checkParameter(isPair(item) ? item[1] : item, index, where));
  if (names === undefined) {
    return { params, paramNames: pairs.length > 0 ? pairs.map(([name]) => name) : undefined };
  }
  if (pairs.length > 0) {
    throw new ArgumentError(`The parameters of ${where} already have names in params: leave out paramNames.`);
  }
  if (!isNamesOf(names, params.length)) {
    throw new ArgumentError(
      `The paramNames of ${where} are ${describe(names)}: expected ${params.length} names, one per parameter.`,
    );
  }
  return { params, paramNames: [...names] };
}

function checkParameter(item: Parameter, index: number, where: string): Parameter {
  if (!isParameter(item)) {
    throw new ArgumentError(
      `Parameter ${index} of ${where} is ${describe(item)}: expected one made by backend.parameter()${hintOf(item)}.`,
    );
  }
  checkUsable(item);
  return item;
}

function checkNaming(paramNames: readonly string[] | undefined, groups: readonly ParamGroup[]): void {
  const [first] = groups;
  if (first && (first.paramNames === undefined) !== (paramNames === undefined)) {
    throw new ArgumentError(
      `Parameter group ${groups.length} is ${paramNames ? 'named' : 'unnamed'}, the groups before it are ` +
        `${paramNames ? 'unnamed' : 'named'}: name the parameters of all groups or of none.`,
    );
  }
}

function checkUnique(params: readonly Parameter[], groups: readonly ParamGroup[]): void {
  const owners = new Map(groups.flatMap((group, index) => group.params.map((param) => [param, index])));
  for (const param of params) {
    const owner = owners.get(param);
    if (owner !== undefined) {
      throw new ArgumentError(
        owner === groups.length
          ? `${capitalized(String(param))} is twice in parameter group ${owner}: list it once.`
          : `${capitalized(String(param))} is in parameter groups ${owner} and ${groups.length}: keep it in one.`,
      );
    }
    owners.set(param, groups.length);
  }
}

function isGroupInput(item: unknown): item is ParamGroupInput {
  return isRecord(item) && !isParameter(item) && 'params' in item;
}

function isPair(item: unknown): item is readonly [name: string, parameter: Parameter] {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
