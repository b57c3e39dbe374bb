/** From the JSON or YAML value of a policy document to statements that can be evaluated. */
import { PermanentError } from '../../shared/errors.ts';
import {
  type Condition,
  OPERATORS,
  type Operator,
  type PolicyDocument,
  type Principals,
  type Statement,
} from './types.ts';

/** IAM: a policy of an identity has at most 6,144 characters, one of a bucket 20 KB. */
const MAX_PATTERN_CHARS = 20 * 1024;

const ELEMENTS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']);
const DOCUMENT_ELEMENTS = new Set(['Version', 'Id', 'Statement']);

type Values = Readonly<Record<string, unknown>>;

function refuse(place: string, why: string): never {
  throw new PermanentError(`policy document: ${place} ${why}`);
}

function record(value: unknown, place: string): Values {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(place, 'is no mapping');
  return { ...value };
}

function text(value: unknown, place: string): string {
  const plain = typeof value === 'boolean' || typeof value === 'number' ? String(value) : value;
  if (typeof plain !== 'string') return refuse(place, 'is no text');
  if (plain.length > MAX_PATTERN_CHARS) return refuse(place, 'is too long');
  // IAM User Guide, "Policy variables": a value that is known only when the request is made.
  if (plain.includes('${'))
    return refuse(place, `has a policy variable, "${plain}", which is not known here`);
  return plain;
}

function list(value: unknown, place: string): readonly string[] {
  const all = Array.isArray(value) ? value : [value];
  if (all.length === 0) return refuse(place, 'is empty');
  return all.map((one: unknown) => text(one, place));
}

function readPrincipals(value: unknown, place: string): Principals {
  if (value === '*') return 'everyone';
  const given = record(value, place);
  const services: string[] = [];
  const aws: string[] = [];
  for (const [kind, names] of Object.entries(given)) {
    const all = list(names, `${place}.${kind}`);
    if (kind === 'Service') services.push(...all);
    else if (kind === 'AWS') aws.push(...all);
    else refuse(`${place}.${kind}`, 'is not known here');
  }
  // The same by the IAM User Guide: "Principal": "*" and {"AWS": "*"}.
  return aws.includes('*') ? 'everyone' : { services, aws };
}

function isOperator(name: string): name is Operator {
  return OPERATORS.some((known) => known === name);
}

function readConditions(value: unknown, place: string): Condition[] {
  const conditions: Condition[] = [];
  for (const [name, keys] of Object.entries(record(value, place))) {
    const ifExists = name.endsWith('IfExists');
    const operator = ifExists ? name.slice(0, -'IfExists'.length) : name;
    if (!isOperator(operator) || (ifExists && operator === 'Null'))
      return refuse(`${place}.${name}`, 'is an operator that is not known here');
    for (const [key, values] of Object.entries(record(keys, `${place}.${name}`)))
      conditions.push({
        operator,
        ifExists,
        key: key.toLowerCase(),
        values: list(values, `${place}.${name}.${key}`),
      });
  }
  return conditions;
}

function readStatement(value: unknown, place: string): Statement {
  const given = record(value, place);
  for (const name of Object.keys(given))
    if (!ELEMENTS.has(name)) refuse(`${place}.${name}`, 'is an element that is not known here');
  const effect = given['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') return refuse(`${place}.Effect`, 'is neither Allow nor Deny');
  const sid = given['Sid'];
  return {
    sid: sid === undefined ? undefined : text(sid, `${place}.Sid`),
    effect,
    principals:
      given['Principal'] === undefined ? undefined : readPrincipals(given['Principal'], `${place}.Principal`),
    actions: list(given['Action'], `${place}.Action`),
    resources: list(given['Resource'], `${place}.Resource`),
    conditions:
      given['Condition'] === undefined ? [] : readConditions(given['Condition'], `${place}.Condition`),
  };
}

/**
 * Reads the value of a policy document (what JSON.parse or the template gave).
 * @throws PermanentError that names the element which is wrong, or which is not known here (NotAction, NotPrincipal,
 *   NotResource, ForAllValues and the like, policy variables): a policy that is understood by half is not evaluated.
 */
export function readPolicyDocument(value: unknown): PolicyDocument {
  const given = record(value, 'the document');
  for (const name of Object.keys(given))
    if (!DOCUMENT_ELEMENTS.has(name)) refuse(name, 'is an element that is not known here');
  const statements: unknown = given['Statement'];
  if (statements === undefined) return refuse('Statement', 'is missing');
  const all: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return { statements: all.map((one, index) => readStatement(one, `Statement[${index}]`)) };
}
