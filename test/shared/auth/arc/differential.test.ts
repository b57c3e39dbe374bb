/** Chains that were damaged on the way, against mailauth: two readings of RFC 8617 §5.2. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateArc } from '../../../../shared/auth/arc/index.ts';
import { parseMessage } from '../../../../shared/mime/index.ts';
import { peerStatus } from '../../../conformance/arc/peer.ts';
import { keyZone, sealedBy } from './chain.ts';

const { signal } = new AbortController();
const chains = [1, 2, 3].map((count) =>
  sealedBy(['a.example', 'b.example', 'a.example'].slice(0, count).map((domain) => ({ domain }))).toString(
    'latin1',
  ),
);

/** The header's fields, each with its line end, and the rest. */
function cut(text: string): { readonly fields: readonly string[]; readonly rest: string } {
  const end = text.indexOf('\r\n\r\n') + 2;
  return { fields: text.slice(0, end).split(/(?<=\r\n)(?=\S)/), rest: text.slice(end) };
}

type Damage = (text: string) => string;
const place = fc.nat({ max: 20 });

const onFields = (change: (fields: string[], at: number) => string[]): fc.Arbitrary<Damage> =>
  place.map((at) => (text) => {
    const { fields, rest } = cut(text);
    return change([...fields], at % fields.length).join('') + rest;
  });
const replaced =
  (from: RegExp, to: string): Damage =>
  (text) =>
    text.replace(from, to);

const damage: fc.Arbitrary<Damage> = fc.oneof(
  onFields((fields, at) => fields.filter((_, other) => other !== at)),
  onFields((fields, at) => fields.flatMap((field, other) => (other === at ? [field, field] : [field]))),
  onFields((fields, at) => [...fields.slice(at), ...fields.slice(0, at)]),
  onFields((fields, at) => fields.map((field, other) => (other === at ? field.toUpperCase() : field))),
  onFields((fields, at) =>
    fields.map((field, other) => (other === at ? field.replace(': ', ':\r\n   ') : field)),
  ),
  fc.constantFrom<Damage>(
    replaced(/cv=none/, 'cv=pass'),
    replaced(/cv=pass/, 'cv=none'),
    replaced(/cv=pass/, 'cv=fail'),
    replaced(/cv=none/, 'cv=NONE'),
    replaced(/i=1;/, 'i=2;'),
    replaced(/i=2;/, 'i=02;'),
    replaced(/i=1;/g, 'i=3;'),
    replaced(/a=rsa-sha256/, 'a=rsa-sha1'),
    replaced(/a=rsa-sha256/, 'a=ed25519-sha256'),
    replaced(/relaxed\/relaxed/, 'relaxed/simple'),
    replaced(/; s=s/, ''),
    replaced(/; s=s/, '; s=other'),
    replaced(/; t=/, '; h=from; t='),
    replaced(/; t=/, '; q=unknown; t='),
    replaced(/h=from:/, 'h=arc-seal:from:'),
    replaced(/dmarc=pass/, 'dmarc=fail'),
    replaced(/Hello\r\n$/, 'Hello \r\n\r\n\r\n'),
    replaced(/Hello\r\n$/, 'Hello'),
    replaced(/Subject: Hello/, 'subject :  Hello '),
    replaced(/Subject: Hello/, 'Subject: Other'),
    replaced(/\r\n/g, '\n'),
    (text) => `Received: from x\r\n${text}`,
    (text) => `From: b@b.example\r\n${text}`,
    (text) => text,
  ),
);

describe('damaged chains', () => {
  it('have the status that mailauth gives them', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...chains),
        fc.array(damage, { minLength: 1, maxLength: 2 }),
        async (chain, damages) => {
          const bytes = Buffer.from(
            damages.reduce((text, each) => each(text), chain),
            'latin1',
          );
          const { lookupTxt } = keyZone();
          const own = await validateArc(parseMessage(bytes), { lookupTxt, signal });
          expect(own.result, own.reason).toBe(await peerStatus(bytes, lookupTxt));
          seen.set(own.result, (seen.get(own.result) ?? 0) + 1);
        },
      ),
      { numRuns: 200 },
    );
    expect(seen.get('pass')).toBeGreaterThan(5);
    expect(seen.get('fail')).toBeGreaterThan(50);
  });
});
