/** Fuzzes the readers of shared/auth with raw bytes and with bytes of their grammar, for as long as it is told. */
import fc from 'fast-check';
import { gatherEvidence } from '../../shared/auth/evidence.ts';
import { authorDomain, parseDmarcRecord, readSesEvidence, senderScope } from '../../shared/auth/index.ts';
import { parseAddressList } from '../../shared/mime/address.ts';
import { parseMessage } from '../../shared/mime/index.ts';

const RUNS_A_ROUND = 500;
const organization = {
  domains: ['bank.example'],
  trustSesHeaders: 'always',
  // Not the client of these messages: what looks like a relay's results below SES's block is the sender's.
  gateways: [{ name: 'relay', networks: ['203.0.113.0/24'], authservId: 'mx.bank.example' }],
} as const;
const { signal } = new AbortController();
const records = ['v=DMARC1; p=reject'];

const PIECES = [
  ...[
    'From',
    ':',
    ' ',
    '\t',
    '\r\n',
    '\n',
    '\r',
    '<',
    '>',
    '@',
    ',',
    ';',
    '"',
    '(',
    ')',
    '\\',
    '=',
    '\0',
    'é',
    '.',
  ],
  ...['ceo@bank.example', 'a@attack.example', 'bank.example', '=?utf-8?q?x?=', 'From: ', '\r\nFrom: '],
  ...['spf=pass', 'client-ip=192.0.2.1', 'envelope-from=', 'helo=', 'dkim=pass', 'header.i=@bank.example'],
  ...['dmarc=pass', 'dmarc=none', 'header.from=bank.example', '(spfCheck: ', 'amazonses.com; '],
  ...[
    '\r\nAuthentication-Results: mx.bank.example; ',
    'smtp.mailfrom=bank.example',
    '\r\nReceived: from a (b [192.0.2.1]) by ',
  ],
  ...['\r\nList-Id: <', '\r\nDKIM-Signature: v=1; ', 'd=bank.example', 'ARC-Seal: i=1; '],
  ...['v=DMARC1', '; p=reject', '; sp=', 'psd=y', 'rua=mailto:a@b', '\r\n\r\n', 'X-SES-RECEIPT: A\r\n'],
];
const grammar = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 40 })
  .map((parts) => Buffer.from(parts.join('')));
const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), grammar);
const oneLine = anything.map((bytes) =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\r\n]/g, ''),
);

/** What SES writes for mail that claims to be of bank.example and fails, with the sender's own words in it. */
function failing(envelopeFrom: string, helo: string): Buffer {
  const spf = `fail (spfCheck: domain of ${envelopeFrom} does not designate 192.0.2.1 as permitted sender) client-ip=192.0.2.1; envelope-from=${envelopeFrom}; helo=${helo};`;
  const lines = [
    `Received: from ${helo} (unknown [192.0.2.1])`,
    ' by inbound-smtp.us-east-1.amazonaws.com with SMTP id a for b@example.com; now',
    `Received-SPF: ${spf}`,
    `Authentication-Results: amazonses.com;`,
    ` spf=${spf}`,
    ' dmarc=fail header.from=bank.example;',
    'X-SES-RECEIPT: AAAA',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

async function check(bytes: Uint8Array, envelopeFrom: string, helo: string): Promise<void> {
  const text = Buffer.from(bytes).toString('latin1');
  parseAddressList(text);
  parseDmarcRecord(text);
  readSesEvidence(parseMessage(bytes));
  // The sender writes the envelope, the HELO and all that comes below; he must not become the bank.
  const message = parseMessage(Buffer.concat([failing(envelopeFrom, helo), bytes]));
  const evidence = readSesEvidence(message);
  const author = authorDomain(message);
  if (evidence.state === 'present' && evidence.dmarc.result === 'pass')
    throw new Error('a failure became a pass');
  if (evidence.state === 'absent') throw new Error('the block of SES was lost');
  if (author.kind === 'one' && evidence.state === 'ambiguous' && evidence.against === undefined)
    throw new Error('a failure was forgotten');
  if (senderScope({ evidence, author, organization }).scope === 'inside')
    throw new Error('an outsider is inside');
  const gathered = await gatherEvidence({
    message,
    organization,
    lookupDns: async (name) =>
      name === '_dmarc.bank.example' ? { kind: 'records', records } : { kind: 'nodata' },
    signal,
    nowMs: 0,
  });
  if (gathered.dmarc.proved || gathered.dmarc.result === 'pass') throw new Error('evidence became proof');
  if (author.kind === 'one' && author.domain === 'bank.example' && gathered.dmarc.result !== 'fail')
    throw new Error('a failure was lost in the evidence');
  if (senderScope({ evidence, author, organization, gathered }).scope === 'inside')
    throw new Error('an outsider is inside by evidence');
}

/** Throws with the input (and fast-check's seed and path) when something is found. */
export async function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  const end = Date.now() + seconds * 1_000;
  let runs = 0;
  for (let round = 0; Date.now() < end; round += 1) {
    await fc.assert(fc.asyncProperty(anything, oneLine, oneLine, check), {
      numRuns: RUNS_A_ROUND,
      seed: seed + round,
    });
    runs += RUNS_A_ROUND;
    // Lets timers and signals in between two rounds.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { runs };
}
