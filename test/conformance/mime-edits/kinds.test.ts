/** Every other kind of change, in every message there is: our own reader finds what was meant and nothing else. */
import { describe, expect, it } from 'vitest';
import { CORPORA, corpusMessages, fixtures, type NamedMessage } from '../../shared/mime/support.ts';
import { MADE } from '../mime-made/index.ts';
import { BACK, BODY_KINDS, THERE } from './body-kinds.ts';
import { edit } from './changes.ts';
import { differences } from './differences.ts';
import { KINDS, type Kind, kindFaults } from './kinds.ts';
import { decodedBody, readMessage } from './reader.ts';

interface Found {
  readonly asked: number;
  readonly edited: number;
  readonly faults: Readonly<Record<string, readonly string[]>>;
}

function judged(kind: Kind, messages: readonly NamedMessage[]): Found {
  const faults: Record<string, readonly string[]> = {};
  let asked = 0;
  let edited = 0;
  for (const { name, bytes } of messages) {
    const changes = kind.changesFor(readMessage(bytes));
    if (changes.length === 0) continue;
    asked++;
    const { after, outcomes } = edit(bytes, changes);
    if (outcomes.every((outcome) => outcome.kind === 'untouched')) {
      if (!after.equals(bytes)) faults[name] = ['told to be untouched, and changed'];
      continue;
    }
    edited++;
    const found = kindFaults(kind, bytes, after);
    if (found.length > 0 && KNOWN[`${kind.name}: ${name}`] === undefined) faults[name] = found;
  }
  return { asked, edited, faults };
}

/** Where our reader sees something else than what was changed, and why. */
const KNOWN: Readonly<Record<string, string>> = {
  'attachments are taken out: enmime/mail/epilogue-sample.raw':
    'the multipart is never closed, so the line end before the delimiter of its last part goes with that',
  'the message is wrapped: enmime/low-quality/bad-header-start.raw':
    'a line with a blank in front stands above the first field: our reader takes it for the rest of one',
};

/** Of so many messages of others some have what a change is about. */
const MANY = 200;

const SOURCES = [
  { what: 'our fixtures', load: fixtures, skip: false },
  { what: 'messages made for the rules', load: () => MADE, skip: false },
  { what: 'messages of other projects', load: corpusMessages, skip: CORPORA === undefined },
];

describe.each([...KINDS, ...BODY_KINDS])('$name', (kind) => {
  it.each(SOURCES)('$what', ({ what, load, skip }) => {
    if (skip) return;
    const { asked, edited, faults } = judged(kind, load());
    expect(faults).toEqual({});
    if (what === 'messages made for the rules' || asked > MANY) expect(edited).toBeGreaterThan(0);
  });
});

describe('links prefixed and restored are what they were', () => {
  it.each(SOURCES)('$what', ({ what, load, skip }) => {
    if (skip) return;
    const faults: string[] = [];
    let edited = 0;
    for (const { name, bytes } of load()) {
      const there = edit(bytes, THERE).after;
      if (there.equals(bytes)) continue;
      edited++;
      const back = edit(there, BACK).after;
      const others = differences(readMessage(bytes), readMessage(back)).filter(
        ({ was, is }) => decodedBody(was) !== decodedBody(is),
      );
      faults.push(...others.map(({ was }) => `${name}: "${was.path}"`));
    }
    expect(faults).toEqual([]);
    if (what === 'messages made for the rules') expect(edited).toBeGreaterThan(0);
  });
});
