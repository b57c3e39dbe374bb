/** What a person is shown of a change: text decoded, part by part, whatever the parts' numbers become. */
import { describe, expect, it } from 'vitest';
import { diffEdits, type PartDiff } from '../../../local/cli/diff.ts';
import { diffTextLines } from '../../../local/cli/diff-text.ts';
import { type Edit, parseMessage } from '../../../shared/mime/index.ts';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

interface Change {
  readonly from: string;
  readonly to: string;
}

/** Replaces each text, which must stand in the message, by another. */
function diffOf(text: string, ...changes: readonly Change[]): readonly PartDiff[] {
  const message = parseMessage(Buffer.from(crlf(text)));
  const edits: Edit[] = changes.map(({ from, to }) => {
    const start = crlf(text).indexOf(crlf(from));
    expect(start, from).toBeGreaterThanOrEqual(0);
    return {
      span: { start, end: start + Buffer.from(crlf(from)).length },
      replacement: Buffer.from(crlf(to)),
    };
  });
  return diffEdits(message, edits).parts;
}

const shown = (parts: readonly PartDiff[]): string => diffTextLines(parts).join('\n');

const MIXED = `From: a@b.example
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Sch=F6n, dich zu =
sehen.
--m
Content-Type: application/pdf; name="a.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--m
Content-Type: text/plain; name="b.txt"

last
--m--
`;

describe('the difference of two messages', () => {
  it('is nothing where nothing is changed', () => {
    expect(diffOf(MIXED)).toEqual([]);
    expect(diffTextLines([])).toEqual(['Before and after: the same']);
    expect(diffTextLines(undefined)).toEqual([]);
  });

  it('shows decoded text and decoded headers', () => {
    const parts = diffOf(
      MIXED,
      { from: 'Sch=F6n', to: 'Vorsicht: au=DFen!\n\nSch=F6n' },
      { from: '=?utf-8?Q?Gr', to: '[X] =?utf-8?Q?Gr' },
    );
    expect(shown(parts)).toBe(`Before and after:
  the message, multipart/mixed, header:
    - Subject: Grüße
    + Subject: [X] Grüße
  part 1, text/plain:
    + Vorsicht: außen!
    + 
      Schön, dich zu sehen.`);
  });

  it('shows how a header is written where only that differs', () => {
    const parts = diffOf(MIXED, { from: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', to: '=?utf-8?B?R3LDvMOfZQ==?=' });
    expect(shown(parts)).toContain('+ Subject: =?utf-8?B?R3LDvMOfZQ==?=');
  });

  it('follows a part whose number changes, and names one that is gone', () => {
    const parts = diffOf(
      MIXED,
      {
        from: '--m\nContent-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n',
        to: '',
      },
      { from: 'last', to: 'the last' },
    );
    expect(shown(parts)).toContain('part 2, application/pdf, "a.pdf": gone (8 bytes)');
    expect(shown(parts)).toContain('part 3, then part 2, text/plain, "b.txt":\n    - last\n    + the last');
  });

  it('names a part that is new, with its text', () => {
    const parts = diffOf(MIXED, { from: '--m--', to: '--m\nContent-Type: text/plain\n\nA note.\n--m--' });
    expect(shown(parts)).toContain('part 4, text/plain: new (7 bytes)\n    + A note.');
  });

  it('shows a body that is no text by its sizes', () => {
    expect(shown(diffOf(MIXED, { from: 'JVBERi0=', to: 'JVBERi0xLjQ=' }))).toContain(
      'part 2, application/pdf, "a.pdf": 8 bytes become 12',
    );
  });

  it('says that parts are in the attached message now, where a message is wrapped', () => {
    const message = parseMessage(Buffer.from(crlf(MIXED)));
    const at = (start: number, text: string): Edit => ({
      span: { start, end: start },
      replacement: Buffer.from(crlf(text)),
    });
    const outer =
      'From: a@b.example\nContent-Type: multipart/mixed; boundary=w\n\n--w\nContent-Type: text/plain\n\nNote\n--w\nContent-Type: message/rfc822\n\n';
    const { parts } = diffEdits(message, [at(0, outer), at(message.bytes.length, '\n--w--\n')]);
    expect(shown(parts)).toContain('part 1, then part 2, text/plain: in the attached message now, as it was');
    expect(shown(parts)).toContain('part 1, text/plain: new (4 bytes)\n    + Note');
  });

  it('cuts a long line to the place that differs, and a long text', () => {
    const html = `<p>${'x'.repeat(5_000)}<b>here</b>${'y'.repeat(5_000)}</p>`;
    const text = `From: a@b.example\nContent-Type: text/html\n\n${html}\n`;
    const long = shown(diffOf(text, { from: '<b>here</b>', to: '<b>there</b>' }));
    expect(long.length).toBeLessThan(600);
    expect(long).toMatch(/\+ …x{30,}<b>there/);
    const many = diffOf('From: a@b.example\n\nx\n', { from: 'x\n', to: 'new\n'.repeat(500) });
    expect(diffTextLines(many).length).toBeLessThan(80);
    expect(shown(many)).toMatch(/… and \d+ lines more/);
  });
});
