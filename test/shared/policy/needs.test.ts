/** What must be looked up, and what must be there, for a policy. */
import { describe, expect, it } from 'vitest';
import { neededLookups, opensContent, type Policy } from '../../../shared/policy/index.ts';
import { policyNeeds } from '../../../shared/policy/needs.ts';
import { condition, doing, policy, rule } from './make.ts';

const asking: Policy = policy(
  rule({ when: condition({ direction: 'inbound', from: ['group:a', 'x.example'], sentTo: ['group:b'] }) }),
  rule({ when: condition({ direction: 'outbound', toOrCc: ['group:a', 'list:own'] }) }),
  rule({ when: condition({}), unless: [condition({ firstContact: false })], expireOn: 100 }),
);

describe('neededLookups', () => {
  it('names every group once, and first contact', () => {
    expect(neededLookups(asking)).toEqual({ groups: ['a', 'b'], firstContact: true, dmarcReason: false });
  });

  it('leaves out rules of the other direction and rules that are over', () => {
    expect(neededLookups(asking, { direction: 'outbound', now: 100 })).toEqual({
      groups: ['a'],
      firstContact: false,
      dmarcReason: false,
    });
    expect(neededLookups(asking, { direction: undefined, now: 99 }).firstContact).toBe(true);
  });
});

describe('opensContent', () => {
  const where = { extension: ['exe'] };
  const banner = (text: string) => doing('r', { kind: 'prependDisclaimer', text });

  it.each<[string, Policy, boolean]>([
    ['no rule', policy(), false],
    ['conditions on the header', policy(rule({ when: condition({ subjectContains: ['a'] }) })), false],
    ['a condition on the body', policy(rule({ when: condition({ bodyContains: ['a'] }) })), true],
    ['one on attachments', policy(rule({ when: condition({ hasAttachment: false }) })), true],
    ['an exception', policy(rule({ unless: [condition({ attachmentExtension: ['exe'] })] })), true],
    ['a banner', policy(banner('From %%From%%')), false],
    ['a banner that names attachments', policy(banner('With %%Attachments%%')), true],
    [
      'one of two actions',
      policy(doing('r', { kind: 'prependDisclaimer', text: 'x' }, { kind: 'removeAttachments', where })),
      true,
    ],
    ['an action on attachments', policy(doing('r', { kind: 'removeAttachments', where })), true],
  ])('%s', (_, given, opens) => {
    expect(opensContent(given)).toBe(opens);
    // A second look is answered from memory.
    expect(opensContent(given)).toBe(opens);
  });

  it('leaves out rules of the other direction and rules that are over', () => {
    const given = policy(
      rule({ when: condition({ direction: 'inbound', bodyContains: ['a'] }), expireOn: 100 }),
    );
    expect(opensContent(given, { direction: 'inbound', now: 99 })).toBe(true);
    expect(opensContent(given, { direction: 'inbound', now: 100 })).toBe(false);
    expect(opensContent(given, { direction: 'outbound', now: 99 })).toBe(false);
    expect(opensContent(given, { direction: undefined, now: 99 })).toBe(true);
  });
});

describe('policyNeeds', () => {
  const none = { keepBucket: false, sender: false, directory: false };
  const notify = {
    kind: 'notify',
    to: ['a@example.com'],
    subject: 's',
    text: 't',
    includeHeader: false,
  } as const;
  const where = { executable: true };

  it.each<[string, Policy, object]>([
    ['nothing', policy(rule()), {}],
    ['groups and contacts', asking, { directory: true, keepBucket: true }],
    ['a notice', policy(doing('r', notify)), { sender: true, keepBucket: true }],
    [
      'a quarantine that tells nobody',
      policy(doing('r', { kind: 'quarantine', notify: 'none' })),
      { keepBucket: true },
    ],
    [
      'a quarantine',
      policy(doing('r', { kind: 'quarantine', notify: 'recipient' })),
      { keepBucket: true, sender: true },
    ],
    ['a copy', policy(doing('r', { kind: 'saveCopy', folder: 'a' })), { keepBucket: true }],
    ['a note', policy(doing('r', { kind: 'replaceAttachments', where, note: 'n' })), {}],
    [
      'a link',
      policy(doing('r', { kind: 'replaceAttachments', where, note: 'n', link: 'https://f.example/' })),
      { keepBucket: true },
    ],
    ['a rule in test mode', policy(rule({ mode: 'test', do: [notify] })), {}],
  ])('%s', (_, given, needs) => {
    expect(policyNeeds(given)).toEqual({ ...none, ...needs });
  });
});
