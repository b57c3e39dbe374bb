/** CloudFormation's intrinsic functions. Whatever a function needs to know of the template comes from its scope. */
import { isList, isMap, TemplateError, type TemplateMap, type TemplateValue } from './types.ts';

/** `AWS::NoValue`: what has this value is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

export type Evaluated = TemplateValue | typeof NO_VALUE;

/** What the functions ask of the template; each call names the place that asks, for errors. */
export interface Scope {
  ref(name: string, place: string): Evaluated;
  attribute(logicalId: string, attribute: string, place: string): TemplateValue;
  condition(name: string, place: string): boolean;
  mapping(path: readonly string[], place: string): TemplateValue;
}

type Intrinsic = (argument: TemplateValue, place: string, scope: Scope) => Evaluated;

/** A resolved value as text, as CloudFormation puts it into other text. */
export function asText(value: Evaluated | undefined, place: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${place}: expected text`);
}

function list(value: Evaluated | undefined, place: string, count?: number): readonly TemplateValue[] {
  if (value === undefined || value === NO_VALUE || !isList(value))
    throw new TemplateError(`${place}: expected a list`);
  if (count !== undefined && value.length !== count)
    throw new TemplateError(`${place}: expected a list of ${count}, found ${value.length}`);
  return value;
}

/** A list whose elements are resolved, also where the whole list is a function. */
function resolvedList(value: TemplateValue | undefined, place: string, scope: Scope) {
  return list(value === undefined ? undefined : evaluate(value, place, scope), place);
}

const join: Intrinsic = (argument, place, scope) => {
  const [delimiter, values] = list(argument, place, 2);
  const between = asText(delimiter, place);
  return resolvedList(values, place, scope)
    .map((value) => asText(value, place))
    .join(between);
};

const split: Intrinsic = (argument, place, scope) => {
  const [delimiter, text] = list(argument, place, 2);
  return asText(evaluate(text ?? '', place, scope), place).split(asText(delimiter, place));
};

const select: Intrinsic = (argument, place, scope) => {
  const [index, values] = list(argument, place, 2);
  const number = Number(asText(evaluate(index ?? '', place, scope), place));
  const chosen = resolvedList(values, place, scope)[number];
  if (chosen === undefined) throw new TemplateError(`${place}: Fn::Select has no element ${number}`);
  return chosen;
};

const sub: Intrinsic = (argument, place, scope) => {
  const [text, variables] = isList(argument) ? list(argument, place, 2) : [argument, {}];
  if (!isMap(variables)) throw new TemplateError(`${place}: expected a map of variables`);
  return asText(text, place).replaceAll(/\$\{([^}]*)\}/g, (whole, inner: string) => {
    if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
    const name = inner.trim();
    const own = variables[name];
    if (own !== undefined) return asText(evaluate(own, place, scope), place);
    if (name === '') throw new TemplateError(`${place}: ${whole} names nothing`);
    const dot = name.indexOf('.');
    const value =
      dot === -1 ? scope.ref(name, place) : scope.attribute(name.slice(0, dot), name.slice(dot + 1), place);
    return asText(value, place);
  });
};

const choose: Intrinsic = (argument, place, scope) => {
  const [condition, then, otherwise] = list(argument, place, 3);
  const taken = scope.condition(asText(condition, place), place) ? then : otherwise;
  return evaluate(taken ?? null, place, scope);
};

const attribute: Intrinsic = (argument, place, scope) => {
  const [logicalId, name] = list(argument, place, 2);
  return scope.attribute(asText(logicalId, place), asText(name, place), place);
};

const refuse =
  (name: string): Intrinsic =>
  (_argument, place) => {
    throw new TemplateError(`${place}: ${name} cannot be worked out without AWS`);
  };

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, place, scope) => scope.ref(asText(argument, place), place),
  'Fn::Base64': (argument, place, scope) =>
    Buffer.from(asText(evaluate(argument, place, scope), place)).toString('base64'),
  'Fn::FindInMap': (argument, place, scope) =>
    scope.mapping(
      list(argument, place, 3).map((key) => asText(evaluate(key, place, scope), place)),
      place,
    ),
  'Fn::GetAtt': attribute,
  'Fn::If': choose,
  'Fn::Join': join,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::Sub': sub,
  'Fn::Cidr': refuse('Fn::Cidr'),
  'Fn::GetAZs': refuse('Fn::GetAZs'),
  'Fn::ImportValue': refuse('Fn::ImportValue'),
  'Fn::Transform': refuse('Fn::Transform'),
};

/** The function that a map is, if it is one: `{ Ref: X }` has no other key. */
export function functionOf(value: TemplateMap): readonly [name: string, argument: TemplateValue] | undefined {
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length !== 1 || only === undefined) return undefined;
  return only[0] === 'Ref' || only[0].startsWith('Fn::') ? only : undefined;
}

/** Works out every function in a value. Throws TemplateError with the place. */
export function evaluate(value: TemplateValue, place: string, scope: Scope): Evaluated {
  if (isList(value)) {
    const all = value.map((item, index) => evaluate(item, `${place}.${index}`, scope));
    return all.filter((item) => item !== NO_VALUE);
  }
  if (!isMap(value)) return value;
  const call = functionOf(value);
  if (call !== undefined) {
    const intrinsic = INTRINSICS[call[0]];
    if (intrinsic === undefined) throw new TemplateError(`${place}: ${call[0]} is not known here`);
    return intrinsic(call[1], place, scope);
  }
  const entries: [string, TemplateValue][] = [];
  for (const [key, item] of Object.entries(value)) {
    const evaluated = evaluate(item, `${place}.${key}`, scope);
    if (evaluated !== NO_VALUE) entries.push([key, evaluated]);
  }
  return Object.fromEntries(entries);
}

type Test = (argument: TemplateValue, place: string, scope: Scope) => boolean;

/** CloudFormation: Fn::And and Fn::Or take 2 to 10 conditions. */
function all(argument: TemplateValue, place: string, scope: Scope): readonly boolean[] {
  const conditions = list(argument, place);
  if (conditions.length < 2 || conditions.length > 10)
    throw new TemplateError(`${place}: expected 2 to 10 conditions`);
  return conditions.map((condition) => evaluateCondition(condition, place, scope));
}

const TESTS: Readonly<Record<string, Test>> = {
  Condition: (argument, place, scope) => scope.condition(asText(argument, place), place),
  'Fn::And': (argument, place, scope) => all(argument, place, scope).every(Boolean),
  'Fn::Or': (argument, place, scope) => all(argument, place, scope).some(Boolean),
  'Fn::Not': (argument, place, scope) =>
    !list(argument, place, 1).some((condition) => evaluateCondition(condition, place, scope)),
  'Fn::Equals': (argument, place, scope) => {
    const [left, right] = list(argument, place, 2).map((side) => asText(evaluate(side, place, scope), place));
    return left === right;
  },
  // Of the section Rules alone.
  'Fn::Contains': (argument, place, scope) => {
    const [values, wanted] = list(argument, place, 2);
    const text = asText(evaluate(wanted ?? '', place, scope), place);
    return resolvedList(values, place, scope).some((value) => asText(value, place) === text);
  },
};

/** Works out a condition of the sections Conditions and Rules. Throws TemplateError with the place. */
export function evaluateCondition(value: TemplateValue, place: string, scope: Scope): boolean {
  const entries = isMap(value) ? Object.entries(value) : [];
  const [only] = entries;
  const test = only === undefined ? undefined : TESTS[only[0]];
  if (entries.length !== 1 || only === undefined || test === undefined)
    throw new TemplateError(`${place}: expected a condition`);
  return test(only[1], place, scope);
}
