/** What the vectors cannot show: how much is asked, and what holds for every zone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateDmarc, type Identifier } from '../../../../shared/auth/dmarc/evaluate.ts';
import { discoverDmarc } from '../../../../shared/auth/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { type Zone, zoneLookup } from '../support.ts';

const { signal } = new AbortController();

async function evaluate(authorDomain: string, zone: Zone, identifiers: readonly Identifier[]) {
  const discovery = await discoverDmarc(authorDomain, zoneLookup(zone).lookupTxt, signal);
  const { lookupTxt, asked } = zoneLookup(zone);
  return { ...(await evaluateDmarc({ authorDomain, discovery, identifiers, lookupTxt, signal })), asked };
}

const dkim = (domain: string, result: Identifier['result'] = 'pass'): Identifier => ({
  by: 'dkim',
  domain,
  result,
});

describe('questions about alignment', () => {
  const zone = { '_dmarc.example.com': ['v=DMARC1; p=reject'] };

  it.each([
    ['the same name', dkim('example.com')],
    ['a name of another organization', dkim('example.net')],
    ['one that fails', dkim('mail.example.com', 'other')],
    ['one whose key could not be had', dkim('mail.example.com', 'temperror')],
  ])('none for %s', async (_name, identifier) => {
    expect((await evaluate('example.com', zone, [identifier])).asked).toEqual([]);
  });

  it('none under strict alignment', async () => {
    const strict = { '_dmarc.example.com': ['v=DMARC1; p=reject; adkim=s'] };
    expect((await evaluate('example.com', strict, [dkim('mail.example.com')])).asked).toEqual([]);
  });

  it('dmarcbis-41 §5.3.3: the results of every check are told apart by mechanism', async () => {
    const both: readonly Identifier[] = [
      dkim('example.com'),
      { by: 'spf', domain: 'example.com', result: 'pass' },
    ];
    const { aligned } = await evaluate('example.com', zone, both);
    expect(aligned.map(({ by }) => by)).toEqual(['dkim', 'spf']);
  });

  it('one walk for a hundred signatures of one name', async () => {
    const hundred = Array.from({ length: 100 }, () => dkim('mail.example.com'));
    const { asked, aligned } = await evaluate('example.com', zone, hundred);
    expect(asked).toEqual(['_dmarc.mail.example.com', '_dmarc.example.com', '_dmarc.com']);
    expect(aligned).toHaveLength(1);
  });

  it('an error that is not temporary is not taken for one', async () => {
    const lookupTxt = async (): Promise<never> => {
      throw new RangeError('a bug');
    };
    const discovery = await discoverDmarc('example.com', zoneLookup(zone).lookupTxt, signal);
    const identifiers = [dkim('mail.example.com')];
    const input = { authorDomain: 'example.com', discovery, identifiers, signal };
    await expect(evaluateDmarc({ ...input, lookupTxt })).rejects.toThrow(RangeError);
    const temporary = async (): Promise<never> => {
      throw new TemporaryError('SERVFAIL');
    };
    expect((await evaluateDmarc({ ...input, lookupTxt: temporary })).result).toBe('temperror');
  });
});

describe('for every zone', () => {
  // dmarcbis-41 §9.2: the words are those of Authentication-Results.
  const label = fc.constantFrom('a', 'b', 'mail');
  const domain = fc
    .array(label, { minLength: 1, maxLength: 5 })
    .map((labels) => [...labels, 'example'].join('.'));
  const record = fc
    .constantFrom('', '; psd=n', '; psd=y', '; adkim=s')
    .map((more) => `v=DMARC1; p=reject${more}`);
  const zones = fc
    .dictionary(domain, record, { maxKeys: 4 })
    .map(
      (records): Zone =>
        Object.fromEntries(Object.entries(records).map(([name, text]) => [`_dmarc.${name}`, [text]])),
    );

  it('the author’s own name is aligned wherever DMARC applies, and no stranger’s', async () => {
    await fc.assert(
      fc.asyncProperty(domain, zones, async (author, zone) => {
        const own = await evaluate(author, zone, [dkim(author)]);
        expect(['pass', 'none']).toContain(own.result);
        const stranger = await evaluate(author, zone, [dkim(`${author}.test`), dkim('example.test')]);
        expect(['fail', 'none']).toContain(stranger.result);
      }),
      { numRuns: 300 },
    );
  });

  it('more identifiers never turn a pass into something else', async () => {
    await fc.assert(
      fc.asyncProperty(domain, zones, fc.array(domain, { maxLength: 3 }), async (author, zone, others) => {
        const fewer = await evaluate(
          author,
          zone,
          others.slice(1).map((each) => dkim(each)),
        );
        const more = await evaluate(
          author,
          zone,
          others.map((each) => dkim(each)),
        );
        if (fewer.result === 'pass') expect(more.result).toBe('pass');
      }),
      { numRuns: 300 },
    );
  });

  it('relaxed alignment is the same from both sides', async () => {
    await fc.assert(
      fc.asyncProperty(domain, domain, zones, async (one, other, zone) => {
        const found = await Promise.all([
          evaluate(one, zone, [{ by: 'spf', domain: other, result: 'pass' }]),
          evaluate(other, zone, [{ by: 'spf', domain: one, result: 'pass' }]),
        ]);
        const [there, back] = found.map(({ result }) => result);
        if (there !== 'none' && back !== 'none') expect(there).toBe(back);
      }),
      { numRuns: 300 },
    );
  });
});
