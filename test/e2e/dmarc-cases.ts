/** The world of `dmarc.test.ts`: who sends, by which policy, which messages, and where each is to end. */
import { type Domain, mail, sealed, signed } from '../support/senders.ts';

export const DOMAINS: readonly Domain[] = [
  { name: 'signs.example', dmarc: 'p=reject', signs: true },
  { name: 'testing.example', dmarc: 'p=reject; t=y' },
  { name: 'lists.example', dmarc: 'p=none', address: '203.0.113.71', signs: true },
  { name: 'otherlists.example', dmarc: 'p=none', address: '203.0.113.72', signs: true },
  { name: 'alumni.example', address: '203.0.113.80', signs: true },
  { name: 'stranger.example', address: '203.0.113.81', signs: true },
  { name: 'newsletters.example', address: '203.0.113.82', signs: true },
  { name: 'payroll.example', address: '203.0.113.84', signs: true },
  { name: 'examp1e.com', dmarc: 'p=reject', signs: true },
  { name: 'careless.example', dmarc: 'p=none' },
  { name: 'desk.partner.example', dmarc: 'p=reject', address: '203.0.113.83' },
];

/** The policy of step 6 in docs/dmarc.md, with a gateway, the header field and some recipients besides. */
export function policyOf(docs: string): string {
  const [, yaml = ''] = /## 6\. [\s\S]*?```yaml\n([\s\S]*?)```/.exec(docs) ?? [];
  return yaml
    .replace('organization:\n', `organization:\n${GATEWAY}`)
    .replace('  mode: enforce\n', `  mode: enforce\n${MORE}`);
}

const GATEWAY = '  gateways: [{ name: relay, networks: [203.0.113.90], authservId: relay.example.com }]\n';
const MORE = `  header: true
  recipients:
    - { to: bob@example.com, actions: { reject: drop } }
    - { to: "group:trainees@example.com", mode: monitor }
`;

/** The rows of the table in docs/dmarc.md: what it says of a message, where that ends, and why. */
export function rowsOf(docs: string): readonly (readonly [row: string, end: string, reason: string])[] {
  const [, table = ''] = /\| message \| ends in \| reason \|\n[|-]+\n([\s\S]*?)\n\n/.exec(docs) ?? [];
  return table.split('\n').map((line) => {
    const [row = '', end = '', reason = ''] = line.slice(2, -2).split(' | ');
    return [row, end, reason.replaceAll('`', '')];
  });
}

export interface Sent {
  readonly message: string;
  /** Where it comes from. */
  readonly address?: string;
  readonly mailFrom: string;
  readonly to?: readonly string[];
}

const FORWARDED = { address: '203.0.113.80', mailFrom: 'f@alumni.example' };
const FOUND =
  'spf=pass smtp.mailfrom=signs.example; dkim=pass header.d=signs.example; dmarc=pass header.from=signs.example';

/** A signed message that a forwarder or a list has changed: its signature does not hold any more. */
async function broken(from: string, subject: string, domain: string, more = ''): Promise<string> {
  const whole = await signed(mail({ from, subject }), domain);
  return whole.replace('Hi there.', 'Hi there.\r\n-- footer of another').replace(/^/, more);
}

export interface Case {
  readonly name: string;
  /** Of the table in docs/dmarc.md. */
  readonly row?: string;
  readonly from: string;
  send(subject: string): Promise<Sent> | Sent;
  readonly outcome: string;
  readonly reason: string;
  /** What `log why` says beside where it went. */
  readonly says?: RegExp;
}

export const CASES: readonly Case[] = [
  {
    name: 'passes by its own signature from anywhere',
    row: 'passes, by its signature',
    from: 'a1@signs.example',
    send: async (subject) => ({
      message: await signed(mail({ from: 'a1@signs.example', subject }), 'signs.example'),
      mailFrom: 'x@elsewhere.example',
    }),
    outcome: 'Inbox',
    reason: 'pass',
  },
  {
    name: 'passes by SPF alone, as SES says',
    row: 'passes, as SES says',
    from: 'a2@good.example',
    send: (subject) => ({
      message: mail({ from: 'a2@good.example', subject }),
      mailFrom: 'a2@good.example',
      address: '203.0.113.10',
    }),
    outcome: 'Inbox',
    reason: 'pass',
  },
  ...(
    [
      ['none', 'news.example', 'Inbox', 'fail-none'],
      ['quarantine', 'shop.example', 'Junk', 'fail-quarantine'],
      ['reject', 'bank.example', 'Junk', 'fail-reject'],
      ['reject that is being tested', 'testing.example', 'Junk', 'fail-testing'],
    ] as const
  ).map(
    ([policy, domain, outcome, reason]): Case => ({
      name: `fails under ${policy}`,
      from: `a3@${domain}`,
      send: (subject) => ({ message: mail({ from: `a3@${domain}`, subject }), mailFrom: `a3@${domain}` }),
      outcome,
      reason,
      row:
        policy === 'reject that is being tested'
          ? 'fails, `p=reject` in testing (`t=y`)'
          : `fails, \`p=${policy}\``,
    }),
  ),
  {
    name: 'comes from a domain without a record',
    row: 'of a domain without a record',
    from: 'a4@nodmarc.example',
    send: (subject) => ({
      message: mail({ from: 'a4@nodmarc.example', subject }),
      mailFrom: 'a4@nodmarc.example',
    }),
    outcome: 'Inbox',
    reason: 'no-record',
  },
  {
    name: 'comes through a known list that signs',
    row: '`p=reject`, through the list at lists.example',
    from: 'a5@signs.example',
    send: async (subject) => {
      const listed = `List-Id: talk <talk.lists.example>\r\nList-Post: <mailto:talk@lists.example>\r\n`;
      const message = await broken('a5@signs.example', subject, 'signs.example', listed);
      return {
        message: await signed(message, 'lists.example'),
        mailFrom: 'b@lists.example',
        address: '203.0.113.71',
      };
    },
    outcome: 'Inbox',
    reason: 'mailing-list',
    says: /mailing list/,
  },
  {
    name: 'says that it is of a list, and no list signed it',
    from: 'a6@signs.example',
    send: (subject) => ({
      message: mail({ from: 'a6@signs.example', subject, more: 'List-Id: talk <talk.lists.example>\r\n' }),
      mailFrom: 'b@lists.example',
    }),
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'was broken by a trusted forwarder that sealed it',
    row: '`p=reject`, forwarded and sealed by alumni.example, which saw it pass',
    from: 'a7@signs.example',
    send: async (subject) => ({
      message: await sealed(
        await broken('a7@signs.example', subject, 'signs.example'),
        'alumni.example',
        FOUND,
      ),
      ...FORWARDED,
    }),
    outcome: 'Inbox',
    reason: 'arc-sealer',
  },
  {
    name: 'was broken by a trusted forwarder that did not seal it',
    row: "`p=reject`, forwarded without a seal, or with another's",
    from: 'a8@signs.example',
    send: async (subject) => ({
      message: await broken('a8@signs.example', subject, 'signs.example'),
      ...FORWARDED,
    }),
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'was sealed by somebody whom nobody trusts',
    from: 'a9@signs.example',
    send: async (subject) => ({
      message: await sealed(mail({ from: 'a9@signs.example', subject }), 'stranger.example', FOUND),
      mailFrom: 's@stranger.example',
      address: '203.0.113.81',
    }),
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'was sealed by a trusted forwarder for another author',
    from: 'a10@bank.example',
    send: async (subject) => ({
      message: await sealed(mail({ from: 'a10@bank.example', subject }), 'alumni.example', FOUND),
      ...FORWARDED,
    }),
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'has an exception by signature',
    row: '`p=reject`, of partner.example, signed by newsletters.example',
    from: 'a11@desk.partner.example',
    send: async (subject) => ({
      message: await signed(mail({ from: 'a11@desk.partner.example', subject }), 'newsletters.example'),
      mailFrom: 'n@newsletters.example',
      address: '203.0.113.82',
    }),
    outcome: 'Inbox',
    reason: 'exception',
  },
  {
    name: 'claims an own domain',
    row: 'in your name, from outside, even under `p=none`',
    from: 'ceo@example.com',
    send: (subject) => ({ message: mail({ from: 'ceo@example.com', subject }), mailFrom: 'ceo@example.com' }),
    outcome: 'Junk',
    reason: 'own-domain',
    says: /own domain, and nothing proves it/,
  },
  {
    name: 'is of an own domain by a service that may send for it',
    row: 'in your name, signed by payroll.example',
    from: 'letters@example.com',
    send: async (subject) => ({
      message: await signed(mail({ from: 'letters@example.com', subject }), 'payroll.example'),
      mailFrom: 'n@payroll.example',
      address: '203.0.113.84',
    }),
    outcome: 'Inbox',
    reason: 'allowed-sender',
  },
  {
    name: 'comes from a domain that looks like a guarded one',
    row: 'of `examp1e.com`, which passes',
    from: 'a12@examp1e.com',
    send: async (subject) => ({
      message: await signed(mail({ from: 'a12@examp1e.com', subject }), 'examp1e.com'),
      mailFrom: 'a12@examp1e.com',
    }),
    outcome: 'Junk',
    reason: 'look-alike',
    says: /looks like another/,
  },
  {
    name: 'bears the name of a protected person',
    row: 'of a stranger called Jane Doe, which passes',
    from: 'a13@signs.example',
    send: async (subject) => ({
      message: await signed(mail({ from: 'Jane Doe <a13@signs.example>', subject }), 'signs.example'),
      mailFrom: 'a13@signs.example',
    }),
    outcome: 'Junk',
    reason: 'protected-person',
    says: /protected person/,
  },
  {
    name: 'comes through the gateway, which found that it passes',
    from: 'a14@desk.partner.example',
    send: (subject) => ({
      message: mail({ from: 'a14@desk.partner.example', subject }).replace(
        /^/,
        'Authentication-Results: relay.example.com; spf=pass smtp.mailfrom=desk.partner.example; dmarc=pass header.from=desk.partner.example\r\n' +
          'Received: from mail.desk.partner.example (mail.desk.partner.example [203.0.113.83]) by relay.example.com with ESMTP id 1; Fri, 20 Nov 2026 10:00:00 +0000\r\n',
      ),
      mailFrom: 'a14@desk.partner.example',
      address: '203.0.113.90',
    }),
    outcome: 'Inbox',
    reason: 'pass',
  },
  {
    name: "shows the gateway's results and comes from elsewhere",
    from: 'a15@desk.partner.example',
    send: (subject) => ({
      message: mail({ from: 'a15@desk.partner.example', subject }).replace(
        /^/,
        'Authentication-Results: relay.example.com; dmarc=pass header.from=desk.partner.example\r\n',
      ),
      mailFrom: 'a15@desk.partner.example',
    }),
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'comes through a list that nobody named, which signs',
    row: '`p=reject`, through any other list',
    from: 'a18@signs.example',
    send: async (subject) => {
      const listed = 'List-Id: talk <talk.otherlists.example>\r\n';
      const message = await broken('a18@signs.example', subject, 'signs.example', listed);
      const address = '203.0.113.72';
      return {
        message: await signed(message, 'otherlists.example'),
        mailFrom: 'b@otherlists.example',
        address,
      };
    },
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'should have the signature of an exception',
    row: 'of partner.example, not signed',
    from: 'a19@desk.partner.example',
    send: (subject) => ({
      message: mail({ from: 'a19@desk.partner.example', subject }),
      mailFrom: 'x@elsewhere.example',
    }),
    outcome: 'Junk',
    reason: 'fail-reject',
  },
  {
    name: 'is of a domain that local policy treats as stricter',
    row: 'of careless.example, which publishes `p=none`',
    from: 'a20@careless.example',
    send: (subject) => ({
      message: mail({ from: 'a20@careless.example', subject }),
      mailFrom: 'x@elsewhere.example',
    }),
    outcome: 'Junk',
    reason: 'fail-local-policy',
  },
  {
    name: 'has two authors',
    row: 'From with two authors',
    from: 'a21@signs.example',
    send: (subject) => ({
      message: mail({ from: 'a21@signs.example, b21@bank.example', subject }),
      mailFrom: 'x@elsewhere.example',
    }),
    outcome: 'Junk',
    reason: 'author-several',
  },
  {
    name: 'has no From',
    row: 'no From',
    from: 'a22@elsewhere.example',
    send: (subject) => ({
      message: mail({ from: 'x', subject }).replace('From: x\r\n', ''),
      mailFrom: 'a22@elsewhere.example',
    }),
    outcome: 'Junk',
    reason: 'author-none',
  },
];
