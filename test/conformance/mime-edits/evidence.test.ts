/**
 * Every message there is, changed, and read before and after by a reader of the test's own and by three of others: what
 * differs is what was meant to. `known.json` holds the messages in which a reader sees more, each with the reason.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORPORA, corpusMessages, fixtures, type NamedMessage } from '../../shared/mime/support.ts';
import { MADE } from '../mime-made/index.ts';
import { ACCENTED, type Edited, edit, PLAIN } from './changes.ts';
import { faultsOf } from './checker.ts';
import { askPython, HAS_PYTHON, jsPeerFaults, pythonFaults } from './peers.ts';

/** Others take their time, on a busy machine most of all. */
const SLOW_MS = 90_000;
const SETS = [PLAIN, ACCENTED];
const EVENTS = new URL('../../../events/', import.meta.url);

function events(): readonly NamedMessage[] {
  return readdirSync(EVENTS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.eml'))
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(new URL(name, EVENTS)) }));
}

interface EditedMessage extends NamedMessage {
  /** By each of the sets. */
  readonly edited: readonly Edited[];
  readonly afters: readonly Buffer[];
}

interface Collection {
  readonly prefix: string;
  readonly messages: readonly EditedMessage[];
}

function collection(prefix: string, messages: readonly NamedMessage[]): Collection {
  const all = messages.map(({ name, bytes }) => {
    const edited = SETS.map(({ changes }) => edit(bytes, changes));
    return { name: `${prefix}${name}`, bytes, edited, afters: edited.map(({ after }) => after) };
  });
  return { prefix, messages: all };
}

interface Known {
  readonly faults: readonly string[];
  readonly why: string;
}

const known = JSON.parse(readFileSync(new URL('known.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Known>
>;

const PEER = /^(?:postal-mime|mailparser|python): /;

/** What was found must be what is known, and what is known must still be found. */
function expectOnlyKnown(
  { prefix }: Collection,
  mine: RegExp,
  found: ReadonlyMap<string, readonly string[]>,
): void {
  const faulty = [...found].filter(([, faults]) => faults.length > 0);
  const expected = Object.entries(known).flatMap(([name, { faults, why }]) => {
    expect(why.length, name).toBeGreaterThan(20);
    const those = faults.filter((fault) => mine.test(fault));
    return name.startsWith(prefix) && those.length > 0 ? [[name, those] as const] : [];
  });
  const unique = faulty.map(([name, faults]) => [name, [...new Set(faults)].toSorted()] as const);
  expect(Object.fromEntries(unique)).toEqual(Object.fromEntries(expected));
}

describe.each([
  { what: 'our fixtures', prefix: 'fixtures/', load: fixtures, skip: false, atLeast: 120 },
  { what: 'messages made for the rules', prefix: 'made/', load: () => MADE, skip: false, atLeast: 200 },
  { what: 'recorded events', prefix: 'events/', load: events, skip: false, atLeast: 25 },
  {
    what: 'messages of other projects (MAILROOM_CORPORA)',
    prefix: 'corpora/mime/',
    load: corpusMessages,
    skip: CORPORA === undefined,
    atLeast: 300,
  },
])('what an edit changes, in $what', ({ prefix, load, skip, atLeast }) => {
  const all = skip ? { prefix, messages: [] } : collection(prefix, load());

  it.skipIf(skip)('no change: not an octet differs', () => {
    const changed = all.messages.filter(({ bytes }) => !edit(bytes, []).after.equals(bytes));
    expect(changed.map(({ name }) => name)).toEqual([]);
  });

  it.skipIf(skip)('a banner, a footer, a tag, a field: our own reader finds these and nothing else', () => {
    const found = new Map<string, string[]>();
    let everywhere = 0;
    for (const { name, bytes, edited } of all.messages) {
      for (const [index, { after, claim }] of edited.entries()) {
        const set = SETS[index] ?? PLAIN;
        if (claim.banner.length > 0 && claim.footer.length > 0 && claim.subject && claim.field) everywhere++;
        found.set(name, [...(found.get(name) ?? []), ...faultsOf(bytes, after, set, claim)]);
      }
    }
    expect(everywhere / SETS.length).toBeGreaterThan(atLeast);
    expectOnlyKnown(all, new RegExp(`^(?!${PEER.source.slice(1)})`), found);
  });

  it.skipIf(skip)(
    'postal-mime and mailparser see the same parts, attachments and fields',
    async () => {
      const found = new Map<string, readonly string[]>();
      for (const { name, bytes, afters } of all.messages) found.set(name, await jsPeerFaults(bytes, afters));
      expectOnlyKnown(all, /^(?:postal-mime|mailparser): /, found);
    },
    SLOW_MS,
  );

  it.skipIf(skip || !HAS_PYTHON)(
    "Python's email sees the same, and in texts what was put in",
    async () => {
      const questions = all.messages.map(({ name, bytes, afters }) => ({
        name,
        messages: [bytes, ...afters],
      }));
      const found = new Map<string, readonly string[]>();
      for (const { name, views } of await askPython(questions)) {
        const [was = [], ...are] = views;
        found.set(
          name,
          are.flatMap((is, index) => pythonFaults(was, is, SETS[index] ?? PLAIN)),
        );
      }
      expect(found.size).toBe(all.messages.length);
      expectOnlyKnown(all, /^python: /, found);
    },
    SLOW_MS,
  );
});
