/** Charsets, transfer encodings, format=flowed: `mime.md` §5.3 as messages. */
import { alternative, type Encoding, html, type Made, made, text } from './spec.ts';

const UTF8_QP = 'utf-8 quoted-printable';
const ENCODINGS: readonly Encoding[] = ['8bit', 'quoted-printable', 'base64'];

/** A word or two of the charset, and what the label must be once a dash and an umlaut have gone in as well. */
const CHARSETS: readonly (readonly [charset: string, words: string, becomes: 'stays' | 'utf-8'])[] = [
  ['utf-8', 'Grüße aus Köln — 東京', 'stays'],
  ['iso-8859-1', 'Grüße aus Köln', 'utf-8'],
  ['iso-8859-15', 'Grüße für 5 €', 'utf-8'],
  ['windows-1252', 'Grüße — “schön”', 'stays'],
  ['windows-1250', 'Příliš žluťoučký', 'stays'],
  ['iso-8859-2', 'Zażółć gęślą', 'utf-8'],
  ['windows-1251', 'Привет, мир', 'utf-8'],
  ['koi8-r', 'Привет, мир', 'utf-8'],
  ['windows-1253', 'Καλημέρα', 'utf-8'],
  ['iso-8859-7', 'Καλημέρα', 'utf-8'],
  ['windows-1254', 'Günaydın', 'stays'],
  ['windows-1255', 'שלום', 'utf-8'],
  ['windows-1256', 'مرحبا', 'utf-8'],
  ['gb2312', '你好，世界', 'utf-8'],
  ['gbk', '你好，世界', 'utf-8'],
  ['big5', '你好，世界', 'utf-8'],
  ['shift_jis', 'こんにちは世界', 'utf-8'],
  ['euc-jp', 'こんにちは世界', 'utf-8'],
  ['euc-kr', '안녕하세요', 'utf-8'],
];

function ofCharsets(): readonly Made[] {
  return CHARSETS.flatMap(([charset, words, becomes], index) => {
    const encoding = ENCODINGS[index % ENCODINGS.length] ?? '8bit';
    const options = {
      charset,
      encoding,
      becomes:
        becomes === 'utf-8'
          ? `utf-8 ${encoding === 'base64' ? 'base64' : 'quoted-printable'}`
          : `${charset} ${encoding}`,
    };
    return [
      made(`text in ${charset}`, text(`⟦${words}\nein zweiter Satz\n⟧`.replace('ein', 'one'), options)),
      // What HTML cannot say in its charset it says in numeric references: the labels stay.
      made(
        `HTML in ${charset}`,
        html(`<body>⟦<p>${words}</p>⟧</body>`, {
          ...options,
          becomes: `${charset} ${encoding}`,
        }),
      ),
    ];
  });
}

const OTHER: readonly Made[] = [
  made('text of ASCII', text('⟦Hello\n⟧', { becomes: UTF8_QP })),
  made('HTML of ASCII', html('<p>⟦Hello</p>⟧'.replace('<p>⟦', '⟦<p>'), { becomes: 'us-ascii 7bit' })),
  made('text of ASCII in base64', text('⟦Hello\n⟧', { encoding: 'base64' })),
  made(
    'text of ASCII in quoted-printable',
    text('⟦Hello\n⟧', { encoding: 'quoted-printable', becomes: UTF8_QP }),
  ),
  made('text without a charset', text('⟦Hello\n⟧', { charset: undefined })),
  made('text without an encoding', text('⟦Hello\n⟧', { encoding: undefined })),
  made('text in binary', text('⟦Grüße\n⟧', { encoding: 'binary' })),
  made(
    'text in ISO-2022-JP: written anew for any text',
    text('⟦こんにちは\n⟧', {
      charset: 'iso-2022-jp',
      encoding: '7bit',
      becomes: UTF8_QP,
    }),
  ),
  made('text in UTF-16 with its mark', text('⟦Grüße\n⟧', { charset: 'utf-16', encoding: 'base64' })),
  made('text in UTF-16LE', text('⟦Grüße\n⟧', { charset: 'utf-16le', encoding: 'base64' })),
  made(
    'alternatives in two charsets',
    alternative(
      text('⟦Grüße\n⟧', { charset: 'iso-8859-1', encoding: 'quoted-printable' }),
      html('<body>⟦<p>Grüße</p>⟧</body>', { charset: 'utf-8', encoding: 'base64' }),
    ),
  ),
  made('a charset between quotes', text('⟦Grüße\n⟧', { charset: '"utf-8"' })),
];

const FLOWED = '; format=flowed';
const LONG =
  'A line that goes on until it is long enough to be broken softly \nand goes on here \nand ends.\n';

const FLOWED_TEXTS: readonly Made[] = [
  made('flowed', text(`⟦${LONG}⟧`, { parameters: FLOWED })),
  made(
    'flowed, in quoted-printable',
    text(`⟦${LONG}⟧`, { parameters: FLOWED, encoding: 'quoted-printable' }),
  ),
  made('flowed, in base64', text(`⟦${LONG}⟧`, { parameters: FLOWED, encoding: 'base64' })),
  made('flowed, with DelSp', text(`⟦${LONG}⟧`, { parameters: `${FLOWED}; delsp=yes` })),
  made('flowed, a quotation', text('⟦> quoted words \n> and more.\n\nMy answer.\n⟧', { parameters: FLOWED })),
  made('flowed, stuffed lines', text('⟦ From the start \n > no quotation\n⟧', { parameters: FLOWED })),
  made('flowed, a signature', text('⟦Hello.\n\n-- \nAda\n⟧', { parameters: FLOWED })),
  made('flowed, the last line is soft', text('⟦Hello there \n⟧', { parameters: FLOWED })),
  made('flowed, the last line is soft and without an end', text('⟦Hello there ⟧', { parameters: FLOWED })),
  made('format=fixed', text(`⟦${LONG}⟧`, { parameters: '; format=fixed' })),
  made('flowed, with LF', text(`⟦${LONG}⟧`, { parameters: FLOWED }), { lf: true }),
];

const QP = { encoding: 'quoted-printable' } as const;
const B64 = { encoding: 'base64' } as const;

const LINES: readonly Made[] = [
  made('no line end at the end', text('⟦Hello⟧')),
  made('no line end at the end, quoted-printable', text('⟦Hello Grüße⟧', QP)),
  made('no line end at the end, base64', text('⟦Hello⟧', B64)),
  made('three line ends at the end', text('⟦Hello\n\n\n⟧')),
  made('line ends first', text('⟦\n\nHello\n⟧')),
  made('a signature', text('⟦Hello.\n\n-- \nAda\n⟧')),
  made('a line like a delimiter', text('⟦--no-boundary\nHello\n--no-boundary--\n⟧')),
  made('a line of one dot', text('⟦Hello\n.\nthere\n⟧')),
  made('a line that begins with From', text('⟦From here on\n⟧')),
  made('a long line in quoted-printable', text(`⟦${'words and words '.repeat(30)}\n⟧`, QP)),
  made('a long line in base64', text(`⟦${'words and words '.repeat(30)}\n⟧`, B64)),
  made('a line of 998 octets', text(`⟦${'a'.repeat(998)}\n⟧`)),
  made('one octet in base64', text('⟦a⟧', B64)),
  made('two octets in base64', text('⟦ab⟧', B64)),
  made('three octets in base64', text('⟦abc⟧', B64)),
  made('57 octets in base64, a whole line', text(`⟦${'a'.repeat(57)}⟧`, B64)),
  made('58 octets in base64', text(`⟦${'a'.repeat(58)}⟧`, B64)),
  made('blanks at line ends in quoted-printable', text('⟦one \ntwo\t\n⟧', QP)),
  made('equals signs in quoted-printable', text('⟦1 = 1, =3D\n⟧', QP)),
  made('a byte order mark', text('\ufeff⟦Hello\n⟧', { charset: 'utf-8', encoding: '8bit' })),
  made(
    'a byte order mark in HTML',
    html('\ufeff<html><body>⟦Hi⟧</body></html>', { charset: 'utf-8', encoding: '8bit' }),
  ),
  made('a tab and a form feed', text('⟦a\tb\f\nc\n⟧')),
  made('combining characters', text('⟦Cafe\u0301\n⟧')),
  made('characters beyond the basic plane', text('⟦\u{1f600}\n⟧', QP)),
  made('marks of direction', text('⟦\u202eabc\u202c\n⟧')),
];

export const TEXTS: readonly Made[] = [...ofCharsets(), ...OTHER, ...FLOWED_TEXTS, ...LINES];
