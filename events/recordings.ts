/** The messages that `record.ts` sends: `sent/NAME.eml` is the text, and here is the envelope. */

export interface Recording {
  /** Of `sent/NAME.eml`, and of the event and content that come of it. */
  readonly name: string;
  /** Who connects. Absent: alice, as a user with her password. */
  readonly client?: { readonly address: string; readonly name: string };
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** Under which name to keep what the inbound rule sees of the copy for a colleague. */
  readonly internalCopy?: string;
}

/** Addresses and names as `local/sample/zone.db` has them. */
const GOOD = { address: '203.0.113.10', name: 'mail.good.example' };
const LIST = { address: '203.0.113.70', name: 'mail.list.example' };
const NODMARC = { address: '203.0.113.50', name: 'mail.nodmarc.example' };
const PARTNER = { address: '203.0.113.60', name: 'mail.partner.example' };
/** No domain of the zone lets this host send. */
const UNKNOWN = { address: '203.0.113.66', name: 'unknown.invalid' };

const ALICE = 'alice@example.com';
const ANN = 'ann@good.example';

export const RECORDINGS: readonly Recording[] = [
  { name: 'inbound', client: GOOD, mailFrom: ANN, recipients: [ALICE] },
  { name: 'inbound-html', client: GOOD, mailFrom: 'news@good.example', recipients: [ALICE] },
  {
    name: 'inbound-dmarc-reject',
    client: UNKNOWN,
    mailFrom: 'security@bank.example',
    recipients: [ALICE],
  },
  {
    name: 'inbound-spoofed-own-domain',
    client: UNKNOWN,
    mailFrom: 'carol@attacker.invalid',
    recipients: [ALICE],
  },
  {
    name: 'inbound-mailing-list',
    client: LIST,
    mailFrom: 'gardening-bounces@list.example',
    recipients: [ALICE],
  },
  { name: 'inbound-signed-smime', client: GOOD, mailFrom: ANN, recipients: [ALICE] },
  { name: 'inbound-meeting', client: PARTNER, mailFrom: 'dave@partner.example', recipients: [ALICE] },
  {
    name: 'many-recipients',
    client: GOOD,
    mailFrom: ANN,
    recipients: [
      ALICE,
      'alice.liddell@example.com',
      'bob@example.com',
      'carol@example.com',
      'staff@example.com',
    ],
  },
  { name: 'null-sender', client: NODMARC, mailFrom: '', recipients: [ALICE] },
  { name: 'on-behalf-of', client: GOOD, mailFrom: ANN, recipients: [ALICE] },
  { name: 'subject-null', client: GOOD, mailFrom: ANN, recipients: [ALICE] },
  { name: 'subject-long', client: GOOD, mailFrom: ANN, recipients: [ALICE] },
  { name: 'outbound', mailFrom: ALICE, recipients: [ANN] },
  {
    name: 'outbound-to-colleague',
    mailFrom: ALICE,
    recipients: ['bob@example.com'],
    internalCopy: 'internal',
  },
  { name: 'outbound-mixed', mailFrom: ALICE, recipients: [ANN, 'bob@example.com'] },
];
