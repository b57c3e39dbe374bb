/** Shapes made of shapes: records, lists, dictionaries, and the one-key maps of `do:` and `calendars:`. */
import { type Place, quote, type Report } from './report.ts';
import { type Checked, describeNode, type JsonSchema, type JsonValue, type Shape } from './shape.ts';
import type { Located, MapEntry } from './source.ts';
import { closest } from './suggest.ts';

interface FieldText {
  /** For the editor's pop-up and the reference. */
  readonly description: string;
  /** Names under which other products know this key; typing one gets a suggestion. */
  readonly alsoKnownAs?: readonly string[];
}
export type Field<T> = FieldText & { readonly shape: Shape<T> } & (
    | { readonly presence: 'required' }
    | { readonly presence: 'optional' }
    | { readonly presence: 'default'; readonly value: T }
  );
type RequiredField<T> = Field<T> & { readonly presence: 'required' | 'default' };
type OptionalField<T> = Field<T> & { readonly presence: 'optional' };

export function required<T>(shape: Shape<T>, text: FieldText): RequiredField<T> {
  return { ...text, shape, presence: 'required' };
}
export function optional<T>(shape: Shape<T>, text: FieldText): OptionalField<T> {
  return { ...text, shape, presence: 'optional' };
}
export function withDefault<T>(shape: Shape<T>, value: NoInfer<T>, text: FieldText): RequiredField<T> {
  return { ...text, shape, presence: 'default', value };
}

type Fields = { readonly [key: string]: Field<unknown> };
type FieldValue<F> = F extends Field<infer T> ? T : never;
/** What `record(fields)` reads: optional fields may be absent, the others are there. */
export type RecordOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends { presence: 'optional' } ? never : K]: FieldValue<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { presence: 'optional' } ? K : never]?: FieldValue<F[K]>;
};

/** Names that one message tells; whoever sees fifty reads none. */
const MAX_TOLD_NAMES = 12;

function namesText(names: readonly string[]): string {
  if (names.length <= MAX_TOLD_NAMES) return names.join(', ');
  return `${names.slice(0, MAX_TOLD_NAMES).join(', ')}, … (${names.length} in all; docs/policy.md explains them)`;
}

/** Reports a key that nobody knows, with the one that was probably meant. */
function reportUnknown(entry: MapEntry, fields: Fields, report: Report): void {
  const known = Object.entries(fields);
  const lower = entry.key.toLowerCase();
  const foreign = known.find(([, field]) => field.alsoKnownAs?.some((name) => name.toLowerCase() === lower));
  const meant = foreign?.[0] ?? closest(entry.key, Object.keys(fields));
  const hint =
    meant === undefined
      ? `; known here: ${namesText(Object.keys(fields))}`
      : `; did you mean ${quote(meant)}?`;
  report.error(entry.keyPlace, `unknown key ${quote(entry.key)}${hint}`);
}

function fieldSchema(field: Field<unknown>): JsonSchema {
  const value: JsonValue | undefined = field.presence === 'default' ? toJson(field.value) : undefined;
  return {
    ...field.shape.json,
    description: field.description,
    ...(value === undefined ? {} : { default: value }),
  };
}

/** Defaults are scalars, lists and records of scalars; a default that is not has no place in a schema. */
function toJson(value: unknown): JsonValue | undefined {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return value;
  }
  if (Array.isArray(value)) return value.map(toJson).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value instanceof Map) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const json = toJson(member);
      return json === undefined ? [] : [[key, json]];
    }),
  );
}

function mapOf(node: Located, what: string, report: Report): readonly MapEntry[] | undefined {
  if (node.kind === 'map') return node.entries;
  report.error(node, `expected ${what}, got ${describeNode(node)}`);
  return undefined;
}

/** A map with known keys. `what` completes "expected …". */
export function record<F extends Fields>(
  what: string,
  fields: F,
  options: { readonly minKeys?: number } = {},
): Shape<RecordOf<F>> {
  const names = Object.keys(fields);
  const requiredNames = names.filter((name) => fields[name]?.presence === 'required');
  return {
    json: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, memberSchema(fields, name)])),
      ...(requiredNames.length === 0 ? {} : { required: requiredNames }),
      ...(options.minKeys === undefined ? {} : { minProperties: options.minKeys }),
      additionalProperties: false,
    },
    read(node, report) {
      const entries = mapOf(node, what, report);
      if (entries === undefined) return undefined;
      const read = readFields(node, entries, fields, report);
      if (entries.length < (options.minKeys ?? 0)) {
        report.error(node, `expected ${what}, got no key: give at least one of ${namesText(names)}`);
        return undefined;
      }
      // Each member was read by the shape of its own field, so the object is what `fields` describes.
      return read as RecordOf<F> | undefined;
    },
  };
}

function memberSchema(fields: Fields, name: string): JsonSchema {
  const field = fields[name];
  return field === undefined ? {} : fieldSchema(field);
}

function readFields(
  node: Place,
  entries: readonly MapEntry[],
  fields: Fields,
  report: Report,
): Readonly<Record<string, unknown>> | undefined {
  const values = new Map<string, unknown>();
  let sound = true;
  for (const entry of entries) {
    const field = Object.hasOwn(fields, entry.key) ? fields[entry.key] : undefined;
    if (field === undefined) reportUnknown(entry, fields, report);
    const value = entry.value === undefined ? undefined : field?.shape.read(entry.value, report);
    if (value === undefined) sound = false;
    else values.set(entry.key, value);
  }
  const given = new Set(entries.map((entry) => entry.key));
  for (const [name, field] of Object.entries(fields)) {
    if (given.has(name)) continue;
    if (field.presence === 'default') values.set(name, field.value);
    if (field.presence === 'required') {
      report.error(node, `${quote(name)} is missing: ${field.description}`);
      sound = false;
    }
  }
  return sound ? Object.fromEntries(values) : undefined;
}

/** A list; where `single` is set, one item may stand without its list. At least one item. */
export function list<T>(
  item: Shape<T>,
  options: { readonly what: string; readonly max: number; readonly single?: boolean },
): Shape<readonly T[]> {
  const { what, max, single } = options;
  const array: JsonSchema = { type: 'array', items: item.json, minItems: 1, maxItems: max };
  return {
    json: single === true ? { anyOf: [item.json, array] } : array,
    read(node, report) {
      if (node.kind !== 'list') {
        if (single === true && !(node.kind === 'scalar' && node.value === null)) {
          const value = item.read(node, report);
          return value === undefined ? undefined : [value];
        }
        const dash = node.kind === 'map' ? '; begin each item with "- "' : '';
        report.error(node, `expected a list of ${what}, got ${describeNode(node)}${dash}`);
        return undefined;
      }
      if (node.items.length < 1 || node.items.length > max) {
        const got = node.items.length === 0 ? 'an empty list' : `${node.items.length} items`;
        report.error(node, `expected a list of 1 to ${max} ${what}, got ${got}`);
        return undefined;
      }
      const values = node.items.map((member) =>
        member === undefined ? undefined : item.read(member, report),
      );
      const sound = values.filter((value) => value !== undefined);
      return sound.length === values.length ? sound : undefined;
    },
  };
}

/** A map from names that `checkKey` accepts to values of one shape; two names with one normal form are refused. */
export function dictionary<T>(
  what: string,
  checkKey: (key: string) => Checked,
  value: Shape<T>,
  max: number,
): Shape<ReadonlyMap<string, T>> {
  return {
    json: { type: 'object', additionalProperties: value.json, minProperties: 1, maxProperties: max },
    read(node, report) {
      const entries = mapOf(node, what, report);
      if (entries === undefined) return undefined;
      if (entries.length < 1 || entries.length > max) {
        report.error(node, `expected ${what}: 1 to ${max} entries, got ${entries.length}`);
        return undefined;
      }
      const values = new Map<string, T>();
      for (const entry of entries) {
        const key = checkKey(entry.key);
        const member = entry.value === undefined ? undefined : value.read(entry.value, report);
        if ('why' in key) report.error(entry.keyPlace, `${quote(entry.key)}: ${key.why}`);
        else if (values.has(key.value)) report.error(entry.keyPlace, `${quote(entry.key)} is given twice`);
        else if (member !== undefined) values.set(key.value, member);
      }
      return values.size === entries.length ? values : undefined;
    },
  };
}

/** A map with exactly one key out of `alternatives`, whose name says what the value is. */
export function oneKeyOf<T>(
  what: string,
  alternatives: { readonly [key: string]: FieldText & { readonly shape: Shape<T> } },
): Shape<T> {
  const names = Object.keys(alternatives);
  const optionalFields: Fields = Object.fromEntries(
    Object.entries(alternatives).map(([name, field]) => [name, { ...field, presence: 'optional' as const }]),
  );
  return {
    json: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, memberSchema(optionalFields, name)])),
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
    },
    read(node, report) {
      if (node.kind !== 'map' || node.entries.length !== 1) {
        const keys = node.kind === 'map' ? node.entries.map((entry) => entry.key).join(', ') : '';
        const got = keys === '' ? describeNode(node) : `${keys}; begin each with "- " of its own`;
        report.error(node, `expected ${what}: one of ${namesText(names)}; got ${got}`);
        return undefined;
      }
      for (const entry of node.entries) {
        const chosen = Object.hasOwn(alternatives, entry.key) ? alternatives[entry.key] : undefined;
        if (chosen === undefined) reportUnknown(entry, optionalFields, report);
        else if (entry.value !== undefined) return chosen.shape.read(entry.value, report);
      }
      return undefined;
    },
  };
}
