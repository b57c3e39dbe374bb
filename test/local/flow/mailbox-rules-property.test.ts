/** Whatever rules mailboxes have: no copy is lost, and none is there twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MailboxRule } from '../../../local/flow/mailbox-rule-shape.ts';
import { sortByRules } from '../../../local/flow/mailbox-rules.ts';
import '../../support/properties.ts';
import { ALICE, BOB, CAROL } from './worlds.ts';

describe('what rules make of deliveries', () => {
  const mailbox = fc.constantFrom<string>(ALICE, BOB, CAROL);
  const action = fc.oneof(
    fc.constantFrom('A', 'B').map((folder) => ({ kind: 'moveTo', folder }) as const),
    mailbox.map((address) => ({ kind: 'redirectTo', address }) as const),
  );
  const rule = fc.record({
    name: fc.constant('r'),
    from: fc.constantFrom(['*'], ['good.example'], ['other.example']),
    do: action,
  });
  const rules = fc.dictionary(mailbox, fc.array(rule, { maxLength: 3 }));
  const deliveries = fc.uniqueArray(fc.record({ mailbox, folder: fc.constantFrom('Inbox', 'Junk') }), {
    selector: (each) => each.mailbox,
  });

  it('each copy is in one folder or goes on once, junk stays, and nothing goes on twice from a mailbox', () => {
    fc.assert(
      fc.property(rules, deliveries, fc.uniqueArray(mailbox), (byMailbox, before, passed) => {
        const decision = { recipients: [], deliveries: before, asyncCalls: [] };
        const organization = {
          mailboxRules: (one: string): readonly MailboxRule[] => byMailbox[one] ?? [],
          expand: () => [],
          isGroup: () => false,
        };
        const facts = { from: 'w@good.example', subject: undefined };
        const after = sortByRules(decision, organization, { facts, redirectedBy: new Set(passed) });
        const redirected = (after.redirects ?? []).map((each) => each.mailbox);
        const kept = after.deliveries.map((each) => each.mailbox);
        expect([...kept, ...redirected].sort()).toEqual(before.map((each) => each.mailbox).sort());
        expect(redirected.filter((each) => passed.includes(each))).toEqual([]);
        const junk = before.filter(({ folder }) => folder === 'Junk');
        expect(after.deliveries).toEqual(expect.arrayContaining(junk));
      }),
    );
  });
});
