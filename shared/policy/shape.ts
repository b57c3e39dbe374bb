/**
 * What a value of the policy file may look like. A shape says it once: it reads and checks a node, and it is the
 * JSON Schema that editors use. The two cannot drift apart, because they are made by the same call.
 */
import { quote, type Report } from './report.ts';
import type { Located, Scalar } from './source.ts';
import { closest } from './suggest.ts';

export type JsonValue = Scalar | readonly JsonValue[] | JsonSchema;
/** A fragment of JSON Schema, draft 7: the draft that editors' YAML support knows best. */
export interface JsonSchema {
  readonly [key: string]: JsonValue;
}

export interface Shape<T> {
  /** The value, with defaults; undefined when it is wrong, and then at least one error was reported. */
  read(node: Located, report: Report): T | undefined;
  readonly json: JsonSchema;
}

/**
 * The outcome of checking one text: its normal form (with a warning where it is probably not what was meant), or what
 * is wrong with it, said to the file's author.
 */
export type Checked = { readonly value: string; readonly warning?: string } | { readonly why: string };

/** What a node is, in the words of a message. */
export function describeNode(node: Located): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'keys with values';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return quote(node.value);
  return typeof node.value === 'number' ? `the number ${node.value}` : String(node.value);
}

function quoteHint(node: Located): string {
  if (node.kind !== 'scalar') return '; put text that begins with "[" or "{" in quotes';
  return node.value === null ? '' : '; put it in quotes if it is text';
}

/** Text that `check` accepts. `what` completes "expected …"; `pattern` is the part of the check that a schema can say. */
export function text(
  what: string,
  limits: { readonly maxLength: number; readonly pattern?: string },
  check: (value: string) => Checked = (value) => ({ value }),
): Shape<string> {
  const { maxLength, pattern } = limits;
  return {
    json: { type: 'string', minLength: 1, maxLength, ...(pattern === undefined ? {} : { pattern }) },
    read(node, report) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') {
        report.error(node, `expected ${what}, got ${describeNode(node)}${quoteHint(node)}`);
        return undefined;
      }
      if (node.value.length > maxLength || node.value.trim() === '') {
        const got = node.value.trim() === '' ? 'an empty text' : `${node.value.length} characters`;
        report.error(node, `expected ${what} of 1 to ${maxLength} characters, got ${got}`);
        return undefined;
      }
      const checked = check(node.value);
      if ('value' in checked) {
        if (checked.warning !== undefined) report.warn(node, checked.warning);
        return checked.value;
      }
      report.error(node, `expected ${what}, got ${quote(node.value)}: ${checked.why}`);
      return undefined;
    },
  };
}

/** More words than a line holds. */
const MANY_WORDS = 12;

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Shape<W> {
  return {
    json: { enum: words },
    read(node, report) {
      const value = node.kind === 'scalar' ? node.value : undefined;
      const found = words.find((word) => word === value);
      if (found !== undefined) return found;
      const meant = typeof value === 'string' ? closest(value, words) : undefined;
      const hint = meant === undefined ? '' : `; did you mean ${quote(meant)}?`;
      const expected = words.length === 1 ? quote(words.join()) : `one of ${words.join(', ')}`;
      const got = `got ${describeNode(node)}${hint}`;
      // Behind so many words nobody finds the one that was meant.
      const message =
        meant !== undefined && words.length > MANY_WORDS
          ? `${got} (expected ${expected})`
          : `expected ${expected}; ${got}`;
      report.error(node, message);
      return undefined;
    },
  };
}

/** `yes` and `on` are true in YAML 1.1, which other programs read; here they are words. */
const BOOLEAN_WORDS: Readonly<Record<string, 'true' | 'false'>> = {
  yes: 'true',
  on: 'true',
  no: 'false',
  off: 'false',
};

function meant(node: Located): string {
  const word = node.kind === 'scalar' && typeof node.value === 'string' ? node.value.toLowerCase() : '';
  return Object.hasOwn(BOOLEAN_WORDS, word) ? `; did you mean ${BOOLEAN_WORDS[word]}?` : '';
}

export function trueOrFalse(): Shape<boolean> {
  return {
    json: { type: 'boolean' },
    read(node, report) {
      if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
      report.error(node, `expected true or false, got ${describeNode(node)}${meant(node)}`);
      return undefined;
    },
  };
}

/** Exactly this number. */
export function exactly<const N extends number>(number: N): Shape<N> {
  return {
    json: { const: number },
    read(node, report) {
      if (node.kind === 'scalar' && node.value === number) return number;
      report.error(node, `expected the number ${number}, got ${describeNode(node)}`);
      return undefined;
    },
  };
}

/** `true`, where there is nothing more to say. */
export function onlyTrue(): Shape<true> {
  return {
    json: { const: true },
    read(node, report) {
      if (node.kind === 'scalar' && node.value === true) return true;
      report.error(node, `expected true, got ${describeNode(node)}${meant(node)}`);
      return undefined;
    },
  };
}

/** One scalar that stands for a value of its own, or a longer form. */
export function orScalar<S extends Scalar, T>(scalar: S, shape: Shape<T>): Shape<S | T> {
  return {
    json: { anyOf: [{ const: scalar }, shape.json] },
    read(node, report) {
      return node.kind === 'scalar' && node.value === scalar ? scalar : shape.read(node, report);
    },
  };
}

/** `shape`, and then `convert`, which reports what it does not accept and answers undefined. */
export function converted<T, U>(
  shape: Shape<T>,
  convert: (value: T, node: Located, report: Report) => U | undefined,
): Shape<U> {
  return {
    json: shape.json,
    read(node, report) {
      const value = shape.read(node, report);
      return value === undefined ? undefined : convert(value, node, report);
    },
  };
}
