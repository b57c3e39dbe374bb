import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, parseMessage, rewriteContent } from '../../../shared/mime/index.ts';
import { apply } from './support.ts';

/** How many octets two texts have in common at their start. */
function commonStart(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  return at;
}

describe('one disclaimer in one body', () => {
  const words = fc.array(
    fc.constantFrom(
      ...[
        'text',
        ' ',
        '  ',
        '\t',
        '\r\n',
        '\n',
        '\r\n\r\n',
        '=',
        '=3D',
        '=20',
        '=\r\n',
        '=\n',
        '= \r\n',
        '--b',
        '--',
      ],
      ...[
        '-- \r\n',
        '> ',
        '.',
        'From ',
        '\xe4',
        '=E4',
        '<p>',
        '</body>',
        '<body>',
        '<!-- -->',
        'x'.repeat(80),
      ],
    ),
    { maxLength: 30 },
  );

  it('decodes to the octets of before with one piece put in: blanks and line ends included', () => {
    fc.assert(
      fc.property(
        words,
        fc.constantFrom('text/plain', 'text/html', 'text/plain; format=flowed'),
        fc.constantFrom('7bit', '8bit', 'quoted-printable', 'base64'),
        fc.constantFrom('prependDisclaimer', 'appendDisclaimer'),
        fc.constantFrom(1, 2, 3, 76, 1000),
        (pieces, type, encoding, kind, column) => {
          const text = pieces.join('');
          const body = encoding === 'base64' ? Buffer.from(text, 'latin1').toString('base64') : text;
          const wrapped =
            encoding === 'base64' ? (body.match(new RegExp(`.{1,${column}}`, 'g')) ?? []).join('\r\n') : body;
          const head = `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
          const before = parseMessage(Buffer.from(head + wrapped, 'latin1'));
          const { edits } = rewriteContent(before, [{ kind, text: 'Look twice.' }], { skipIfPresent: false });
          const after = parseMessage(apply(before, edits));
          const [was, is] = [before, after].map((parsed) => decodeBody(parsed, parsed.root).bytes);
          if (was === undefined || is === undefined) throw new Error('no body');
          const start = commonStart(was, is);
          const end = commonStart(was.toReversed(), is.toReversed());
          expect(start + end).toBeGreaterThanOrEqual(was.length);
          expect(Buffer.from(is).toString('latin1')).toContain('Look twice.');
        },
      ),
      { numRuns: 3000 },
    );
  });
});
