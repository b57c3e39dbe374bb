/**
 * Fuzzes mail through a relay of the organization's own: the relay says that nothing passed, and whatever stands below what it
 * wrote, and whatever the sender said of itself, does not change that.
 */
import fc from 'fast-check';
import { gatherEvidence } from '../../shared/auth/evidence.ts';
import { parseMessage } from '../../shared/mime/scan.ts';
import { sesBlock, type Zone, zoneDns } from '../shared/auth/support.ts';
import { type AsyncFuzzer, fuzzAsync } from '../support/async-fuzzing.ts';

const RELAY = 'relay.example.com';
const ORGANIZATION = {
  domains: ['example.com'],
  trustSesHeaders: 'always',
  gateways: [{ name: 'relay', networks: ['203.0.113.10/32'], authservId: RELAY }],
} as const;
const ZONE: Zone = {
  '_dmarc.bank.example': ['v=DMARC1; p=reject'],
  'bank.example': ['v=spf1 ip4:198.51.100.7 -all'],
};

const PIECES = [
  ...[
    '\r\n',
    '\r\n ',
    '\n',
    '\r',
    ' ',
    '\t',
    ':',
    ';',
    '(',
    ')',
    '"',
    '[',
    ']',
    '<',
    '>',
    '=',
    ',',
    '\0',
    '\xe9',
  ],
  ...[
    'Authentication-Results: ',
    `${RELAY}; `,
    'spf=pass ',
    'smtp.mailfrom=bank.example',
    'dkim=pass header.d=bank.example',
  ],
  ...[
    'Received: from a (b [198.51.100.7]) by ',
    `${RELAY} `,
    'by ',
    'from ',
    '[198.51.100.7]',
    'with SMTP; now',
  ],
  ...[
    'Return-Path: <a@bank.example>\r\n',
    'Received-SPF: pass',
    'X-SES-RECEIPT: A\r\n',
    'DKIM-Signature: v=1; d=bank.example; ',
  ],
  ...['dmarc=pass header.from=bank.example', 'From: a@bank.example\r\n'],
];
const lines = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join(''));
const word = lines.map((text) => text.replace(/[\r\n]/g, ''));

interface Input {
  readonly below: string;
  /** What the relay's client called itself. */
  readonly helo: string;
  readonly mailFrom: string;
}

const { signal } = new AbortController();

async function check({ below, helo, mailFrom }: Input): Promise<void> {
  const spf = `pass (spfCheck: domain of ${mailFrom} designates 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from=${mailFrom}; helo=relay.example.com;`;
  const text = [
    ...sesBlock({ spf, rest: 'dmarc=fail header.from=bank.example;', returnPath: `<${mailFrom}>` }),
    `Authentication-Results: ${RELAY}; spf=fail smtp.mailfrom=bank.example; dkim=none`,
    `Received: from ${helo} (unknown [192.0.2.66]) by ${RELAY} with ESMTP; now`,
    `Received: from x (x [192.0.2.67]) by y with SMTP; now`,
    `From: a@bank.example`,
    below,
  ].join('\r\n');
  const { dmarc, spf: found } = await gatherEvidence({
    message: parseMessage(Buffer.from(text, 'latin1')),
    organization: ORGANIZATION,
    lookupDns: zoneDns(ZONE).lookupDns,
    signal,
    nowMs: 0,
  });
  if (dmarc.proved || dmarc.result === 'pass') throw new Error('what a sender wrote became proof');
  if (found?.result === 'pass' && found.domain === 'bank.example')
    throw new Error('SPF passes for the relay');
}

export const fuzzer: AsyncFuzzer<Input> = {
  name: 'gateway',
  inputs: fc.record({ below: lines, helo: word, mailFrom: fc.oneof(fc.constant('a@bank.example'), word) }),
  check,
};

/** For as long as it is told; throws with the input when something is found. */
export function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  return fuzzAsync(fuzzer, seconds, seed);
}
