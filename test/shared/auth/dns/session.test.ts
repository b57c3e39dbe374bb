import { describe, expect, it } from 'vitest';
import { createDnsSession, MAX_DNS_QUERIES } from '../../../../shared/auth/dns/session.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { type Zone, zoneDns } from '../support.ts';

const { signal } = new AbortController();
const ZONE: Zone = { 'a.example': ['text'], 'A a.example': ['192.0.2.1'], 'broken.example': 'servfail' };

function session(maxQueries?: number) {
  const { lookupDns, asked } = zoneDns(ZONE);
  return { ...createDnsSession(lookupDns, maxQueries), asked };
}

describe('the questions of one message', () => {
  it('each is asked once, in whatever case and at the same time', async () => {
    const { lookupTxt, queries, asked } = session();
    const answers = await Promise.all([lookupTxt('a.example', signal), lookupTxt('A.Example', signal)]);
    expect(answers[0]).toEqual({ kind: 'records', records: ['text'] });
    expect(answers[1]).toBe(answers[0]);
    expect([asked, queries()]).toEqual([['a.example'], 1]);
  });

  it('another type is another question', async () => {
    const { lookupDns, asked } = session();
    await lookupDns('a.example', 'TXT', signal);
    expect(await lookupDns('a.example', 'A', signal)).toEqual({ kind: 'records', records: ['192.0.2.1'] });
    expect(asked).toEqual(['a.example', 'A a.example']);
  });

  it('a failure is the same for everyone who asks', async () => {
    const { lookupTxt, asked } = session();
    await expect(lookupTxt('broken.example', signal)).rejects.toThrow(TemporaryError);
    await expect(lookupTxt('broken.example', signal)).rejects.toThrow(TemporaryError);
    expect(asked).toHaveLength(1);
  });

  it('they end, and what is known is answered all the same', async () => {
    const { lookupTxt, asked } = session();
    const names = Array.from({ length: MAX_DNS_QUERIES + 5 }, (_, index) => `n${index}.example`);
    const answers = await Promise.allSettled(names.map((name) => lookupTxt(name, signal)));
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    expect(asked).toHaveLength(MAX_DNS_QUERIES);
    await expect(lookupTxt('late.example', signal)).rejects.toThrow(TemporaryError);
    expect(await lookupTxt('n0.example', signal)).toEqual({ kind: 'nxdomain' });
  });

  it('a part has an end of its own, and takes from the whole', async () => {
    const whole = session(4);
    const part = whole.within(2);
    await part.lookupTxt('a', signal);
    await part.lookupTxt('b', signal);
    await expect(part.lookupTxt('c', signal)).rejects.toThrow(TemporaryError);
    // What the whole asked is known to the part, and costs it nothing.
    await whole.lookupTxt('c', signal);
    expect(await part.lookupTxt('c', signal)).toEqual({ kind: 'nxdomain' });
    await whole.lookupTxt('d', signal);
    await expect(whole.lookupTxt('e', signal)).rejects.toThrow(TemporaryError);
    expect([whole.queries(), part.queries(), whole.asked]).toEqual([4, 4, ['a', 'b', 'c', 'd']]);
  });

  it('a part of a part pays to both', async () => {
    const whole = session();
    const outer = whole.within(3);
    const inner = outer.within(2);
    await inner.lookupTxt('a', signal);
    await outer.lookupTxt('b', signal);
    await outer.lookupTxt('c', signal);
    await expect(inner.lookupTxt('d', signal)).rejects.toThrow(TemporaryError);
    expect(await whole.lookupTxt('d', signal)).toEqual({ kind: 'nxdomain' });
  });
});
