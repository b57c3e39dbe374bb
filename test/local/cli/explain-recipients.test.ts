/** For each recipient `explain` says what the function answers, DMARC and the rules taken together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFlowHandler } from '../../../handlers/edge/flow.ts';
import { dmarc } from '../../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../../handlers/edge/steps/rules.ts';
import { type ExplainInput, explain } from '../../../local/cli/explanation.ts';
import { explanationText } from '../../../local/cli/explanation-text.ts';
import type { RuleResponse } from '../../../shared/workmail/types.ts';
import { CONTEXT, createWorld, policyOf, ruleEvent } from '../../handlers/support/world.ts';
import { ROOT } from './run.ts';

const FAILS = readFileSync(join(ROOT, 'test/fixtures/policy/messages/fails.eml'));
const SIGNED = readFileSync(join(ROOT, 'test/fixtures/policy/messages/signed.eml'));
const RECIPIENTS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'].map((name) => `${name}@example.com`);
const RULES = `
  - { name: hold, when: { direction: inbound, sentTo: alice@example.com, recipientMatch: any }, do: [{ quarantine: { notify: none } }] }
  - { name: junk, when: { direction: inbound, sentTo: bob@example.com }, do: [moveToJunk: true] }
  - { name: never junk, when: { direction: inbound, sentTo: carol@example.com }, do: [bypassSpamCheck: true] }
  - { name: gateway, when: { sentTo: dave@example.com }, do: [useFallback: true] }
  - { name: left, when: { direction: inbound, sentTo: erin@example.com }, do: [redirectTo: alice@example.com] }`;
const STRICT = `
  - { name: strict, ifUntouchable: reject, when: {}, do: [prependDisclaimer: { text: Outside }] }`;
const JUNK_ALL = `
  - { name: all, when: {}, do: [moveToJunk: true] }`;
const HOLD_ALL = `
  - { name: hold, when: {}, do: [quarantine: { notify: recipient }] }`;

function policyWith(rulesText: string, mode = 'enforce') {
  return policyOf(`version: 1
organization: { domains: [example.com], trustSesHeaders: always }
dmarc: { mode: ${mode}, actions: { none: default, quarantine: junk, reject: drop } }
notices: { from: mailroom@example.com }
rules:${rulesText}
`);
}

function answered({ actions }: RuleResponse): readonly string[] {
  const everyone = actions.find(({ allRecipients }) => allRecipients === true);
  return RECIPIENTS.map((address) => {
    const own = actions.find(({ recipients }) => recipients?.includes(address) === true);
    return (own ?? everyone)?.action.type ?? 'fallback';
  });
}

async function both(policy: ExplainInput['policy'], bytes: Buffer, published: string, outbound = false) {
  const records = [`v=DMARC1; p=${published}`];
  const world = createWorld({ policy, message: bytes, txt: { '_dmarc.shop.example': records } });
  const event = ruleEvent({
    flowDirection: outbound ? 'OUTBOUND' : 'INBOUND',
    envelope: {
      mailFrom: { address: 'x@y.example' },
      recipients: RECIPIENTS.map((address) => ({ address })),
    },
  });
  const told = await explain({
    policy,
    bytes,
    direction: outbound ? 'outbound' : 'inbound',
    recipients: RECIPIENTS,
    sender: undefined,
    withKey: true,
    lookupDns: world.ports.lookupDns,
  });
  const response = await createFlowHandler([dmarc, rules], () => world.ports)(event, CONTEXT);
  return { told, answers: answered(response) };
}

const results = (told: { readonly recipients: readonly { readonly result: string }[] }) =>
  told.recipients.map(({ result }) => result);

describe('what becomes of each recipient', () => {
  test.each([
    ['none', ['DROP', 'MOVE_TO_JUNK', 'BYPASS_SPAM_CHECK', 'fallback', 'DEFAULT', 'DEFAULT']],
    ['quarantine', ['DROP', 'MOVE_TO_JUNK', 'MOVE_TO_JUNK', 'MOVE_TO_JUNK', 'MOVE_TO_JUNK', 'MOVE_TO_JUNK']],
    ['reject', ['DROP', 'DROP', 'DROP', 'DROP', 'DROP', 'DROP']],
  ])('where DMARC fails and the domain says p=%s', async (published, expected) => {
    const { told, answers } = await both(policyWith(RULES), FAILS, published);
    expect(answers).toEqual(expected);
    expect(results(told)).toEqual(answers);
    if (published === 'reject') expect(told).toMatchObject({ effects: [], added: [], gone: true });
  });

  test('where DMARC only watches', async () => {
    const { told, answers } = await both(policyWith(RULES, 'monitor'), FAILS, 'reject');
    expect(answers[5]).toBe('DEFAULT');
    expect(results(told)).toEqual(answers);
  });

  test('where a change cannot be made, and where mail goes out', async () => {
    const strict = await both(policyWith(STRICT), SIGNED, 'none');
    expect(results(strict.told)).toEqual(strict.answers);
    expect(new Set(strict.answers).has('DEFAULT')).toBe(false);
    const out = await both(policyWith(JUNK_ALL), FAILS, 'none', true);
    expect(results(out.told)).toEqual(out.answers);
    expect(explanationText(out.told, 'x.eml')).toContain(
      'delivered, WorkMail knows Junk and the spam check for inbound mail only; the rules say: to Junk',
    );
  });

  test('is told in words, with what made it so', async () => {
    const { told } = await both(policyWith(RULES), FAILS, 'quarantine');
    const text = explanationText(told, 'x.eml');
    expect(text).toContain('  [0] alice@example.com: held in quarantine (rule "hold")\n');
    expect(text).toContain('  [5] frank@example.com: to Junk, as DMARC asks; the rules say: delivered\n');
    expect(text).toContain(
      '  [4] erin@example.com: to Junk, nobody whom the rule names can get it instead; as DMARC asks; the rules say: ',
    );
  });

  test('names nobody outside as told of what a user of ours wrote to them', async () => {
    const policy = policyWith(HOLD_ALL);
    const recipients = ['wendy@good.example', 'alice@example.com'];
    const input = { policy, bytes: FAILS, direction: 'outbound', withKey: true, recipients } as const;
    const told = await explain({ ...input, sender: undefined, lookupDns: undefined });
    expect(explanationText(told, 'x.eml')).toContain('and a notice goes to alice@example.com (rule "hold")');
  });

  test('is said to be open where the published policy was not looked up', async () => {
    const input = { policy: policyWith(RULES), bytes: FAILS, direction: 'inbound', withKey: true } as const;
    const told = await explain({ ...input, recipients: RECIPIENTS, sender: undefined, lookupDns: undefined });
    expect(explanationText(told, 'x.eml')).toContain(
      '  without what DMARC asks for, which is not known here',
    );
  });
});
