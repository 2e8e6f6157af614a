import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';
import { checkOptions, fillOptions, type Options } from './options.ts';
import { checkUsable, Parameter } from './tensor.ts';

/** Parameters under shared options. The options may be edited between steps; extra keys are kept. */
export interface ParamGroup extends Options {
  readonly params: readonly Parameter[];
  /** Present when the parameters were given as `[name, parameter]` pairs. */
  readonly paramNames?: readonly string[];
  [extra: string]: unknown;
}

/** A parameter, alone or with the name that state dictionaries keep. */
export type ParameterInput = Parameter | readonly [name: string, parameter: Parameter];

/** A group as it is given: options left out come from the optimizer's defaults. */
export interface ParamGroupInput extends Partial<Options> {
  readonly params: ParameterInput | Iterable<ParameterInput>;
  [extra: string]: unknown;
}

/** What `new ASGD` takes: parameters, `[name, parameter]` pairs, or groups of either. */
export type ParamsInput = Iterable<ParameterInput> | Iterable<ParamGroupInput>;

/** The groups that the constructor's argument asks for; as in PyTorch, the first item decides its kind. */
export function listGroups(params: ParamsInput): readonly ParamGroupInput[] {
  if (!isIterable(params)) {
    throw new ArgumentError(
      `The parameters are ${describe(params)}: expected a list, such as new ASGD([weight, bias], options).`,
    );
  }
  const items = [...params];
  if (items.length === 0) throw new ArgumentError('The list of parameters is empty: give at least one.');
  return isGroupInput(items[0]) ? (items as ParamGroupInput[]) : [{ params: items as ParameterInput[] }];
}

/** A checked group, ready to join `groups`; neither it nor they are changed. */
export function makeGroup(
  input: ParamGroupInput,
  defaults: Readonly<Options>,
  groups: readonly ParamGroup[],
): ParamGroup {
  const where = `parameter group ${groups.length}`;
  if (!isGroupInput(input)) {
    throw new ArgumentError(`${capitalized(where)} is ${describe(input)}: expected { params, ...options }.`);
  }
  const options = fillOptions(input, defaults);
  checkOptions(options, where);
  const { params, paramNames } = readParameters(input.params, where);
  checkNaming(paramNames, groups);
  checkUnique(params, groups);
  return paramNames ? { ...options, params, paramNames } : { ...options, params };
}

function readParameters(
  input: ParamGroupInput['params'],
  where: string,
): { params: readonly Parameter[]; paramNames: readonly string[] | undefined } {
  if (!(input instanceof Parameter) && !isIterable(input)) {
    throw new ArgumentError(`The params of ${where} are ${describe(input)}: expected a list of parameters.`);
  }
  const items = input instanceof Parameter || isPair(input) ? [input] : [...input];
  const pairs = items.filter(isPair);
  if (pairs.length > 0 && pairs.length < items.length) {
    throw new ArgumentError(
      `Of the ${items.length} parameters of ${where} ${pairs.length} are named: name all of them or none.`,
    );
  }
  const params = items.map((item, index) => checkParameter(isPair(item) ? item[1] : item, index, where));
  return { params, paramNames: pairs.length > 0 ? pairs.map(([name]) => name) : undefined };
}

function checkParameter(item: Parameter, index: number, where: string): Parameter {
  if (!(item instanceof Parameter)) {
    throw new ArgumentError(
      `Parameter ${index} of ${where} is ${describe(item)}: expected what backend.parameter() makes` +
        `${(item as object | null)?.constructor?.name === 'Parameter' ? ', by this same copy of @asgd/core' : ''}.`,
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
  return typeof item === 'object' && item !== null && !(item instanceof Parameter) && 'params' in item;
}

function isPair(item: unknown): item is readonly [name: string, parameter: Parameter] {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
