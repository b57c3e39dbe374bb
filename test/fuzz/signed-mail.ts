/**
 * Fuzzes mail that its sender signed and a forwarder sealed: whoever changes it on the way must not be believed, as far as any
 * reader can see another author, subject or text than was signed.
 */
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { sealerVouches } from '../../shared/auth/dmarc/proof.ts';
import { gatherEvidence } from '../../shared/auth/evidence.ts';
import type { Evidence } from '../../shared/auth/evidence-types.ts';
import { parseMessage } from '../../shared/mime/scan.ts';
import { keyZone, sealedBy } from '../shared/auth/arc/chain.ts';
import { NOW, signed, ZONE } from '../shared/auth/dkim/support.ts';
import { policy } from '../shared/auth/dmarc/cases.ts';
import { zoneDns } from '../shared/auth/support.ts';
import { type AsyncFuzzer, fuzzAsync } from '../support/async-fuzzing.ts';

const AUTHOR = 'ann@sender.example';
const HEADER = [
  `From: Ann <${AUTHOR}>`,
  'To: bob@example.com',
  'Subject: Plan',
  'Date: Wed, 07 Jul 2021 18:40:11 +0000',
  'MIME-Version: 1.0',
  'Content-Type: text/plain',
];
const BODY = 'Hello Bob,\r\nsee you soon.\r\n';
/** Content-Transfer-Encoding is not there: signed, it cannot be put in. */
const h = 'from:to:subject:date:mime-version:content-type:content-transfer-encoding';
const FORMS = [
  ['relaxed', 'relaxed'],
  ['simple', 'simple'],
  ['relaxed', 'simple'],
] as const;
/** The list's chain covers a message that nobody signed. */
const sealed = sealedBy(
  [{ domain: 'list.example' }],
  ['Content-Transfer-Encoding: 7bit', ...HEADER, '', BODY].join('\r\n'),
).toString('latin1');
const bases = [...FORMS.map((forms) => signed({ header: HEADER, body: BODY, forms, tags: { h } })), sealed];

const WORDS = [
  ...[
    'From',
    'from',
    ':',
    ' ',
    '\t',
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\r\n\r\n',
    '\r\n ',
    '\r\r\n',
    '\n\r',
    '<',
    '>',
  ],
  ...[
    'From: x@attack.example',
    'From : x@attack.example',
    'From\r\n : x@attack.example\r\n',
    'Fr\0om: x@y.example',
  ],
  ...[
    'Subject: Pay',
    'Content-Type: text/html',
    'Content-Transfer-Encoding: base64',
    'Sender: x@attack.example',
  ],
  ...[
    'X: y',
    'junk',
    '\xef\xbb\xbf',
    '\xe9',
    '\xc3\xa9',
    '\xa0',
    '\x0b',
    '\x85',
    '\x1c',
    '(',
    ')',
    '"',
    ';',
    '=?utf-8?q?',
  ],
  ...['From x@attack.example Wed Jul  7 18:40:10 2021\r\n', 'l=1;', 'h=to;', 'b'],
];
const PLACES = [
  '\r\nFrom',
  '\r\nTo',
  '\r\nSubject',
  '\r\n\r\n',
  'From:',
  'ann@',
  '>\r',
  '\r\nMIME',
  '\r\n b=',
  'h=',
];

interface Edit {
  readonly place: number | string;
  readonly behind: boolean;
  readonly drop: number;
  readonly put: readonly string[];
}

const edit: fc.Arbitrary<Edit> = fc.record({
  place: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, ...PLACES)),
  behind: fc.boolean(),
  drop: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(3)),
  put: fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }),
});

function apply(text: string, { place, behind, drop, put }: Edit): string {
  const found = typeof place === 'number' ? Math.floor(place * text.length) : text.indexOf(place);
  const at = Math.max(0, found) + (behind && typeof place === 'string' ? place.length : 0);
  return text.slice(0, at) + put.join('') + text.slice(at + drop);
}

const { lookupDns } = zoneDns({
  ...ZONE,
  '_dmarc.sender.example': ['v=DMARC1; p=reject'],
  'sender.example': [],
});
const sealers = keyZone();
const { signal } = new AbortController();

function gather(bytes: Buffer): Promise<Evidence> {
  return gatherEvidence({
    message: parseMessage(bytes),
    organization: { domains: ['example.com'], trustSesHeaders: 'auto' },
    dmarc: policy({ trustedSealers: ['list.example'] }),
    lookupDns: (name, type, abort) =>
      name.endsWith('list.example') && type === 'TXT'
        ? sealers.lookupTxt(name, abort)
        : lookupDns(name, type, abort),
    signal,
    nowMs: NOW * 1_000,
  });
}

const words = (text: string | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();
/** What a reader shows: the author's addresses, the subject, the text. Nobody at all is nobody else. */
type Shown = readonly [authors: string, subject: string, text: string];

async function shownBy(bytes: Buffer): Promise<readonly Shown[]> {
  const postal = await new PostalMime().parse(bytes);
  const parsed = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true });
  const authors = parsed.from?.value.map(({ address }) => address ?? '').join(' ');
  return [
    [postal.from?.address ?? AUTHOR, words(postal.subject), words(postal.text)],
    [authors ?? AUTHOR, words(parsed.subject), words(parsed.text)],
  ];
}

const ORIGINAL = JSON.stringify([AUTHOR, 'Plan', words(BODY)]);

/** Whether the message was believed, so that a test sees that some are. */
async function checkMail(text: string): Promise<boolean> {
  const bytes = Buffer.from(text, 'latin1');
  const { author, dmarc, arc } = await gather(bytes);
  if (author.kind !== 'one') return false;
  if (!dmarc.proved && !sealerVouches(arc, ['list.example'], author.domain)) return false;
  for (const shown of await shownBy(bytes))
    if (JSON.stringify(shown) !== ORIGINAL) throw new Error(`believed, and shown is ${shown.join(', ')}`);
  return true;
}

export const genuine: readonly string[] = bases;
export { checkMail };

export const fuzzer: AsyncFuzzer<string> = {
  name: 'signed-mail',
  inputs: fc
    .tuple(fc.constantFrom(...bases), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([base, edits]) => edits.reduce(apply, base)),
  check: async (text) => {
    await checkMail(text);
  },
};

/** For as long as it is told; throws with the input when something is found. */
export function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  return fuzzAsync(fuzzer, seconds, seed);
}
