/** Mail through a relay of the organization's own before SES: what the relay wrote counts, and only where SES's block proves the relay. */
import { describe, expect, it } from 'vitest';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';
import { ALWAYS, gathered, REJECT } from './gather.ts';
import { sesBlock } from './support.ts';

const GATEWAYS = [
  { name: 'ours', networks: ['198.51.100.0/24', '2001:db8::/32'] },
  { name: 'filter', networks: ['203.0.113.8/29'], authservId: 'mx.filter.example' },
];
const organization: OrganizationPolicy = { ...ALWAYS, gateways: GATEWAYS };
/** SES saw the relay, to which the author's SPF knows nothing. */
const BLOCK = sesBlock({
  spf: 'fail (spfCheck: domain of sender.example does not designate 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from=ann@sender.example; helo=mail.sender.example;',
  rest: 'dmarc=fail header.from=sender.example;',
  returnPath: '<ann@sender.example>',
});
const RECEIVED =
  'Received: from mx.sender.example (mx.sender.example [192.0.2.7]) by mx.filter.example with ESMTP; Wed';
const RESULTS =
  'Authentication-Results: mx.filter.example; spf=pass smtp.mailfrom=ann@sender.example; dkim=fail header.d=sender.example header.s=k';
const OUTSIDE = 'Received: from pc (pc [192.0.2.99]) by mx.sender.example with ESMTP; Wed';
const SPF_ZONE = { ...REJECT, 'sender.example': ['v=spf1 ip4:192.0.2.7 -all'] };

const through = (fields: readonly string[], options: Parameters<typeof gathered>[1] = {}) =>
  gathered({ block: [...BLOCK, ...fields] }, { organization, ...options });

describe('the relay’s own results', () => {
  it.each([
    ['below its Received', [RECEIVED, RESULTS, OUTSIDE]],
    ['above its Received', [RESULTS, RECEIVED, OUTSIDE]],
  ])('%s', async (_name, fields) => {
    const found = await through(fields);
    expect(found.gateway).toBe('filter');
    expect(found.spf).toEqual({ result: 'pass', domain: 'sender.example', source: 'gateway', proved: true });
    expect(found.dmarc).toMatchObject({ result: 'pass', source: 'own', proved: true });
    expect(found.dkim).toMatchObject([{ result: 'fail', reason: 'gateway', domain: 'sender.example' }]);
    expect(found.client).toEqual({ address: '192.0.2.7', proved: true });
  });

  it('a signature that it saw pass counts', async () => {
    const dkim = RESULTS.replace('spf=pass', 'spf=fail').replace('dkim=fail', 'dkim=pass');
    expect((await through([RECEIVED, dkim])).dmarc).toMatchObject({
      result: 'pass',
      proved: true,
      aligned: [{ by: 'dkim', domain: 'sender.example' }],
    });
  });

  it('a failure of its finding is one, and SES’s judgement of the relay is not asked', async () => {
    const failed = RESULTS.replace('spf=pass', 'spf=fail');
    expect((await through([RECEIVED, failed])).dmarc).toMatchObject({ result: 'fail', source: 'own' });
    const passing = sesBlock({
      rest: 'dmarc=pass header.from=sender.example;',
      returnPath: '<ann@sender.example>',
    });
    const { dmarc } = await gathered({ block: [...passing, RECEIVED, failed] }, { organization });
    expect(dmarc.result).toBe('fail');
  });

  it.each([
    ['under another name', RESULTS.replace('mx.filter', 'mx.evil')],
    ['under its name in another case', RESULTS.replace('mx.filter', 'MX.filter')],
    ['under a longer name', RESULTS.replace('mx.filter.example;', 'mx.filter.example.evil;')],
    ['of two SPF results', `${RESULTS}; spf=fail smtp.mailfrom=x@other.example`],
    ['that cannot be read', RESULTS.replace('spf=pass', 'spf=pass "')],
  ])('%s is not its own: SPF is checked here', async (_name, results) => {
    const found = await through([RECEIVED, results], { zone: SPF_ZONE });
    expect(found.spf).toEqual({ result: 'pass', domain: 'sender.example', source: 'own', proved: true });
    expect(found.dmarc).toMatchObject({ result: 'pass', source: 'own' });
  });

  it('one that cannot be read is not replaced by another below it', async () => {
    const unreadable = RESULTS.replace('spf=pass', 'spf=pass "');
    const found = await through([RECEIVED, unreadable, RESULTS], {
      zone: { ...REJECT, 'sender.example': ['v=spf1 -all'] },
    });
    expect(found.spf).toMatchObject({ result: 'fail', source: 'own' });
  });

  it('below the second Received it is the sender’s', async () => {
    const found = await through([RECEIVED, OUTSIDE, RESULTS], {
      zone: { ...REJECT, 'sender.example': ['v=spf1 -all'] },
    });
    expect(found.spf).toMatchObject({ result: 'fail', source: 'own' });
    expect(found.dmarc.result).toBe('fail');
  });

  it('without its Received line there is no place for it', async () => {
    const found = await through([RESULTS]);
    expect(found.spf).toBeUndefined();
    expect(found.dmarc.result).toBe('unknown');
  });
});

describe('whose relay it is', () => {
  it('is known by its address, in a block that is known to be SES’s', async () => {
    const auto = { ...organization, trustSesHeaders: 'auto' as const };
    const found = await through([RECEIVED, RESULTS], { organization: auto });
    expect(found.gateway).toBeUndefined();
    expect(found.dmarc.result).toBe('fail');
    const elsewhere = {
      ...organization,
      gateways: [{ ...GATEWAYS[1], name: 'x', networks: ['203.0.113.16/29'] }],
    };
    expect((await through([RECEIVED, RESULTS], { organization: elsewhere })).gateway).toBeUndefined();
  });

  it('and two addresses for one client are none', async () => {
    const block = BLOCK.map((line) => line.replace('[203.0.113.10]', '[203.0.113.11]'));
    expect(
      (await gathered({ block: [...block, RECEIVED, RESULTS] }, { organization })).gateway,
    ).toBeUndefined();
  });

  it.each([
    'Received: from a by b (x [192.0.2.7]) by mx.filter.example with ESMTP; Wed',
    'Received: from a (b [192.0.2.300]) by mx.filter.example with ESMTP; Wed',
    'Received: by mx.filter.example; Wed',
    'Received: from a (b [192.0.2.7]) (c [192.0.2.8]) by mx.filter.example; Wed',
  ])('a Received line that can be read in two ways names no client: %s', async (received) => {
    const found = await through([received], { zone: SPF_ZONE });
    expect(found.gateway).toBe('filter');
    expect(found.spf).toBeUndefined();
    expect(found.dmarc).toMatchObject({ result: 'unknown', source: 'none' });
  });

  it('a null sender is checked by the name in HELO', async () => {
    const block = BLOCK.map((line) => line.replace('Return-Path: <ann@sender.example>', 'Return-Path: <>'));
    const zone = { ...REJECT, 'mx.sender.example': ['v=spf1 ip4:192.0.2.7 -all'] };
    const found = await gathered({ block: [...block, RECEIVED] }, { organization, zone });
    expect(found.spf).toMatchObject({ result: 'pass', domain: 'mx.sender.example' });
    expect(found.dmarc).toMatchObject({ result: 'pass', aligned: [{ how: 'organization' }] });
    expect(found.automatic).toBe(true);
  });
});
