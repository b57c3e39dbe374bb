/** What a decision keeps, tells and says, in the corners where another word of the code would make another decision. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../shared/policy/decide.ts';
import type { Action, Rule } from '../../../shared/policy/index.ts';
import { attachment, doing, facts, policy, rule } from './make.ts';

const [ALICE, BOB, ZOE] = ['alice@example.com', 'bob@example.com', 'zoe@partner.example'];
const to = (pattern: string, name: string, ...actions: readonly Action[]): Rule =>
  rule({ name, when: { recipientMatch: 'any', sentTo: [pattern] }, do: actions });

const NOTIFY = {
  kind: 'notify',
  to: ['admin@example.com'],
  subject: 'seen',
  text: 'It went by.',
  includeHeader: false,
} as const;

describe('effects', () => {
  it('are copies and notices as they are asked for, each with its rule', () => {
    const { effects } = decide(
      policy(doing('keeper', { kind: 'saveCopy', folder: 'copies' }), doing('teller', NOTIFY)),
      facts(),
    );
    expect(effects).toEqual([
      { kind: 'saveCopy', folder: 'copies', rule: 'keeper' },
      { ...NOTIFY, rule: 'teller' },
    ]);
  });

  it('hold for each rule those recipients only that are its own', () => {
    const quarantine: Action = { kind: 'quarantine', notify: 'none' };
    const { effects } = decide(
      policy(to(ALICE, 'first', quarantine), doing('second', quarantine)),
      facts({ recipients: [ALICE, BOB, ZOE] }),
    );
    expect(effects).toEqual([
      { kind: 'quarantine', rule: 'first', recipients: [0], notify: 'none' },
      { kind: 'quarantine', rule: 'second', recipients: [1, 2], notify: 'none' },
    ]);
  });

  it('hold nothing for a rule whose recipients are all another rule\u2019s', () => {
    const quarantine: Action = { kind: 'quarantine', notify: 'none' };
    const { effects } = decide(policy(doing('first', quarantine), doing('second', quarantine)), facts());
    expect(effects.map(({ rule: name }) => name)).toEqual(['first']);
  });

  it('keep attachments only where they are replaced by links', () => {
    const files = facts({ attachments: () => [attachment()] });
    const replace = (link?: string): Action => ({
      kind: 'replaceAttachments',
      where: {},
      note: 'It is at %%Link%%.',
      ...(link === undefined ? {} : { link }),
    });
    const kept = (action: Action) => decide(policy(doing('files', action)), files).effects;
    expect(kept(replace('https://files.example.com/'))).toEqual([
      { kind: 'saveAttachments', rule: 'files', paths: ['2'], link: 'https://files.example.com/' },
    ]);
    expect(kept(replace())).toEqual([]);
    expect(kept({ kind: 'prependSubject', tag: '[T]' })).toEqual([]);
  });
});

describe('a refusal', () => {
  const refused = (text: string, status?: string) => {
    const action: Action = { kind: 'rejectMessage', text, ...(status === undefined ? {} : { status }) };
    const reject = rule({ name: 'no', reason: 'by contract', do: [action] });
    return decide(policy(reject), facts()).recipients[0];
  };

  it('says what it is told to, with the status before it', () => {
    expect(refused('No.', '5.7.1')).toEqual({ outcome: 'rejectMessage', rule: 'no', text: '5.7.1 No.' });
    expect(refused('No.')?.text).toBe('No.');
  });

  it('has its variables filled in', () => {
    expect(refused('%%Rule%%: %%Reason%%')?.text).toBe('no: by contract');
  });
});

describe('recipients', () => {
  it('are removed by any one of the patterns, and no others', () => {
    const remove: Action = { kind: 'removeRecipients', patterns: ['bob@example.com', '*.example'] };
    const { recipients } = decide(policy(doing('out', remove)), facts({ recipients: [ALICE, BOB, ZOE] }));
    expect(recipients.map(({ outcome }) => outcome)).toEqual(['deliver', 'removed', 'removed']);
  });

  it('are added where one at least gets the message, and not where none does', () => {
    const add = doing('add', { kind: 'addRecipients', addresses: ['new@example.com'] });
    const drop: Action = { kind: 'deleteMessage' };
    const added = (...rules: readonly Rule[]) => decide(policy(...rules, add), facts()).added.length;
    expect(added(to(ALICE, 'one', drop))).toBe(1);
    expect(added(doing('all', drop))).toBe(0);
    expect(added(doing('all', { kind: 'quarantine', notify: 'none' }))).toBe(0);
    expect(added(doing('all', { kind: 'rejectMessage', text: 'No.' }))).toBe(0);
  });

  it('that have the message in their junk folder, or past the spam check, are not added again', () => {
    const add = doing('add', { kind: 'addRecipients', addresses: [BOB] });
    for (const kind of ['moveToJunk', 'bypassSpamCheck'] as const)
      expect(decide(policy(to(BOB, 'there', { kind }), add), facts()).added).toEqual([]);
  });

  it('of a redirect are added by the rule whose redirect holds, not by one that came to nothing', () => {
    const lead = (address: string): Action => ({ kind: 'redirectTo', addresses: [address] });
    const { added } = decide(
      policy(doing('first', lead('a@example.com')), doing('second', lead('b@example.com'))),
      facts(),
    );
    expect(added).toEqual([{ address: 'a@example.com', rule: 'first', why: 'redirectTo' }]);
  });

  it('are not added for a redirect where the rule wants something stricter of the same recipients', () => {
    const both = doing(
      'both',
      { kind: 'redirectTo', addresses: ['a@example.com'] },
      { kind: 'deleteMessage' },
    );
    expect(decide(policy(both), facts()).added).toEqual([]);
  });
});

describe('a planned change', () => {
  it('has the reason of its rule where there is one, and none otherwise', () => {
    const why = rule({ name: 'why', reason: 'for the auditor' });
    const { changes } = decide(policy(why, rule({ name: 'plain' })), facts());
    expect(changes.map((change) => ['reason' in change, change.reason])).toEqual([
      [true, 'for the auditor'],
      [false, undefined],
    ]);
  });
});
