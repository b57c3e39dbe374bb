import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseZone } from '../../../local/dns/zone.ts';

/** What a master file is made of, and a few octets that it is not. */
const PIECES = [
  '\n',
  '\r\n',
  ' ',
  '\t',
  '(',
  ')',
  ';',
  '"',
  '\\',
  '\\065',
  '\\999',
  '@',
  '$ORIGIN',
  '$TTL',
  'a',
  'a.b.',
  '*',
  'IN',
  'CH',
  '60',
  '1h',
  'A',
  'AAAA',
  'MX',
  'TXT',
  'CNAME',
  'SOA',
  'NS',
  'SRV',
  'CAA',
  '192.0.2.1',
  '::1',
  '"text"',
  '; @servfail a',
  '; @timeout b.',
  '\u0000',
  'é',
  '\ud800',
];

describe('any text', () => {
  it('is read as a zone or refused with lines that exist, and never throws', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.array(fc.constantFrom(...PIECES), { maxLength: 200 }).map((pieces) => pieces.join('')),
      fc.array(fc.constantFrom(...PIECES), { maxLength: 200 }).map((pieces) => pieces.join(' ')),
    );
    fc.assert(
      fc.property(text, (source) => {
        const parsed = parseZone(source);
        if (parsed.ok) return;
        const lines = source.split('\n').length;
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const { line } of parsed.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('of one character 300,000 times takes a moment', () => {
    for (const character of ['(', ')', '"', '\\', ';', ' ', '\n', 'a', 'a ', '"" ', '(\n', '$']) {
      const start = performance.now();
      parseZone(character.repeat(300_000));
      expect(performance.now() - start, JSON.stringify(character)).toBeLessThan(5_000);
    }
  });
});

describe('records written out', () => {
  const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,10}[a-z0-9_])?$/);
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
  const strings = fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 4 });

  /** Every way of writing an octet that is allowed for it, chosen by the octet's place. */
  const written = (bytes: Uint8Array): string => {
    const text = Array.from(bytes, (octet, at) => {
      const plain = octet >= 0x20 && octet < 0x7f && octet !== 0x22 && octet !== 0x5c;
      if (plain && at % 3 !== 0) return String.fromCharCode(octet);
      if (octet >= 0x20 && octet < 0x7f && at % 3 === 1 && (octet < 0x30 || octet > 0x39))
        return `\\${String.fromCharCode(octet)}`;
      return `\\${String(octet).padStart(3, '0')}`;
    });
    return `"${text.join('')}"`;
  };

  it('are read back as they were, absolute or relative, on one line or several', () => {
    fc.assert(
      fc.property(
        name,
        name,
        strings,
        fc.boolean(),
        fc.boolean(),
        (owner, origin, data, relative, folded) => {
          const full = `${owner}.${origin}`;
          const tokens = data.map(written);
          const rdata = folded ? `(${tokens.join(' ; note "(\n')})` : tokens.join('\t');
          const source = relative
            ? `$ORIGIN ${origin}.\n${owner} 7 TXT ${rdata}\n`
            : `${full}. IN 7 TXT ${rdata}\n`;
          const parsed = parseZone(source);
          expect(parsed.ok).toBe(true);
          if (!parsed.ok) return;
          const found = parsed.zone.lookup(full, 'TXT');
          expect(found).toMatchObject({ kind: 'answer', records: [{ name: full, ttl: 7, type: 'TXT' }] });
          const [record] = found.kind === 'answer' ? found.records : [];
          const read = record?.type === 'TXT' ? record.data : [];
          expect(read.map((part) => Buffer.from(part).toString('hex'))).toEqual(
            data.map((part) => Buffer.from(part).toString('hex')),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
