/**
 * The header hygiene matrix, generated: a field that decides, written in each way that readers are known to read differently,
 * in each part that it plays in a forgery. sender.example asks for rejection and signs; attack.example does everything
 * right for itself, and wants its mail to be taken for sender.example's.
 */
import { BODY, HEADER, RSA, record, signatureOf, ZONE } from '../../shared/auth/dkim/support.ts';
import { sesBlock, type Zone } from '../../shared/auth/support.ts';

export interface Attack {
  /** `FIELD, PART: WAY`. */
  readonly name: string;
  /** As the attacker sends it, one character an octet. */
  readonly text: string;
}

export const ATTACK_ZONE: Zone = {
  ...ZONE,
  'rsa._domainkey.attack.example': [record(RSA)],
  '_dmarc.sender.example': ['v=DMARC1; p=reject'],
  '_dmarc.attack.example': ['v=DMARC1; p=none'],
  'sender.example': [],
  'attack.example': [],
};

/** Around the text of a whole message. */
type Frame = (text: string) => string;
interface Way {
  readonly name: string;
  readonly field: (name: string, value: string) => string;
  readonly frame?: Frame;
}

const plain = (name: string, value: string): string => `${name}: ${value}`;
const LINE_CHARS = 900;
const padding = (lines: number): string => `(${`\r\n ${'x'.repeat(LINE_CHARS)}`.repeat(lines)})`;

const WAYS: readonly Way[] = [
  { name: 'plain', field: plain },
  { name: 'twice', field: (name, value) => `${name}: ${value}\r\n${name}: ${value}` },
  { name: 'blank before the colon', field: (name, value) => `${name} : ${value}` },
  { name: 'tab before the colon', field: (name, value) => `${name}\t: ${value}` },
  { name: 'name in other case', field: (name, value) => `${name.toUpperCase()}: ${value}` },
  { name: 'folded name', field: (name, value) => `${name}\r\n : ${value}` },
  { name: 'NUL in the name', field: (name, value) => `${name}\0: ${value}` },
  { name: 'NUL in the value', field: (name, value) => `${name}: \0${value}` },
  { name: 'behind a bare CR', field: (name, value) => `X-Other: y\r${name}: ${value}` },
  { name: 'behind a bare LF', field: (name, value) => `X-Other: y\n${name}: ${value}` },
  { name: '8-bit octet in the name', field: (name, value) => `${name}\xa0: ${value}` },
  { name: '8-bit octet in the value', field: (name, value) => `${name}: \xe9 ${value}` },
  { name: 'UTF-8', field: (name, value) => `${name}: \xc3\xa9 ${value}` },
  { name: 'line above 998', field: (name, value) => `${name}: (${'x'.repeat(2_000)}) ${value}` },
  { name: 'field above 1 MB', field: (name, value) => `${name}: ${padding(1_200)} ${value}` },
  {
    name: 'no separator',
    field: plain,
    frame: (text) => text.replace('\r\n\r\n', '\r\n'),
  },
  { name: 'leading blank line', field: plain, frame: (text) => `\r\n${text}` },
  { name: 'leading blank', field: plain, frame: (text) => ` ${text}` },
  { name: 'byte order mark', field: plain, frame: (text) => `\xef\xbb\xbf${text}` },
  {
    name: 'mbox line',
    field: plain,
    frame: (text) => `From ann@sender.example Wed Jul 07 18:40:11 2021\r\n${text}`,
  },
  { name: 'line that is no field', field: (name, value) => `no field\r\n${name}: ${value}` },
];

const ATTACKER = 'Eve <eve@attack.example>';
const VICTIM = 'Ann <ann@sender.example>';
const OWN_HEADER = [`From: ${ATTACKER}`, ...HEADER.slice(1)];
const OTHER_BODY = 'Please pay the attached bill.\r\n';
const CLAIM = 'amazonses.com; dmarc=pass header.from=sender.example;';
/** Of the message that sender.example really sent. */
const GENUINE = signatureOf();
const genuineTags = GENUINE.slice(GENUINE.indexOf(':') + 1).trimStart();
const OWN = signatureOf({ header: OWN_HEADER, tags: { d: 'attack.example' } });

const whole = (lines: readonly string[], body = BODY): string => `${lines.join('\r\n')}\r\n\r\n${body}`;
const behindFirst = (lines: readonly string[], field: string): string[] => [
  ...lines.slice(0, 1),
  field,
  ...lines.slice(1),
];

interface Role {
  readonly field: 'From' | 'Authentication-Results' | 'DKIM-Signature';
  readonly name: string;
  readonly make: (write: Way['field']) => string;
}

const ROLES: readonly Role[] = [
  {
    field: 'From',
    name: 'put above the one that is signed',
    make: (write) => whole([GENUINE, write('From', ATTACKER), ...HEADER]),
  },
  {
    field: 'From',
    name: 'put below the one that is signed',
    make: (write) => whole([GENUINE, ...behindFirst(HEADER, write('From', ATTACKER))]),
  },
  {
    field: 'From',
    name: 'of another, above the own that is signed',
    make: (write) => whole([write('From', VICTIM), OWN, ...OWN_HEADER]),
  },
  {
    field: 'From',
    name: 'of another, below the own that is signed',
    make: (write) => whole([OWN, ...behindFirst(OWN_HEADER, write('From', VICTIM))]),
  },
  {
    field: 'From',
    name: 'of another, alone',
    make: (write) => whole([OWN, ...HEADER.slice(1), write('From', VICTIM)]),
  },
  {
    field: 'Authentication-Results',
    name: 'claimed',
    make: (write) => whole([write('Authentication-Results', CLAIM), ...HEADER]),
  },
  {
    field: 'Authentication-Results',
    name: 'claimed in a block of SES',
    make: (write) => {
      const block = sesBlock({ rest: 'dmarc=pass header.from=sender.example;' });
      const at = block.indexOf('Authentication-Results: amazonses.com;');
      const value = block.slice(at, at + 3).join('\r\n');
      const results = write('Authentication-Results', value.slice(value.indexOf(':') + 2));
      return whole([...block.slice(0, at), results, ...block.slice(at + 3), ...HEADER]);
    },
  },
  {
    field: 'DKIM-Signature',
    name: 'of another body',
    make: (write) => whole([write('DKIM-Signature', genuineTags), ...HEADER], OTHER_BODY),
  },
  {
    field: 'DKIM-Signature',
    name: 'of another Subject',
    make: (write) => {
      const header = HEADER.map((line) => (line.startsWith('Subject') ? 'Subject: Pay' : line));
      return whole([write('DKIM-Signature', genuineTags), ...header]);
    },
  },
  {
    field: 'DKIM-Signature',
    name: 'by the attacker in the name of another',
    make: (write) => {
      const tags = signatureOf({ tags: { d: 'attack.example', i: '@sender.example' } });
      return whole([write('DKIM-Signature', tags.slice(tags.indexOf(':') + 1).trimStart()), ...HEADER]);
    },
  },
];

export const MATRIX: readonly Attack[] = ROLES.flatMap(({ field, name, make }) =>
  WAYS.map(({ name: way, field: write, frame = (text: string): string => text }) => ({
    name: `${field}, ${name}: ${way}`,
    text: frame(make(write)),
  })),
);

/** Under what SES writes where DMARC fails for `author`. */
export function underSes(text: string, author: string): string {
  const spf =
    'pass (spfCheck: domain of attack.example designates 203.0.113.66 as permitted sender) client-ip=203.0.113.66; envelope-from=eve@attack.example; helo=mail.attack.example;';
  return `${sesBlock({ spf, rest: `dmarc=fail header.from=${author};` }).join('\r\n')}\r\n${text}`;
}
