/**
 * A template against AWS's own description of its resource types: names, types and presence of properties, and the
 * targets of Ref, GetAtt and Sub. Every branch of a condition is checked, so nothing is resolved here.
 */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties } from '@aws-cdk/service-spec-types';
import { functionOf } from '../../local/template/intrinsics.ts';
import { isList, isMap, type TemplateMap, type TemplateValue } from '../../local/template/types.ts';
import { templateProblems } from './structure.ts';
import { targetProblems } from './targets.ts';

const database = loadAwsServiceSpecSync();

/** One resource type: its properties, and its attributes. */
export interface TypeSpec {
  readonly properties: ResourceProperties;
  readonly attributes: ReadonlySet<string>;
}

const types = new Map<string, TypeSpec | undefined>();

/** AWS::Serverless::Function becomes AWS::Lambda::Function, and has its attributes. */
export function typeSpec(type: string): TypeSpec | undefined {
  if (types.has(type)) return types.get(type);
  const [resource] = database.lookup('resource', 'cloudFormationType', 'equals', type);
  const origin = type === 'AWS::Serverless::Function' ? 'AWS::Lambda::Function' : type;
  const [attributed] = database.lookup('resource', 'cloudFormationType', 'equals', origin);
  const spec =
    resource === undefined
      ? undefined
      : { properties: resource.properties, attributes: new Set(Object.keys(attributed?.attributes ?? {})) };
  types.set(type, spec);
  return spec;
}

/** What AWS's description of SAM says is required, and SAM's own transform takes without. */
const NOT_REQUIRED: ReadonlySet<string> = new Set(['EventInvokeConfig.DestinationConfig.OnSuccess']);

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'json', 'date-time']);

type Problems = readonly string[];

/** A function gives text, or what its target is; targets.ts checks the target. */
function callProblems(name: string, argument: TemplateValue, type: PropertyType, place: string): Problems {
  if (name === 'Fn::If' && isList(argument))
    return argument.slice(1).flatMap((branch) => valueProblems(branch, type, place));
  // A parameter may be a list, so Ref may stand for one.
  if (name === 'Fn::Split' || name === 'Ref' || type.type === 'union' || SCALARS.has(type.type)) return [];
  return [`${place}: ${name} gives text, where the type is ${type.type}`];
}

function isNumeric(value: TemplateValue): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isFinite(Number(value)))
  );
}

/** What is expected instead. CloudFormation turns text into numbers and truth values where they are written so. */
function scalarProblem(value: TemplateValue, type: PropertyType): string | undefined {
  switch (type.type) {
    case 'string':
      if (value === null || typeof value === 'object') return 'text';
      return type.allowedValues === undefined || type.allowedValues.includes(String(value))
        ? undefined
        : `one of ${type.allowedValues.join(', ')}`;
    case 'number':
      return isNumeric(value) ? undefined : 'a number';
    case 'integer':
      return isNumeric(value) && Number.isInteger(Number(value)) ? undefined : 'a whole number';
    case 'boolean':
      return ['true', 'false'].includes(String(value)) ? undefined : 'true or false';
    default:
      return undefined;
  }
}

function expected(what: string, value: TemplateValue, place: string): Problems {
  const plain = isMap(value) ? 'a map' : JSON.stringify(value);
  return [`${place}: expected ${what}, found ${isList(value) ? 'a list' : plain}`];
}

/** The member that fits best speaks. */
function unionProblems(value: TemplateValue, members: readonly PropertyType[], place: string): Problems {
  const tries = members.map((type) => valueProblems(value, type, place));
  return tries.sort((a, b) => a.length - b.length)[0] ?? [];
}

function valueProblems(value: TemplateValue, type: PropertyType, place: string): Problems {
  const call = isMap(value) ? functionOf(value) : undefined;
  if (call !== undefined) return callProblems(call[0], call[1], type, place);
  switch (type.type) {
    case 'union':
      return unionProblems(value, type.types, place);
    case 'ref':
      return isMap(value)
        ? propertyProblems(value, database.get('typeDefinition', type.reference).properties, place)
        : expected('a map', value, place);
    case 'array':
      return isList(value)
        ? value.flatMap((item, index) => valueProblems(item, type.element, `${place}.${index}`))
        : expected('a list', value, place);
    case 'map':
      return isMap(value)
        ? Object.entries(value).flatMap(([key, item]) => valueProblems(item, type.element, `${place}.${key}`))
        : expected('a map', value, place);
    default: {
      const other = scalarProblem(value, type);
      return other === undefined ? [] : expected(other, value, place);
    }
  }
}

function propertyProblems(map: TemplateMap, known: ResourceProperties, place: string, all = true): Problems {
  const given = Object.entries(map).flatMap(([name, value]) => {
    const property = known[name];
    return property === undefined
      ? [`${place}.${name}: there is no such property`]
      : valueProblems(value, property.type, `${place}.${name}`);
  });
  const missing = Object.entries(known)
    .filter(([name, property]) => all && property.required === true && map[name] === undefined)
    .map(([name]) => `${place}.${name}`)
    .filter((name) => ![...NOT_REQUIRED].some((end) => name.endsWith(end)));
  return [...given, ...missing.map((name) => `${name}: is required`)];
}

function resourceProblems(logicalId: string, resource: TemplateMap): Problems {
  const { Type, Properties = {} } = resource;
  const type = String(Type);
  const spec = typeSpec(type);
  if (spec === undefined) return [`Resources.${logicalId}.Type: there is no type ${type}`];
  const place = `Resources.${logicalId}.Properties`;
  if (!isMap(Properties)) return expected('a map', Properties, place);
  // What a function has from Globals is not said again.
  return propertyProblems(Properties, spec.properties, place, !type.startsWith('AWS::Serverless::'));
}

/** Everything about a template that AWS's description of it speaks against, `PLACE: MESSAGE`. */
export function specProblems(template: TemplateMap): Problems {
  const { Resources = {}, Globals = {} } = template;
  const resources = Object.entries(isMap(Resources) ? Resources : {}).flatMap(([logicalId, resource]) =>
    isMap(resource) ? resourceProblems(logicalId, resource) : [],
  );
  const general = isMap(Globals) ? Globals['Function'] : undefined;
  const known = typeSpec('AWS::Serverless::Function')?.properties ?? {};
  const globals = isMap(general) ? propertyProblems(general, known, 'Globals.Function', false) : [];
  return [...templateProblems(template), ...resources, ...globals, ...targetProblems(template, typeSpec)];
}
