/** Shapes of values that several conditions and actions take. */
import { checkItem } from './address-items.ts';
import { list } from './collections.ts';
import { folded } from './fold.ts';
import { domain, headerName } from './names.ts';
import { checkPattern } from './pattern.ts';
import { quote, type Report } from './report.ts';
import { type Checked, converted, describeNode, type Shape, text } from './shape.ts';
import type { Located } from './source.ts';
import { MAX_PATTERN, MAX_POLICY_PROGRAM, type TextPattern } from './text-pattern.ts';
import { oneLine } from './texts.ts';
import type { AddressPattern } from './types.ts';

/** Values of one condition; WorkMail itself allows 250 patterns a rule. */
export const MAX_VALUES = 250;
/** Patterns of one condition: each costs a search through the text. */
const MAX_PATTERNS = 50;
/** Largest size that may be asked for; nothing above 40 MB passes WorkMail. */
const MAX_SIZE_MB = 1_000;

/** Domain names, in lower case and A-labels. */
export const domains = list(text('a domain such as example.com', { maxLength: 253 }, domain), {
  what: 'domains',
  max: MAX_VALUES,
  single: true,
});

/** Patterns over addresses. */
export const patterns: Shape<readonly AddressPattern[]> = list(
  text('an address, a domain, "*.domain" or "*"', { maxLength: 320 }, checkPattern),
  { what: 'address patterns', max: MAX_VALUES, single: true },
);

/** Patterns, lists and groups. */
export const addressItems = list(
  text('an address, a domain, "*.domain", "*", "list:NAME" or "group:NAME"', { maxLength: 320 }, checkItem),
  { what: 'address patterns', max: MAX_VALUES, single: true },
);

/** A word that is invisible would stand in every text. */
function visibleWord(value: string): Checked {
  return folded(value).trim() === '' ? { why: 'nothing of it can be seen' } : oneLine(value);
}

export const words = list(text('a word or phrase', { maxLength: 200 }, visibleWord), {
  what: 'words',
  max: MAX_VALUES,
  single: true,
});

export const fieldName = text('the name of a header field', { maxLength: 77 }, headerName);

/** In double quotes, YAML makes a backspace of `\b` before anyone sees a pattern. */
function patternLine(value: string): Checked {
  if (value.includes('\b'))
    return {
      why: 'in double quotes, YAML reads "\\b" as a control character; put the pattern in single quotes',
    };
  return oneLine(value);
}

const patternText = text(
  'a pattern (regular expression, RE2 syntax)',
  { maxLength: MAX_PATTERN },
  patternLine,
);

function compile(source: string, node: Located, report: Report): TextPattern | undefined {
  const engine = report.patternEngine;
  if (engine === undefined) {
    report.error(node, 'the engine for patterns is not loaded; write the name of the key without escapes');
    return undefined;
  }
  const compiled = engine.compile(source);
  if (!compiled.ok) {
    const at = compiled.at === undefined ? '' : ` at character ${compiled.at + 1}`;
    report.error(node, `the pattern ${quote(source)} is wrong${at}: ${compiled.why}`);
    return undefined;
  }
  if (!report.addPattern(compiled.size)) {
    report.error(
      node,
      `with this pattern all of the policy together are too large: over ${MAX_POLICY_PROGRAM} steps`,
    );
    return undefined;
  }
  if (compiled.everywhere) report.warn(node, `the pattern ${quote(source)} is found in every text`);
  return compiled.pattern;
}

/** Patterns over text, compiled. */
export const textPatterns: Shape<readonly TextPattern[]> = list(converted(patternText, compile), {
  what: 'patterns',
  max: MAX_PATTERNS,
  single: true,
});

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 * 1024 };

const sizeWithUnit: Shape<number> = converted(
  text('a size such as "10 MB" or "500 KB"', {
    maxLength: 12,
    pattern: '^[0-9]{1,9}(\\.[0-9]{1,3})? ?(B|KB|MB)$',
  }),
  (value, node, report) => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(B|KB|MB)$/.exec(value);
    const bytes = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
    if (Number.isFinite(bytes) && bytes <= MAX_SIZE_MB * 1024 * 1024) return Math.floor(bytes);
    report.error(node, `expected a size such as "10 MB" or "500 KB", got ${quote(value)}`);
    return undefined;
  },
);

/** `10 MB`, `500 KB`, in octets. A megabyte has 1024 kilobytes. */
export const size: Shape<number> = {
  json: sizeWithUnit.json,
  read(node, report) {
    const value = node.kind === 'scalar' ? node.value : undefined;
    if (!/^[0-9.]{1,12}$/.test(String(value))) return sizeWithUnit.read(node, report);
    report.error(node, `the unit is missing: write "${value} MB" or "${value} KB"`);
    return undefined;
  },
};

/** A whole number between two. */
export function wholeNumber(least: number, most: number): Shape<number> {
  return {
    json: { type: 'integer', minimum: least, maximum: most },
    read(node, report) {
      const value = node.kind === 'scalar' ? node.value : undefined;
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
        return value;
      report.error(node, `expected a whole number from ${least} to ${most}, got ${describeNode(node)}`);
      return undefined;
    },
  };
}
