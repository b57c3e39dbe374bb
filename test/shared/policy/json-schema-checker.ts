/** Checks a value against the few words of JSON Schema (draft 7) that the policy's schema uses; an unknown word throws. */
import type { JsonSchema } from '../../../shared/policy/shape.ts';

const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default']);

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Check = (value: unknown, operand: unknown, schema: JsonSchema) => boolean;

function count(operand: unknown): number {
  if (typeof operand !== 'number') throw new Error('a number was expected in the schema');
  return operand;
}

function schemaOf(operand: unknown): JsonSchema {
  if (!isSchema(operand)) throw new Error('a schema was expected in the schema');
  return operand;
}

function typeIs(value: unknown, type: unknown): boolean {
  if (type === 'object') return isObject(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'string' || type === 'boolean') return typeof value === type;
  throw new Error(`unknown type ${String(type)}`);
}

const WORDS: Readonly<Record<string, Check>> = {
  type: typeIs,
  enum: (value, operand) => Array.isArray(operand) && operand.includes(value),
  const: (value, operand) => value === operand,
  minLength: (value, operand) => typeof value !== 'string' || [...value].length >= count(operand),
  maxLength: (value, operand) => typeof value !== 'string' || [...value].length <= count(operand),
  pattern: (value, operand) => typeof value !== 'string' || new RegExp(String(operand), 'u').test(value),
  minimum: (value, operand) => typeof value !== 'number' || value >= count(operand),
  maximum: (value, operand) => typeof value !== 'number' || value <= count(operand),
  minItems: (value, operand) => !Array.isArray(value) || value.length >= count(operand),
  maxItems: (value, operand) => !Array.isArray(value) || value.length <= count(operand),
  items: (value, operand) => !Array.isArray(value) || value.every((item) => accepts(schemaOf(operand), item)),
  anyOf: (value, operand) => Array.isArray(operand) && operand.some((one) => accepts(schemaOf(one), value)),
  minProperties: (value, operand) => !isObject(value) || Object.keys(value).length >= count(operand),
  maxProperties: (value, operand) => !isObject(value) || Object.keys(value).length <= count(operand),
  required: (value, operand) =>
    !isObject(value) ||
    (Array.isArray(operand) && operand.every((name) => Object.hasOwn(value, String(name)))),
  properties: (value, operand) =>
    !isObject(value) ||
    Object.entries(schemaOf(operand)).every(
      ([name, schema]) => !Object.hasOwn(value, name) || accepts(schemaOf(schema), value[name]),
    ),
  additionalProperties(value, operand, schema) {
    if (!isObject(value)) return true;
    const known = isSchema(schema['properties']) ? schema['properties'] : {};
    const others = Object.entries(value).filter(([name]) => !Object.hasOwn(known, name));
    if (operand === false) return others.length === 0;
    return others.every(([, member]) => accepts(schemaOf(operand), member));
  },
};

export function accepts(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(schema).every(([word, operand]) => {
    if (ANNOTATIONS.has(word)) return true;
    const check = WORDS[word];
    if (check === undefined) throw new Error(`the checker does not know "${word}"`);
    return check(value, operand, schema);
  });
}
