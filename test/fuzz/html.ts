/** Fuzzes what reads and changes HTML and text bodies: any octets, and the words of HTML in any order. */
import fc from 'fast-check';
import { type BodyText, bodySplices } from '../../shared/mime/body/splices.ts';
import type { BodyChange } from '../../shared/mime/change-types.ts';
import { htmlToText } from '../../shared/mime/html-text.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const WORDS = [
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '--!>',
    '<!',
    '<?',
    '<![CDATA[',
    ']]>',
    '"',
    "'",
    '=',
    '&',
    ';',
    '\0',
  ],
  ...[
    '<a href=',
    '<a/href="',
    'https://a.example/x?y=1&amp;z',
    'http://b.example.',
    'www.c.example',
    ' href ',
    '</a>',
  ],
  ...[
    '<img src=x width=1 height=1>',
    '<img src="https://t.example/p.gif" width=0>',
    ' srcset="a 1x, https://d.example/b 2x"',
  ],
  ...[
    '<script>',
    '</script>',
    '<style>',
    '</style>',
    'url(https://e.example/a)',
    '<title>',
    '</title >',
    '<textarea>',
  ],
  ...[
    ' onclick=alert(1)',
    '<svg onload=x>',
    '<iframe srcdoc="<p>">',
    '</iframe>',
    '<object>',
    'javascript:x',
    '<base href=//f.example>',
  ],
  ...[
    '<meta http-equiv=refresh content="0;url=https://g.example">',
    '<form action=/x>',
    '<input formaction=y>',
    '<template>',
  ],
  ...[
    '<body>',
    '</body>',
    '</html>',
    '<div class="gmail_quote">',
    '<blockquote type=cite>',
    '<div id=appendonsend>',
    '<hr tabindex=-1>',
  ],
  ...[
    'A notice',
    'On Mon, Bo wrote:\n> x',
    '-----Original Message-----',
    '\n',
    ' \n',
    '> ',
    '&#104;ttps',
    '&lt;',
    '\xe4',
    '\xc3\xa4',
    ' ',
  ],
];

const grammar = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 40 })
  .map((words) => Buffer.from(words.join(''), 'latin1'));

const PREFIX = 'https://links.example.com/?to=';
const ALL: readonly BodyChange[] = [
  { kind: 'prependDisclaimer', text: 'A notice', removeOld: true },
  { kind: 'appendDisclaimer', text: 'A \u2014 footer', position: 'aboveReply', removeOld: true },
  { kind: 'removeActiveContent' },
  { kind: 'removeTracking', images: 'tracking' },
];
const LISTS: readonly (readonly BodyChange[])[] = [
  [...ALL, { kind: 'defangLinks', exempt: ['a.example'] }],
  [...ALL, { kind: 'markLinks', exempt: [] }],
  [...ALL, { kind: 'prefixLinks', prefix: PREFIX, exempt: [] }],
  [{ kind: 'removeTracking', images: 'remote' }],
  [{ kind: 'restoreLinks', prefix: PREFIX }],
];

function changed(text: BodyText, changes: readonly BodyChange[]): Buffer {
  const indexed = changes.map((change, index) => ({ change, index }));
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, bytes } of bodySplices(indexed, text, { skipIfPresent: true }).splices) {
    if (start < at || end < start || end > text.body.length) throw new Error(`a splice at ${start}-${end}`);
    pieces.push(text.body.subarray(at, start), bytes);
    at = end;
  }
  return Buffer.concat([...pieces, text.body.subarray(at)]);
}

function check(bytes: Uint8Array): void {
  const body = Buffer.from(bytes);
  const shown = htmlToText(body.toString('latin1'), { links: true });
  if (!shown.isWellFormed()) throw new Error('half a character');
  for (const html of [true, false]) {
    const text: BodyText = {
      body,
      charset: 'utf-8',
      html,
      eol: '\r\n',
      flowed: !html,
      delSp: false,
      boundaries: ['b'],
    };
    for (const changes of LISTS) changed(text, changes);
    const there = changed(text, [{ kind: 'prefixLinks', prefix: PREFIX, exempt: [] }]);
    const back = changed({ ...text, body: there }, [{ kind: 'restoreLinks', prefix: PREFIX }]);
    if (!back.equals(body)) throw new Error('links that are restored are not what they were');
  }
}

export const fuzzer: ByteFuzzer = {
  name: 'html',
  inputs: fc.oneof(grammar, fc.uint8Array({ maxLength: 200 })),
  check,
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);
