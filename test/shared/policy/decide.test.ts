/** What several rules together make of a message: the written order, one sentence after the other. */
import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../../shared/policy/decision.ts';
import {
  CONFLICT_ORDER,
  type Decision,
  decide,
  type MessageFacts,
  neededLookups,
  type Rule,
} from '../../../shared/policy/index.ts';
import type { Action } from '../../../shared/policy/types.ts';
import { attachment, condition, doing, facts, policy, RECIPIENTS, rule } from './make.ts';

const INBOUND = { direction: 'inbound', recipients: RECIPIENTS.slice(0, 2) } as const;
const JUNK: Action = { kind: 'moveToJunk' };
const DELETE: Action = { kind: 'deleteMessage' };
const BYPASS: Action = { kind: 'bypassSpamCheck' };
const QUARANTINE: Action = { kind: 'quarantine', notify: 'none' };
const REJECT: Action = { kind: 'rejectMessage', text: 'not %%Subject%%', status: '5.7.1' };
const TAG: Action = { kind: 'prependSubject', tag: '[A]' };

function of(rules: readonly Rule[], change: Partial<MessageFacts> = {}): Decision {
  return decide(policy(...rules), facts(change));
}
const outcomes = (decision: Decision) => decision.recipients.map(({ outcome, rule: by }) => [outcome, by]);
const states = (decision: Decision) => decision.rules.map(({ state }) => state);

describe('the state of a rule', () => {
  it('says what became of it', () => {
    const now = Date.UTC(2026, 10, 20);
    const decision = of(
      [
        rule({ name: 'test', mode: 'test', stopProcessing: true }),
        rule({ name: 'early', activateOn: now + 1 }),
        rule({ name: 'late', expireOn: now }),
        rule({ name: 'not', when: condition({ direction: 'inbound' }), stopProcessing: true }),
        rule({ name: 'on the dot', activateOn: now, expireOn: now + 1, stopProcessing: true }),
        rule({ name: 'after' }),
      ],
      { now },
    );
    expect(states(decision)).toEqual(['test', 'inactive', 'inactive', 'no-match', 'acts', 'stopped']);
    expect(decision.rules.map(({ why }) => why)).toEqual([
      'the rule is in test mode',
      'not before 2026-11-20T00:00:00.001Z',
      'expired 2026-11-20T00:00Z',
      undefined,
      undefined,
      'the rule "on the dot" ended the rules',
    ]);
    expect(decision.changes.map((one) => one.rule)).toEqual(['on the dot']);
  });
});

describe('for each recipient', () => {
  const partner = condition({ sentTo: ['partner.example'] });

  it('a rule speaks for those for whom it matches by itself', () => {
    const decision = of([rule({ name: 'p', when: partner, do: [DELETE, TAG] })]);
    expect(outcomes(decision)).toEqual([
      ['deliver', undefined],
      ['deliver', undefined],
      ['deleteMessage', 'p'],
    ]);
    expect(decision.changes.map(({ change }) => change)).toEqual([TAG]);
  });

  it('a rule that needs all says nothing where one does not match', () => {
    const all = { ...partner, recipientMatch: 'all' as const };
    expect(of([rule({ when: all, do: [DELETE] })]).recipients.map(({ outcome }) => outcome)).toEqual([
      'deliver',
      'deliver',
      'deliver',
    ]);
  });

  it('removeRecipients speaks for those that it names', () => {
    const decision = of([
      rule({ name: 'r', when: partner, do: [{ kind: 'removeRecipients', patterns: ['bob@example.com'] }] }),
    ]);
    expect(outcomes(decision)[1]).toEqual(['removed', 'r']);
    expect(outcomes(decision)[2]).toEqual(['deliver', undefined]);
  });

  it('removeRecipients takes lists and groups; a group that is not known names nobody', () => {
    const remove: Action = { kind: 'removeRecipients', patterns: ['list:partners', 'group:staff'] };
    const lists = new Map([['partners', ['partner.example']]]);
    const removed = (members: ReadonlySet<string> | undefined) => {
      const groups = new Map(members === undefined ? [] : [['staff', members]]);
      const about = facts({ lookups: { groups, firstContact: [] } });
      return decide({ ...policy(doing('r', remove)), lists }, about).recipients.map(({ outcome }) => outcome);
    };
    expect(removed(new Set(['BOB@example.com']))).toEqual(['deliver', 'removed', 'removed']);
    expect(removed(undefined)).toEqual(['deliver', 'deliver', 'removed']);
    expect(neededLookups(policy(doing('r', remove))).groups).toEqual(['staff']);
  });

  it('who is excepted does not spare the others, and nothing else is done then', () => {
    const unless = [condition({ sentTo: ['bob@example.com'] })];
    const copy: Action = { kind: 'saveCopy', folder: 'a' };
    const others: Action[] = [
      TAG,
      copy,
      { kind: 'addRecipients', addresses: ['log@example.com'] },
      { kind: 'removeRecipients', patterns: ['*'] },
    ];
    const rules = [
      rule({ name: 'r', unless, do: [DELETE, ...others], stopProcessing: true }),
      doing('next', JUNK),
    ];
    const decision = of(rules, INBOUND);
    expect(outcomes(decision)).toEqual([
      ['deleteMessage', 'r'],
      ['moveToJunk', 'next'],
    ]);
    expect([decision.changes, decision.effects, decision.added]).toEqual([[], [], []]);
    expect(decision.rules[0]).toMatchObject({ state: 'acts', matched: false });
    expect(decision.rules[0]?.why).toMatch(/"unless" holds for other recipients/);
    expect(states(of([rule({ unless, do: [TAG] })], INBOUND))).toEqual(['no-match']);
    expect(states(of([rule({ unless, do: [DELETE], mode: 'test' })], INBOUND))).toEqual(['test']);
    expect(outcomes(of([rule({ unless, do: [DELETE], mode: 'test' })], INBOUND))[0]?.[0]).toBe('deliver');
  });

  it('the strictest wish holds, of equal ones the earlier', () => {
    const decision = of(
      [doing('a', JUNK), doing('b', DELETE), doing('c', QUARANTINE), doing('d', QUARANTINE)],
      INBOUND,
    );
    expect(outcomes(decision)).toEqual([
      ['quarantine', 'c'],
      ['quarantine', 'c'],
    ]);
    expect(decision.effects).toEqual([{ kind: 'quarantine', rule: 'c', recipients: [0, 1], notify: 'none' }]);
  });

  it('bypassSpamCheck overrides nothing', () => {
    expect(outcomes(of([doing('a', BYPASS), doing('b', JUNK)], INBOUND))[0]).toEqual(['moveToJunk', 'b']);
    expect(outcomes(of([doing('a', BYPASS)], INBOUND))[0]).toEqual(['bypassSpamCheck', 'a']);
  });
});

describe('rejectMessage', () => {
  const proved: MessageFacts['evidence'] = {
    state: 'present',
    spf: { result: 'pass', envelopeFromDomain: 'a.example' },
    dkim: [],
    dmarc: { result: 'none', headerFromDomain: undefined },
  };
  const text = '5.7.1 not Re: Invoice No. 7';

  it.each<[string, Partial<MessageFacts>, string | undefined]>([
    ['outbound', { header: () => ['Re: Invoice No. 7'] }, undefined],
    ['inbound, proved', { ...INBOUND, evidence: proved, header: () => ['Re: Invoice No. 7'] }, undefined],
    [
      'inbound, no trust',
      { ...INBOUND, evidence: proved, evidenceTrusted: false },
      'the headers of SES are not proved (trustSesHeaders)',
    ],
    ['inbound, nothing known', INBOUND, 'nothing proves its envelope sender'],
    ['no direction', { direction: undefined }, 'nothing proves its envelope sender'],
    [
      'inbound, null sender',
      { ...INBOUND, evidence: proved, envelopeSender: '' },
      'it has no envelope sender',
    ],
    [
      'inbound, SES says automatic',
      { ...INBOUND, evidence: { ...proved, automatic: true } },
      'it is a report, an automatic answer or list mail',
    ],
    [
      'inbound, list',
      { ...INBOUND, evidence: proved, messageKinds: () => new Set(['list']) },
      'it is a report, an automatic answer or list mail',
    ],
  ])('%s', (_, change, why) => {
    const [first] = of([doing('r', REJECT)], change).recipients;
    expect(first).toEqual(
      why === undefined
        ? { outcome: 'rejectMessage', rule: 'r', text }
        : { outcome: 'moveToJunk', rule: 'r', why },
    );
  });
});

describe('redirects and added recipients', () => {
  const redirect: Action = { kind: 'redirectTo', addresses: ['boss@example.com', 'bob@example.com'] };
  const add: Action = { kind: 'addRecipients', addresses: ['log@example.com', 'alice@example.com'] };

  it('take the message from those for whom the rule matches, but not from its own addresses', () => {
    const decision = of([doing('r', redirect)]);
    expect(outcomes(decision)).toEqual([
      ['redirectTo', 'r'],
      ['deliver', undefined],
      ['redirectTo', 'r'],
    ]);
    expect(decision.added).toEqual([{ address: 'boss@example.com', rule: 'r', why: 'redirectTo' }]);
  });

  it('are not made where something stricter holds for everybody', () => {
    expect(of([doing('r', redirect, add), doing('d', DELETE)]).added).toEqual([]);
  });

  it('add whoever does not have it anyway, once', () => {
    expect(of([doing('a', add), doing('b', add)]).added).toEqual([
      { address: 'log@example.com', rule: 'a', why: 'addRecipients' },
    ]);
  });

  it('add whoever was one and does not get it', () => {
    const remove: Action = { kind: 'removeRecipients', patterns: ['alice@example.com'] };
    expect(of([doing('a', add, remove)]).added.map(({ address }) => address)).toEqual([
      'log@example.com',
      'alice@example.com',
    ]);
  });
});

describe('effects', () => {
  it('are those of acting rules only', () => {
    const copy: Action = { kind: 'saveCopy', folder: 'a' };
    const decision = of([rule({ name: 't', mode: 'test', do: [copy, QUARANTINE] }), doing('a', copy)]);
    expect(decision.effects).toEqual([{ kind: 'saveCopy', rule: 'a', folder: 'a' }]);
    expect(outcomes(decision)[0]).toEqual(['deliver', undefined]);
  });

  it('name the attachments that are to be kept', () => {
    const where = { name: ['*.exe'] };
    const action: Action = {
      kind: 'replaceAttachments',
      where,
      note: '%%Link%%',
      link: 'https://f.example/',
    };
    const attachments = () => [attachment({ path: '2', names: ['a.exe'] }), attachment({ path: '3' })];
    expect(of([doing('a', action)], { attachments }).effects).toEqual([
      { kind: 'saveAttachments', rule: 'a', paths: ['2'], link: 'https://f.example/' },
    ]);
    expect(of([doing('a', action)]).effects).toEqual([]);
  });
});

describe('the written order', () => {
  it('names every outcome', () => {
    for (const outcome of OUTCOMES) expect(CONFLICT_ORDER.join('\n')).toContain(outcome);
  });
});
