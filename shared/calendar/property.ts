/**
 * One content line (RFC 5545 §3.1) as name, parameters and values. The grammar is ical.js's; its value types are left
 * out, so that values come as they were written and are checked by `values.ts`, `rule.ts` and `text.ts`.
 */
import ICAL from 'ical.js';

export interface Property {
  /** Upper case. */
  readonly name: string;
  /** By lower-case name. Of a list only the first member. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The value as written, commas included. */
  readonly raw: string;
  /** The value split at its commas. Only of use for dates, periods and offsets. */
  readonly values: readonly string[];
}

/** Without value types and properties, ical.js splits the line and touches nothing else. */
const GRAMMAR = { value: {}, param: ICAL.design.icalendar.param, property: {}, propertyGroups: false };

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** Reads one unfolded line; undefined when it does not follow the grammar. */
export function parseProperty(line: string): Property | undefined {
  const colon = line.indexOf(':');
  const semicolon = line.indexOf(';');
  if (colon > 0 && (semicolon < 0 || semicolon > colon)) {
    // Most lines have no parameters, and need no grammar to be taken apart.
    const raw = line.slice(colon + 1);
    return {
      name: line.slice(0, colon).toUpperCase(),
      parameters: NO_PARAMETERS,
      raw,
      values: raw.split(','),
    };
  }
  const jcal = jcalOf(line);
  if (!Array.isArray(jcal)) return undefined;
  const [name, parameters, , raw]: unknown[] = jcal;
  if (typeof name !== 'string' || typeof raw !== 'string') return undefined;
  return {
    name: name.toUpperCase(),
    parameters: parametersOf(parameters),
    raw,
    values: raw.split(','),
  };
}

/** ical.js says with exceptions of several kinds that a line is not one; here that is an ordinary answer. */
function jcalOf(line: string): unknown {
  try {
    return ICAL.parse.property(line, GRAMMAR);
  } catch {
    return undefined;
  }
}

function parametersOf(value: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, parameter] of Object.entries(value)) {
    const first: unknown = Array.isArray(parameter) ? parameter[0] : parameter;
    if (typeof first === 'string') found.set(name, first);
  }
  return found;
}
