/**
 * Parameter values as text: RFC 2231 continuations (§3), charsets and languages (§4), and the encoded words
 * (RFC 2047) that mailers put into file names although §5 of it forbids that.
 */
import { decodeLeniently } from './charset.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import type { RawParameter } from './structured-value.ts';
import type { Parameters } from './types.ts';

interface Section {
  readonly value: string;
  readonly encoded: boolean;
}

interface Group {
  plain: string | undefined;
  extended: string | undefined;
  readonly sections: Map<number, Section>;
}

/** A value still in octets (as latin1) with the charset that RFC 2231 gives it. */
interface Octets {
  readonly octets: string;
  readonly charset: string | undefined;
}

/**
 * Lower-case name -> value: sections in order up to the first gap win over `name*`, and that over `name`. A value is
 * decoded when it is asked for: thousands of parts may each bring hundreds of them in charsets that nobody knows.
 */
export function joinParameters(raw: readonly RawParameter[]): Parameters {
  const texts = new Map<string, string | undefined>();
  return {
    has: (name) => raw.some((parameter) => belongsTo(parameter, name)),
    keys: () => new Set(raw.map(({ name }) => name.split('*', 1)[0] ?? name)),
    get(name) {
      if (texts.has(name)) return texts.get(name);
      const group = groupOf(raw, name);
      const text = group === undefined ? undefined : textOf(name, group);
      texts.set(name, text);
      return text;
    },
  };
}

function textOf(name: string, group: Group): string {
  const { octets, charset } = octetsOf(group);
  const text = decodeLeniently(Buffer.from(octets, 'latin1'), charset).text;
  return name === 'name' || name === 'filename' ? decodeEncodedWords(text) : text;
}

/**
 * Every value that some reader takes for the parameter, decoded, none twice: readers differ in which form they prefer
 * (RFC 2231 §3 and §4 do not say), in whether the first or the last of two counts, and in whether they know the newer forms.
 */
export function parameterForms(raw: readonly RawParameter[], name: string): readonly string[] {
  const group = groupOf(raw, name);
  if (group === undefined) return [];
  const forms = new Set([textOf(name, group)]);
  const only = { plain: undefined, extended: undefined, sections: new Map<number, Section>() };
  if (group.sections.size > 0) {
    forms.add(textOf(name, { ...only, sections: group.sections }));
    // Some readers join what sections there are, or take the last of one number.
    forms.add(textOf(name, { ...only, sections: withoutGaps(group.sections) }));
    forms.add(textOf(name, { ...only, sections: withoutGaps(sectionsOf(raw.toReversed(), name)) }));
  }
  for (const { name: written, value, word } of raw) {
    if (written === name) {
      // The usual case: it is written once, and is the first form already.
      if (value !== group.plain || group.extended !== undefined || group.sections.size > 0)
        forms.add(textOf(name, { ...only, plain: value }));
      if (word !== undefined) forms.add(textOf(name, { ...only, plain: word }));
    } else if (written === `${name}*`) forms.add(textOf(name, { ...only, extended: value }));
  }
  forms.delete('');
  return [...forms];
}

/** Numbered anew from 0, in their order. */
function withoutGaps(sections: ReadonlyMap<number, Section>): Map<number, Section> {
  const sorted = [...sections].toSorted(([left], [right]) => left - right);
  return new Map(sorted.map(([, section], index) => [index, section]));
}

function sectionsOf(raw: readonly RawParameter[], name: string): ReadonlyMap<number, Section> {
  return groupOf(raw, name)?.sections ?? new Map();
}

/** One parameter's octets as latin1, undecoded: a boundary is compared as octets. */
export function parameterOctets(raw: readonly RawParameter[], name: string): string | undefined {
  const group = groupOf(raw, name);
  return group === undefined ? undefined : octetsOf(group).octets;
}

/** Whether readers may take different octets for the parameter: it stands there twice, or in two forms. */
export function isAmbiguous(raw: readonly RawParameter[], name: string): boolean {
  const mine = raw.filter((parameter) => belongsTo(parameter, name));
  if (mine.length < 2) return false;
  const known = parameterOctets(raw, name);
  return mine.some(
    (parameter) =>
      mine.some((other) => other.name === parameter.name && other.value !== parameter.value) ||
      (parameter.name === name && parameter.value !== known) ||
      (parameter.name === `${name}*` && percentDecode(splitCharset(parameter.value).rest) !== known),
  );
}

/** RFC 2231 §7: `name`, `name*`, `name*N`, `name*N*`. */
function belongsTo(parameter: RawParameter, name: string): boolean {
  return (
    parameter.name.startsWith(name) &&
    (parameter.name.length === name.length || parameter.name[name.length] === '*')
  );
}

function groupOf(raw: readonly RawParameter[], name: string): Group | undefined {
  const mine = raw.filter((parameter) => belongsTo(parameter, name));
  if (mine.length === 0) return undefined;
  const group: Group = { plain: undefined, extended: undefined, sections: new Map() };
  for (const { name: written, value } of mine) {
    const suffix = written.slice(name.length);
    if (suffix === '') group.plain ??= value;
    else if (suffix === '*') group.extended ??= value;
    else addSection(group, suffix.slice(1), value);
  }
  return group;
}

function addSection(group: Group, suffix: string, value: string): void {
  const encoded = suffix.endsWith('*');
  const digits = encoded ? suffix.slice(0, -1) : suffix;
  if (!/^\d{1,4}$/.test(digits)) return;
  const number = Number(digits);
  if (!group.sections.has(number)) group.sections.set(number, { value, encoded });
}

function octetsOf(group: Group): Octets {
  const first = group.sections.get(0);
  if (first !== undefined) return joinSections(group.sections, first);
  if (group.extended !== undefined) {
    const { charset, rest } = splitCharset(group.extended);
    return { octets: percentDecode(rest), charset };
  }
  return { octets: group.plain ?? '', charset: undefined };
}

function joinSections(sections: ReadonlyMap<number, Section>, first: Section): Octets {
  const { charset, rest } = first.encoded
    ? splitCharset(first.value)
    : { charset: undefined, rest: first.value };
  let octets = first.encoded ? percentDecode(rest) : rest;
  for (let number = 1; ; number++) {
    const section = sections.get(number);
    if (section === undefined) return { octets, charset };
    octets += section.encoded ? percentDecode(section.value) : section.value;
  }
}

/** RFC 2231 §4: charset'language'value, where the first two may be empty. */
function splitCharset(value: string): { readonly charset: string | undefined; readonly rest: string } {
  const first = value.indexOf("'");
  const second = first === -1 ? -1 : value.indexOf("'", first + 1);
  if (second === -1) return { charset: undefined, rest: value };
  const charset = value.slice(0, first);
  return { charset: charset === '' ? undefined : charset, rest: value.slice(second + 1) };
}

/** `%` and two digits as the octet that they stand for, one character each. */
export function percentDecode(value: string): string {
  return value.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
}
