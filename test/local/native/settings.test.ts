/** The key `native:` of the organization file. */
import { describe, expect, it } from 'vitest';
import { parseOrganization } from '../../../local/organization.ts';
import { people } from '../flow/support.ts';

const MB = 1024 * 1024;

describe('native', () => {
  it('is what WorkMail has by default, but for DMARC enforcement', () => {
    const { native } = people('');
    expect(native).toMatchObject({
      dmarcEnforcement: 'off',
      journaling: undefined,
      sendingQuotas: { perUser: 10_000, perAccount: 100_000, testDomain: 200 },
      eventLog: 'on',
      eventLogRetentionDays: 30,
    });
    expect(native.mailboxQuota('alice@example.com')).toBe(50 * 1024 * MB);
  });

  it('[Q8] gives each mailbox its size, from 1 MB to 50 GB', () => {
    const { native } = people(
      'native: {mailboxQuotaMb: 2, mailboxQuotas: [{mailbox: bob@example.com, mb: 51200}]}\n',
    );
    expect(native.mailboxQuota('alice@example.com')).toBe(2 * MB);
    expect(native.mailboxQuota('bob@example.com')).toBe(51_200 * MB);
  });

  it.each([
    ['[Q8] a mailbox below 1 MB', 'mailboxQuotaMb: 0', 'expected a whole number from 1 to 51200'],
    ['[Q8] a mailbox above 50 GB', 'mailboxQuotaMb: 51201', 'expected a whole number from 1 to 51200'],
    [
      'a quota for nobody',
      'mailboxQuotas: [{mailbox: al@example.com, mb: 1}]',
      'the address of no user; an alias has no mailbox',
    ],
    ['a quota above the default', 'sendingQuotas: {perUser: 10001}', 'from 1 to 10000'],
    ['journaling without a report address', 'journaling: {journalAddress: j@x.example}', 'reportAddress'],
    ['a switch that is none', 'eventLog: maybe', 'on'],
    ['a key that is none', 'dmarc: on', 'unknown key "dmarc"'],
  ])('refuses %s', (_name, yaml, message) => {
    const parsed = parseOrganization(
      `id: m-0123456789abcdef0123456789abcdef
alias: example
region: us-east-1
account: "123456789012"
domains: [example.com]
users: [{address: alice@example.com, password: alice, aliases: [al@example.com]}]
native: {${yaml}}
`,
      'organization.yaml',
    );
    const messages = parsed.ok ? [] : parsed.problems.map((problem) => `${problem.path}: ${problem.message}`);
    expect(messages.join('\n')).toContain(message);
  });
});
