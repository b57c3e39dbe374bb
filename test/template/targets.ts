/** What Ref, GetAtt, Sub, Condition and DependsOn of a template point at, and whether that goes round in a circle. */
import { functionOf } from '../../local/template/intrinsics.ts';
import { isList, isMap, type TemplateMap, type TemplateValue } from '../../local/template/types.ts';
import type { TypeSpec } from './spec.ts';

type Lookup = (type: string) => TypeSpec | undefined;

const PSEUDO = new Set([
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::NotificationARNs',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
]);

interface Names {
  readonly parameters: TemplateMap;
  readonly resources: TemplateMap;
  readonly conditions: TemplateMap;
  readonly lookup: Lookup;
  /** Parameters and conditions that something points at. */
  readonly used: Set<string>;
}

function section(template: TemplateMap, name: string): TemplateMap {
  const value = template[name];
  return isMap(value) ? value : {};
}

function refProblem(name: string, { parameters, resources, used }: Names): string | undefined {
  used.add(name);
  if (PSEUDO.has(name) || parameters[name] !== undefined || resources[name] !== undefined) return undefined;
  return `there is no parameter or resource ${name}`;
}

function attributeProblem(logicalId: string, attribute: string, names: Names): string | undefined {
  const resource = names.resources[logicalId];
  if (!isMap(resource)) return `there is no resource ${logicalId}`;
  const type = String(resource['Type']);
  if (names.lookup(type)?.attributes.has(attribute) !== false) return undefined;
  return `${type} has no attribute ${attribute}`;
}

function subProblems(argument: TemplateValue, names: Names): readonly (string | undefined)[] {
  const [text, variables] = isList(argument) ? argument : [argument];
  const own = isMap(variables) ? variables : {};
  return [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map((match) => {
    const [name = '', ...rest] = (match[1] ?? '').split('.');
    if (own[match[1] ?? ''] !== undefined) return undefined;
    return rest.length === 0 ? refProblem(name, names) : attributeProblem(name, rest.join('.'), names);
  });
}

function conditionProblem(name: TemplateValue | undefined, { conditions, used }: Names): string | undefined {
  used.add(String(name));
  return conditions[String(name)] === undefined ? `there is no condition ${String(name)}` : undefined;
}

function callProblems(name: string, argument: TemplateValue, names: Names): readonly (string | undefined)[] {
  if (name === 'Ref') return [refProblem(String(argument), names)];
  if (name === 'Fn::Sub') return subProblems(argument, names);
  if (name === 'Fn::If' && isList(argument)) return [conditionProblem(argument[0], names)];
  if (name !== 'Fn::GetAtt') return [];
  const [logicalId, attribute] = isList(argument) ? argument : [];
  return [attributeProblem(String(logicalId), String(attribute), names)];
}

function walk(value: TemplateValue, place: string, names: Names): readonly string[] {
  if (isList(value)) return value.flatMap((item, index) => walk(item, `${place}.${index}`, names));
  if (!isMap(value)) return [];
  const call = functionOf(value);
  const own = call === undefined ? [] : callProblems(call[0], call[1], names);
  const problems = own.flatMap((problem) => (problem === undefined ? [] : [`${place}: ${problem}`]));
  const inner = Object.entries(value).flatMap(([key, item]) => {
    const isCall = call !== undefined;
    return walk(item, isCall ? place : `${place}.${key}`, names);
  });
  return [...problems, ...inner];
}

/** The key Condition of resources, outputs and conditions. */
function conditionsOf(value: TemplateValue, place: string, names: Names): readonly string[] {
  if (isList(value)) return value.flatMap((item) => conditionsOf(item, place, names));
  if (!isMap(value)) return [];
  const { Condition } = value;
  const problem = typeof Condition === 'string' ? conditionProblem(Condition, names) : undefined;
  const inner = place.startsWith('Conditions.') ? Object.values(value) : [];
  return [
    ...(problem === undefined ? [] : [`${place}.Condition: ${problem}`]),
    ...inner.flatMap((item) => conditionsOf(item, place, names)),
  ];
}

function dependsProblems(template: TemplateMap, { resources }: Names): readonly string[] {
  return Object.entries(section(template, 'Resources')).flatMap(([id, resource]) => {
    const needed = isMap(resource) ? (resource['DependsOn'] ?? []) : [];
    const all = isList(needed) ? needed : [needed];
    return all
      .filter((name) => resources[String(name)] === undefined)
      .map((name) => `Resources.${id}.DependsOn: there is no resource ${String(name)}`);
  });
}

/** The resources that a value names: CloudFormation makes these first. */
function namedIn(value: TemplateValue, resources: TemplateMap): readonly string[] {
  if (isList(value)) return value.flatMap((item) => namedIn(item, resources));
  if (!isMap(value)) return [];
  const [name, argument] = functionOf(value) ?? [];
  const texts = isList(argument) ? argument : [argument];
  const own =
    name === 'Fn::Sub'
      ? [...String(texts[0]).matchAll(/\$\{([A-Za-z0-9]+)[.}]/g)].map(([, id = '']) => id)
      : name === 'Ref' || name === 'Fn::GetAtt'
        ? [String(texts[0])]
        : [];
  const inner = Object.values(value).flatMap((item) => namedIn(item, resources));
  return [...own.filter((id) => resources[id] !== undefined), ...inner];
}

/** CloudFormation refuses a template whose resources need each other. */
function circleProblems(template: TemplateMap): readonly string[] {
  const resources = section(template, 'Resources');
  const needs = new Map(
    Object.entries(resources).map(([id, resource]) => {
      const { Properties = {}, DependsOn = [] } = isMap(resource) ? resource : {};
      return [id, new Set([...namedIn(Properties, resources), ...[DependsOn].flat().map(String)])] as const;
    }),
  );
  const done = new Set<string>();
  const circle = (id: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const next of needs.get(id) ?? []) {
      const found = circle(next, [...path, id]);
      if (found !== undefined) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const found = circle(id, []);
    if (found !== undefined) return [`Resources.${id}: needs itself: ${found.join(', ')}`];
  }
  return [];
}

export function targetProblems(template: TemplateMap, lookup: Lookup): readonly string[] {
  const names: Names = {
    parameters: section(template, 'Parameters'),
    resources: section(template, 'Resources'),
    conditions: section(template, 'Conditions'),
    lookup,
    used: new Set(),
  };
  const walked = ['Rules', 'Conditions', 'Globals', 'Resources', 'Outputs'].flatMap((name) =>
    Object.entries(section(template, name)).flatMap(([id, value]) => [
      ...walk(value, `${name}.${id}`, names),
      ...conditionsOf(value, `${name}.${id}`, names),
    ]),
  );
  const unused = (['Parameters', 'Conditions'] as const).flatMap((name) =>
    Object.keys(section(template, name))
      .filter((id) => !names.used.has(id))
      .map((id) => `${name}.${id}: nothing uses it`),
  );
  return [...walked, ...dependsProblems(template, names), ...circleProblems(template), ...unused];
}
