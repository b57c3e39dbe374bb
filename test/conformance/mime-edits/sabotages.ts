/** One message with a bit of everything, edited well, and ways to spoil the result. */
import { edit, PLAIN } from './changes.ts';

const PICTURE = Buffer.from(
  'a picture that is none, but long enough for more than a line of base64, and then some of it',
);
const PICTURE_LINES = (PICTURE.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n');
const LETTER_BASE64 = Buffer.from('An attached text.\r\nIts second line.\r\n').toString('base64');

export const BEFORE = Buffer.from(
  [
    'Received: from a.example (a.example [192.0.2.1]) by b.example with ESMTP id 1;',
    '\tFri, 20 Nov 2026 10:00:00 +0000',
    'From: "Ada, Example" <ada@example.org>',
    'To: bo@example.net, ceo@example.net, dan@example.net, eve@example.net,',
    '  flo@example.net',
    'Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?= and',
    ' more',
    'X-Trailing: blank ',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="outer"',
    '',
    'A preamble.',
    '--outer',
    'Content-Type: multipart/alternative;',
    '\tboundary=inner',
    '',
    '--inner',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'gr=C3=BCn und blank=20',
    'From here on, a line that the sender broke=',
    ' softly. Cafe=CC=81.',
    '.',
    'The end.',
    '--inner',
    'Content-Type: text/html; charset=utf-8',
    '',
    "<html><body class='x'><p>gr&uuml;n</p><p>The end.</p></body></html>",
    '--inner--',
    '--outer',
    'Content-Type: image/png; name="a.png"',
    "Content-Disposition: attachment; filename*=utf-8''%C3%A4.png",
    'Content-Transfer-Encoding: base64',
    '',
    PICTURE_LINES,
    '--outer',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Disposition: attachment; filename="letter.txt"',
    'Content-Transfer-Encoding: base64',
    '',
    LETTER_BASE64,
    '--outer',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner subject',
    '',
    'An attached message.',
    '--outer--',
    'An epilogue.',
    '',
  ].join('\r\n'),
  'latin1',
);

export const { after, claim } = edit(BEFORE, PLAIN.changes);
export const GOOD = after.toString('latin1');
const BANNER = PLAIN.banner[0] ?? '';
const TABLE = /<table class="mailroom-[\s\S]*?evidence-banner[\s\S]*?<\/table>/.exec(GOOD)?.[0] ?? '';
const IMAGE = GOOD.slice(
  GOOD.indexOf('--outer\r\nContent-Type: image/png'),
  GOOD.indexOf('--outer\r\nContent-Type: text/plain'),
);

export interface Sabotage {
  readonly what: string;
  readonly from: string | RegExp;
  readonly to: string;
  /** What the checker must say of it. */
  readonly fault: RegExp;
}

const HEADER: readonly Sabotage[] = [
  { what: 'a header field is dropped', from: 'X-Trailing: blank \r\n', to: '', fault: /header lines/ },
  {
    what: 'a blank at the end of a field is dropped',
    from: 'blank \r\n',
    to: 'blank\r\n',
    fault: /header lines/,
  },
  {
    what: 'two fields change places',
    from: /(From: .*\r\n)(To: .*\r\n.*\r\n)/,
    to: '$2$1',
    fault: /header lines/,
  },
  {
    what: 'a long field is unfolded',
    from: 'example.net,\r\n  flo',
    to: 'example.net, flo',
    fault: /header lines/,
  },
  {
    what: 'a field is folded elsewhere',
    from: 'ceo@example.net, dan',
    to: 'ceo@example.net,\r\n dan',
    fault: /header lines/,
  },
  { what: 'a name is written another way', from: 'MIME-Version', to: 'Mime-Version', fault: /header lines/ },
  { what: 'quotes around a name go', from: '"Ada, Example"', to: 'Ada Example', fault: /header lines/ },
  { what: 'a field comes from nowhere', from: 'From: ', to: 'X-Mailer: us\r\nFrom: ', fault: /header lines/ },
  {
    what: 'a field of ours stands twice',
    from: /^/,
    to: 'X-Edit-Evidence: one value\r\n',
    fault: /new field/,
  },
  { what: 'a field of ours has another value', from: 'one value', to: 'another', fault: /new field/ },
  {
    what: 'a field of ours is not there',
    from: 'X-Edit-Evidence: one value\r\n',
    to: '',
    fault: /new field/,
  },
  { what: 'the tag stands twice', from: '[EXTERNAL]', to: '[EXTERNAL] [EXTERNAL]', fault: /Subject/ },
  { what: 'the tag is not there', from: '[EXTERNAL] ', to: '', fault: /Subject/ },
  {
    what: 'the Subject is decoded',
    from: '=?utf-8?Q?gr=C3=BC=C3=9Fe?=',
    to: 'gr\xc3\xbc\xc3\x9fe',
    fault: /Subject/,
  },
  { what: 'the Subject is unfolded', from: 'and\r\n more', to: 'and more', fault: /Subject/ },
  { what: 'the Subject stands twice', from: 'X-Trailing', to: 'Subject: x\r\nX-Trailing', fault: /Subjects/ },
  {
    what: 'a file name is encoded another way',
    from: "filename*=utf-8''%C3%A4.png",
    to: 'filename="=?utf-8?Q?=C3=A4?=.png"',
    fault: /header lines/,
  },
  {
    what: 'a media type is written another way',
    from: 'image/png; name',
    to: 'image/PNG; name',
    fault: /header lines|parts were/,
  },
  {
    what: 'a charset is relabelled without need',
    from: 'text/plain; charset=utf-8',
    to: 'text/plain; charset=UTF-8',
    fault: /labels/,
  },
];

const STRUCTURE: readonly Sabotage[] = [
  { what: 'a line end of the header is LF', from: '1.0\r\n', to: '1.0\n', fault: /header lines|labels/ },
  { what: 'all line ends are LF', from: /\r\n/g, to: '\n', fault: /differ/ },
  { what: 'the preamble is dropped', from: 'A preamble.\r\n', to: '', fault: /preamble/ },
  { what: 'the epilogue is dropped', from: 'An epilogue.\r\n', to: '', fault: /preamble/ },
  { what: 'the last line end is dropped', from: /\r\n$/, to: '', fault: /preamble/ },
  { what: 'there is another boundary', from: /\binner\b(?! subject)/g, to: 'fresh', fault: /header lines/ },
  {
    what: 'a delimiter has a blank behind it',
    from: '--outer\r\nContent-Type: image',
    to: '--outer \r\nContent-Type: image',
    fault: /delimiters/,
  },
  { what: 'the last delimiter is dropped', from: '--outer--\r\n', to: '', fault: /parts were|differ/ },
  { what: 'a part is dropped', from: IMAGE, to: '', fault: /parts were/ },
  { what: 'a part stands twice', from: IMAGE, to: IMAGE + IMAGE, fault: /parts were/ },
  {
    what: 'parts change places',
    from: /(--outer\r\nContent-Type: image[\s\S]*?)(--outer\r\nContent-Type: text[\s\S]*?)(?=--outer)/,
    to: '$2$1',
    fault: /parts were/,
  },
  {
    what: 'an attached message is edited',
    from: 'Subject: inner subject',
    to: 'Subject: [EXTERNAL] inner subject',
    fault: /"4": the body differs/,
  },
];

const BODIES: readonly Sabotage[] = [
  {
    what: 'an attachment is wrapped at another column',
    from: PICTURE_LINES,
    to: PICTURE_LINES.replaceAll('\r\n', ''),
    fault: /"2": the body differs/,
  },
  {
    what: 'an attachment loses an octet',
    from: PICTURE_LINES,
    to: PICTURE_LINES.slice(4),
    fault: /"2": the body differs/,
  },
  {
    what: 'an attached text gets the banner',
    from: LETTER_BASE64,
    to: Buffer.from(`${BANNER}\r\n\r\nAn attached text.`).toString('base64'),
    fault: /"3": the body differs/,
  },
  {
    what: 'the banner stands twice in the text',
    from: `${BANNER}\r\n`,
    to: `${BANNER}\r\n\r\n${BANNER}\r\n`,
    fault: /"1.1": the banner stands there 2/,
  },
  {
    what: 'the banner stands twice in the HTML',
    from: TABLE,
    to: `${TABLE}\r\n${TABLE}`,
    fault: /"1.2": the banner stands there 2/,
  },
  {
    what: 'the banner is not in the text',
    from: `${BANNER}\r\n\r\n`,
    to: '',
    fault: /"1.1": the banner stands there 0/,
  },
  {
    what: 'the banner is not in the HTML',
    from: `${TABLE}\r\n`,
    to: '',
    fault: /"1.2": the banner stands there 0/,
  },
  {
    what: 'the banner stands below a line',
    from: new RegExp(`(${BANNER}\\r\\n\\r\\n)(gr=C3=BCn und blank=20\\r\\n)`),
    to: '$2$1',
    fault: /"1.1": text stands before the banner/,
  },
  {
    what: 'the footer stands above the last line',
    from: new RegExp(`(\\.\\r\\n)(The end\\.)(\\r\\n\\r\\n)(${PLAIN.footer[0]})`),
    to: '$1$4$3$2',
    fault: /"1.1": text stands after the footer/,
  },
  {
    what: 'a soft line break is taken out',
    from: 'broke=\r\n softly',
    to: 'broke softly',
    fault: /"1.1": 3 encoded lines/,
  },
  {
    what: 'white space at a line end is lost',
    from: 'blank=20\r\n',
    to: 'blank\r\n',
    fault: /"1.1": differs/,
  },
  { what: 'a character is composed', from: 'Cafe=CC=81', to: 'Caf=C3=A9', fault: /"1.1": differs/ },
  {
    what: 'a line is quoted as mbox does',
    from: '\r\nFrom here',
    to: '\r\n>From here',
    fault: /"1.1": differs/,
  },
  { what: 'a dot is doubled', from: '\r\n.\r\n', to: '\r\n..\r\n', fault: /"1.1": differs/ },
  {
    what: 'the HTML is written anew',
    from: "<body class='x'>",
    to: '<body class="x">',
    fault: /"1.2": differs/,
  },
  { what: 'an entity is resolved', from: '&uuml;', to: '\xc3\xbc', fault: /"1.2": differs/ },
  { what: 'the end of the HTML is lost', from: '</body></html>', to: '</body>', fault: /"1.2": .*more/ },
];

export const ALL = [...HEADER, ...STRUCTURE, ...BODIES];

/** The edited message with that done to it. */
export function spoil({ from, to }: Sabotage): Buffer {
  return Buffer.from(
    typeof from === 'string' ? GOOD.replace(from, () => to) : GOOD.replace(from, to),
    'latin1',
  );
}
