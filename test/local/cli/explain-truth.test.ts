import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../../handlers/edge/flow.ts';
import { dmarc } from '../../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../../handlers/edge/steps/rules.ts';
import { type Explanation, explain } from '../../../local/cli/explanation.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import type { Policy } from '../../../shared/policy/index.ts';
import { CONTEXT, createWorld, MESSAGE_ID, policyOf, ruleEvent } from '../../handlers/support/world.ts';
import { corpusMessages, differsOnlyIn, fixtures, type NamedMessage } from '../../shared/mime/support.ts';
import { ROOT } from './run.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const withoutDmarc = (text: string): Policy => {
  const { dmarc: _, ...policy } = policyOf(text);
  return policy;
};
const POLICIES: Readonly<Record<string, Policy>> = {
  sample: withoutDmarc(read('local/sample/policy.yaml')),
  'every kind of change': withoutDmarc(`version: 1
organization: { domains: example.com }
rules:
  - { name: one, when: {}, do: [{ prependDisclaimer: { text: Zweimal prüfen } }, { prependSubject: "[Ä]" }] }
  - { name: two, when: { recipientScope: inside }, do: [{ appendDisclaimer: { text: End, html: <i>End</i> } }] }
`),
};
const RECIPIENTS = ['Alice@Example.com', 'zoe@elsewhere.example'];
const MARK = /X-Mailroom-Mark: v1 [\w-]{22}\r?\n [\w-]{43}\r?\n/;

interface Case {
  readonly policy: Policy;
  readonly bytes: Uint8Array;
  readonly direction: 'inbound' | 'outbound';
  readonly withKey: boolean;
}

async function handled({ policy, bytes, direction, withKey }: Case) {
  const world = createWorld({ policy, message: bytes, withKey });
  const event = ruleEvent({
    flowDirection: direction.toUpperCase(),
    envelope: {
      mailFrom: { address: 'x@y.example' },
      recipients: RECIPIENTS.map((address) => ({ address })),
    },
  });
  await createFlowHandler([dmarc, rules], () => world.ports)(event, CONTEXT);
  const output = Buffer.from(world.messages.get(MESSAGE_ID) ?? '').toString('latin1');
  return { output: Buffer.from(output.replace(MARK, ''), 'latin1'), effects: world.effects };
}

function explained({ policy, bytes, direction, withKey }: Case): Promise<Explanation> {
  return explain({
    policy,
    bytes,
    direction,
    withKey,
    recipients: RECIPIENTS,
    sender: undefined,
    lookupDns: async (name) =>
      name === '_dmarc.shop.example'
        ? { kind: 'records', records: ['v=DMARC1; p=reject'] }
        : { kind: 'nxdomain' },
  });
}

/** The spans that the explanation names, each once: several changes can share one. */
function spans(found: Explanation) {
  const parts = found.rules
    .flatMap(({ changes }) => changes)
    .flatMap(({ outcome }) => (outcome.kind === 'edited' ? outcome.parts : []));
  return [...new Map(parts.map((part) => [`${part.start} ${part.end} ${part.bytesAfter}`, part])).values()];
}

async function lies(messages: readonly NamedMessage[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, bytes } of messages) {
    for (const [title, policy] of Object.entries(POLICIES)) {
      for (const [direction, withKey] of [
        ['inbound', true],
        ['outbound', false],
      ] as const) {
        const one = { policy, bytes, direction, withKey };
        const [told, { output, effects }] = [await explained(one), await handled(one)];
        const same = told.edits === 0 ? output.equals(bytes) : differsOnlyIn(bytes, output, spans(told));
        if (!same || told.bytesAfter !== output.length || told.edits > 0 !== effects.length > 0)
          found.push(`${name}, ${title}, ${direction}`);
      }
    }
  }
  return found;
}

describe('explain says what the handler does', () => {
  it('for every fixture', async () => {
    expect(fixtures().length).toBeGreaterThan(90);
    expect(await lies(fixtures())).toEqual([]);
  });

  it('for messages of other projects (MAILROOM_CORPORA)', async ({ skip }) => {
    const messages = corpusMessages().filter((_, index) => index % 5 === 0);
    skip(messages.length === 0, 'MAILROOM_CORPORA is not set');
    expect(await lies(messages)).toEqual([]);
  });

  it('for a message that begins with the banner: again with a key, not again without', async () => {
    const policy = POLICIES['every kind of change'];
    if (policy === undefined) throw new Error('no policy');
    const text =
      'Subject: Re: =?utf-8?Q?=5B=C3=84=5D?= x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nZweimal prüfen\r\n\r\nHi\r\n\r\nEnd\r\n';
    for (const withKey of [true, false]) {
      const one = { policy, bytes: Buffer.from(text), direction: 'inbound', withKey } as const;
      const [told, { output }] = [await explained(one), await handled(one)];
      expect(told.edits > 0).toBe(withKey);
      expect(told.bytesAfter).toBe(output.length);
    }
  });

  it('for a message that DMARC drops: no rule changes it', async () => {
    const policy = policyOf(read('test/fixtures/policy/messages/policy.yaml'));
    const bytes = readFileSync(join(ROOT, 'test/fixtures/policy/messages/fails.eml'));
    const told = await explained({ policy, bytes, direction: 'inbound', withKey: true });
    expect(told).toMatchObject({ gone: true, edits: 0, bytesAfter: bytes.length });
    expect(told.dmarc).toMatchObject({ kind: 'decided', decision: { action: 'drop' } });
  });

  it('for a published policy that DNS cannot tell: what onTemporaryError says', async () => {
    const policy = policyOf(read('test/fixtures/policy/messages/policy.yaml'));
    const bytes = readFileSync(join(ROOT, 'test/fixtures/policy/messages/fails.eml'));
    const lookupDns = async () => Promise.reject(new TemporaryError('no answer'));
    const input = {
      policy,
      bytes,
      direction: 'inbound',
      sender: undefined,
      recipients: [],
      withKey: true,
    } as const;
    const told = await explain({ ...input, lookupDns });
    expect(told.dmarc).toEqual({ kind: 'undecided', mode: 'enforce', action: 'retry' });
  });
});
