import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, parseMessage, rewriteContent } from '../../../shared/mime/index.ts';
import { BODY_PIECES } from './arbitraries.ts';
import { apply } from './support.ts';

/** How many octets two texts have in common at their start. */
function commonStart(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  return at;
}

it('a line in quoted-printable that begins like a delimiter is no delimiter when something goes into it', () => {
  const head =
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n';
  const before = parseMessage(Buffer.from(`${head}--b see http://a.example/ there\r\n--b--\r\n`));
  const { edits } = rewriteContent(before, [{ kind: 'defangLinks', exempt: [] }], { skipIfPresent: true });
  expect(edits.length).toBeGreaterThan(0);
  expect(apply(before, edits).toString()).toContain('\r\n=2D-b see h');
});

it('what goes into an empty part leaves the delimiter behind it a line of its own', () => {
  const head =
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const before = parseMessage(Buffer.from(`${head}--b--\r\n`));
  for (const kind of ['prependDisclaimer', 'appendDisclaimer'] as const) {
    const { edits } = rewriteContent(before, [{ kind, text: 'Look twice.' }], { skipIfPresent: true });
    const parsed = parseMessage(apply(before, edits));
    expect(parsed.defects).toEqual([]);
    expect(decodeBody(parsed, parsed.parts[1] ?? parsed.root).bytes.toString()).toContain('Look twice.');
  }
});

describe('one disclaimer in one body', () => {
  const words = fc.array(fc.constantFrom(...BODY_PIECES, '<p>', '</body>', '<body>', '<!-- -->'), {
    maxLength: 30,
  });

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
      { numRuns: 1500 },
    );
  });
});
