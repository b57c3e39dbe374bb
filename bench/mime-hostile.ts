/** Messages of 5 MB, each made to cost whoever reads it as much as it can. */
import type { Measured } from './mime-messages.ts';

export const HOSTILE_BYTES = 5_000_000;

/** As much header as is read (`shared/mime/limits.ts`): what has more is refused early, which costs less. */
const HEADER_BYTES = 4_000_000;
const REST = 'body\r\n'.repeat((HOSTILE_BYTES - HEADER_BYTES) / 6);

const FROM = 'From: Ann <ann@good.example>\r\n';
const SUBJECT = 'Subject: hostile\r\n';
const HEAD = `${FROM}To: alice@example.com\r\n${SUBJECT}MIME-Version: 1.0\r\n`;
const MIXED = `${HEAD}Content-Type: multipart/mixed; boundary=q\r\n\r\n`;

/** `unit` until `bytes` are reached. */
const filled = (unit: string, bytes = HOSTILE_BYTES): string => unit.repeat(Math.ceil(bytes / unit.length));

const single = (type: string, encoding: string, body: string): string =>
  `${HEAD}Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`;

const html = (body: string): string => single('text/html', '8bit', body);

/** Multiparts, each the first part of the one before, until `bytes` are reached or there are `depth` of them. */
function nested(depth: number, bytes: number, boundary: (level: number) => string): string {
  const levels: string[] = [];
  for (let level = 0, length = 0; level < depth && length < bytes; level++) {
    const mark = boundary(level);
    const text = `Content-Type: multipart/mixed; boundary="${mark}"\r\n\r\n--${mark}\r\n`;
    levels.push(text);
    length += text.length;
  }
  return HEAD + levels.join('');
}

/** Boundaries that differ in their last octets only, of which 100 may be open at once. */
const alike = (level: number): string => `${'x'.repeat(900)}${level}y`;

const addresses = (field: string): string =>
  `${field}: ${filled('"A, B" <someone.else@far.example>,\r\n ', HEADER_BYTES)}x@y.example\r\n`;

/** Charset labels that nobody knows, each another one, in what `piece` makes of them. */
function inventedCharsets(length: number, piece: (label: string) => string): string {
  let text = '';
  while (text.length < length) text += piece((invented++).toString(36));
  return text;
}
let invented = 0;

const inventedWords = (length: number): string => inventedCharsets(length, (label) => `=?${label}?Q?a?= `);

/** Parts just below what is read of them, whose Content-Type `parameters` makes as long as is wanted. */
function manyParts(parameters: (length: number) => string): string {
  const count = 9_000;
  const length = HOSTILE_BYTES / count - 50;
  const parts = Array.from(
    { length: count },
    () => `--q\r\nContent-Type: application/x${parameters(length)}\r\n\r\nx\r\n`,
  );
  return `${MIXED}--q\r\n\r\nbody\r\n${parts.join('')}`;
}

/** A file in base64, whatever it begins with, of which the message has 5 MB. */
function attachedFile(octets: string): string {
  const base64 = Buffer.from(octets.slice(0, (HOSTILE_BYTES * 3) / 4), 'latin1').toString('base64');
  const head = 'Content-Type: application/octet-stream; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  return `${MIXED}--q\r\n\r\nbody\r\n--q\r\n${head}${base64}\r\n--q--\r\n`;
}

const CASES: Readonly<Record<string, () => string>> = {
  'header: never ends': () => filled('X-Filler: the header goes on and on\r\n'),
  'header: a million empty fields': () => `${HEAD}${filled('a:\r\n')}\r\nbody`,
  'header: 90,000 fields': () => `${HEAD}${`${'a'.repeat(40)}:\r\n`.repeat(90_000)}\r\n${REST}`,
  'header: one folded field': () => `${HEAD}X-Filler: a\r\n${filled(' b\r\n', HEADER_BYTES)}\r\n${REST}`,
  'header: 90,000 Subjects': () =>
    `${FROM}${'Subject: the figures of the third quarter\r\n'.repeat(90_000)}\r\n${REST}`,
  'subject: "Re: "': () => `${FROM}Subject: ${filled('Re: ')}\r\n\r\nbody`,
  'subject: encoded words': () => `${FROM}Subject: ${filled('=?utf-8?B?YQ==?= ')}\r\n\r\nbody`,
  'subject: two charsets in turn': () =>
    `${FROM}Subject: ${filled('=?iso-8859-1?Q?a?= =?utf-8?Q?b?= ')}\r\n\r\nbody`,
  'subject: invented charsets': () => `${FROM}Subject: ${inventedWords(HOSTILE_BYTES)}\r\n\r\nbody`,
  'subject: combining marks': () =>
    `${FROM}Subject: a${filled('\u0301\u0316', HOSTILE_BYTES / 2)}\r\n\r\nbody`,
  'from: addresses': () => `${addresses('From')}${SUBJECT}\r\n${REST}`,
  'to: addresses': () => `${FROM}${SUBJECT}${addresses('To')}\r\n${REST}`,
  'from: open comments': () => `From: ${filled('(', HEADER_BYTES)}\r\n${SUBJECT}\r\n${REST}`,
  'from: an open quotation': () => `From: "${filled('\\"', HEADER_BYTES)}\r\n${SUBJECT}\r\n${REST}`,
  'authentication results': () =>
    `Authentication-Results: amazonses.com;${filled('\r\n dkim=pass header.i=@good.example;', HEADER_BYTES)}\r\n${HEAD}\r\n${REST}`,
  'content type: parameters': () =>
    `${HEAD}Content-Type: text/plain${filled('; a*0*=b', HEADER_BYTES)}\r\n\r\n${REST}`,
  'multiparts: nested': () => nested(Number.POSITIVE_INFINITY, HOSTILE_BYTES, (level) => `b${level}`),
  'multiparts: 100 open, lines like all': () =>
    nested(99, HOSTILE_BYTES, alike) + filled(`--${'x'.repeat(900)}\r\n`),
  'multiparts: 100 open, short lines': () =>
    nested(99, HOSTILE_BYTES, (level) => `b${level}`) + filled('--b\r\n'),
  'boundaries: look-alikes': () => MIXED + filled('--qx\r\n'),
  'boundaries: padded look-alikes': () => MIXED + filled(`--q${' '.repeat(5_000)}x\r\n`),
  'parts: empty': () => MIXED + filled('--q\r\n'),
  'parts: parameters in invented charsets': () =>
    manyParts((length) => inventedCharsets(length, (label) => `; ${label}*=${label}''b`)),
  'parts: file names in invented charsets': () => manyParts((length) => `; name="${inventedWords(length)}"`),
  'body: one line': () => single('text/plain', '8bit', filled('a')),
  'body: line ends': () => single('text/plain', '8bit', filled('\r\n')),
  'body: blanks': () => single('text/plain', '8bit', filled(' ')),
  'body: the banner, nearly': () => single('text/plain', '8bit', filled('This message comes from outside ')),
  'body: escapes of ISO-2022-JP': () =>
    single('text/plain', '7bit', filled('\x1b$B\x1b(B')).replace('utf-8', 'iso-2022-jp'),
  'quoted-printable: "="': () => single('text/plain', 'quoted-printable', filled('=')),
  'quoted-printable: soft line ends': () => single('text/html', 'quoted-printable', filled('=\r\n')),
  'quoted-printable: one line': () => single('text/html', 'quoted-printable', filled('=3D')),
  'quoted-printable: blanks before line ends': () =>
    single('text/plain', 'quoted-printable', filled(`${' '.repeat(4_999)}=`)),
  'base64: no line ends': () => single('text/html', 'base64', filled('PGI+')),
  'base64: noise': () => single('text/html', 'base64', filled('P!G\r\n?=')),
  'HTML: unclosed tags': () => html(filled('<div>')),
  'HTML: "<"': () => html(filled('<')),
  'HTML: an open attribute': () => html(`<body a="${filled('b ')}`),
  'HTML: attributes': () => html(`<body ${filled('a=b ')}>`),
  'HTML: comments first': () => html(filled('<!---->')),
  'HTML: an open comment': () => html(`<!--${filled('<!-')}`),
  'HTML: links': () => html(filled('<a href="https://a.example/?b=1&amp;c=2">https://d.example/</a>')),
  'HTML: links that are never closed': () => html(filled('<a href="https://a.example/')),
  'HTML: remote images': () => html(filled('<img src=https://a.example/i width=1 height=1>')),
  'HTML: handlers': () => html(filled('<p onclick=a>')),
  'HTML: open scripts': () => html(filled('<script>')),
  'HTML: open styles': () => html(`<p style="${filled('a:url(b;')}">`),
  'HTML: entities': () => html(filled('&#x41;&amp;&b')),
  'HTML: quotations': () => html(filled('<blockquote type=cite>')),
  'HTML: disclaimers of old, nearly': () =>
    html(filled('<table class="mailroom-top-00000000"><td>Example</td>')),
  'text: addresses': () => single('text/plain', '8bit', filled('https://a.example/b?c ')),
  'text: one address': () => single('text/plain', '8bit', `https://${filled('a.')}`),
  'text: quotations': () => single('text/plain', '8bit', filled('> > > > a\r\n')),
  'text: attributions, nearly': () =>
    single('text/plain', '8bit', filled('On Monday, somebody did not write\r\n')),
  'text: the original message, nearly': () =>
    single('text/plain', '8bit', filled('-----Original Message----\r\n')),
  'text: flowed': () => single('text/plain; format=flowed; delsp=yes', '8bit', filled('a \r\n')),
  'text: uuencoded files': () => single('text/plain', '8bit', filled('begin 644 a\r\n`\r\nend\r\n')),
  'text: uuencoded files without end': () => single('text/plain', '8bit', filled('begin 644 a\r\n')),
  'messages: attached in each other': () =>
    `${HEAD}${filled('Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n')}\r\nbody`,
  'files: a ZIP of headers': () => attachedFile(filled('PK\x01\x02')),
  'files: a ZIP of ends': () => attachedFile(filled('PK\x05\x06')),
  'files: a compound file of references': () =>
    attachedFile(`\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1${filled('\x01\x00\x00\x00')}`),
  'files: a PDF of trailers': () => attachedFile(`%PDF-1.7\n${filled('startxref\n1\n%%EOF\n')}`),
  'HTML: many bodies': () => html(filled('<body></body></html>')),
};

export const HOSTILE: readonly Measured[] = Object.entries(CASES).map(([name, text]) => ({
  name,
  make: () => Buffer.from(text()),
}));
