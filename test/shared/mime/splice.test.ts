import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodySplice } from '../../../shared/mime/body/splices.ts';
import { applyEdits, concatSlices, type Edit } from '../../../shared/mime/index.ts';
import {
  applySplices,
  type EncodedBody,
  lineFaults,
  mergeAdjacent,
  mergeSplices,
  spliceIdentity,
} from '../../../shared/mime/splice.ts';
import { spliceBase64 } from '../../../shared/mime/splice-base64.ts';
import { spliceQuotedPrintable } from '../../../shared/mime/splice-qp.ts';
import { decodeBase64, decodeQuotedPrintable } from '../../../shared/mime/transfer.ts';
import { BODY_PIECES } from './arbitraries.ts';

const PIECES = [...BODY_PIECES, '\r', '=0D=0A', '4', '41', '\0'];
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }).map((pieces) => pieces.join(''));
const wanted = fc.array(
  fc.record({
    at: fc.nat({ max: 400 }),
    length: fc.nat({ max: 12 }),
    bytes: fc.array(fc.constantFrom(...PIECES, ''), { maxLength: 3 }).map((pieces) => pieces.join('')),
  }),
  { maxLength: 5 },
);

/** Splices in order, within the body, that neither overlap nor share a place. */
function splicesFor(
  length: number,
  list: readonly { at: number; length: number; bytes: string }[],
): BodySplice[] {
  const splices: BodySplice[] = [];
  let from = 0;
  for (const [index, one] of list.toSorted((a, b) => a.at - b.at).entries()) {
    const start = Math.max(from, one.at % (length + 1));
    if (start > length) break;
    const end = Math.min(length, start + one.length);
    splices.push({ start, end, bytes: Buffer.from(one.bytes, 'latin1'), changes: [index] });
    from = end + 1;
  }
  return splices;
}

function apply(raw: Buffer, edits: readonly Edit[]): Buffer {
  return Buffer.from(concatSlices(applyEdits(raw, edits)));
}

function bodyOf(raw: Buffer, decoded: Uint8Array): EncodedBody {
  return { raw, start: 0, decoded, eol: raw.includes('\r\n') || !raw.includes('\n') ? '\r\n' : '\n' };
}

/** Encoded lines without those that an edit touches: all of them must be in the result as they were. */
function untouchedLines(raw: Buffer, edits: readonly Edit[]): string[] {
  const lines: string[] = [];
  let at = 0;
  for (const line of raw.toString('latin1').split(/(?<=\n)/)) {
    const end = at + line.length;
    if (!edits.some(({ span }) => span.start <= end && span.end >= at)) lines.push(line);
    at = end;
  }
  return lines;
}

function holdsInOrder(whole: string, lines: readonly string[]): boolean {
  let at = 0;
  for (const line of lines) {
    const found = whole.indexOf(line, at);
    if (found === -1) return false;
    at = found + line.length;
  }
  return true;
}

describe('splices in an encoded body', () => {
  it('of quoted-printable: it decodes to the body with the splices made, and keeps its other lines', () => {
    fc.assert(
      fc.property(text, wanted, (encoded, list) => {
        const raw = Buffer.from(encoded, 'latin1');
        const { bytes: decoded } = decodeQuotedPrintable(raw);
        const splices = splicesFor(decoded.length, list);
        const edits = spliceQuotedPrintable(bodyOf(raw, decoded), splices);
        const result = apply(raw, edits);
        const after = decodeQuotedPrintable(result).bytes;
        expect(Buffer.from(after).toString('latin1')).toBe(applySplices(decoded, splices).toString('latin1'));
        expect(holdsInOrder(result.toString('latin1'), untouchedLines(raw, edits))).toBe(true);
      }),
      { numRuns: 4000 },
    );
  });

  it('of quoted-printable: no line comes to begin with two dashes that did not', () => {
    fc.assert(
      fc.property(text, wanted, (encoded, list) => {
        const raw = Buffer.from(encoded, 'latin1');
        const { bytes: decoded } = decodeQuotedPrintable(raw);
        const edits = spliceQuotedPrintable(bodyOf(raw, decoded), splicesFor(decoded.length, list));
        const dashed = (bytes: Buffer): string[] =>
          bytes
            .toString('latin1')
            .split('\n')
            .filter((line) => /^--[^=\s]*\s*$/.test(line));
        const was = dashed(raw).map((line) => line.trimEnd());
        for (const line of dashed(apply(raw, edits))) expect(was).toContain(line.trimEnd());
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['where there is room for all of the line', 'a link.to here', 6, 7, '[.]', 'a link[.]to here'],
    [
      'where there is none behind it',
      `${'x'.repeat(70)}.${'y'.repeat(5)}`,
      70,
      71,
      '[.]',
      `${'x'.repeat(70)}[.]=\r\nyyyyy`,
    ],
    ['where there is none before it', `${'x'.repeat(74)}.y`, 74, 75, '[.]', `${'x'.repeat(74)}=\r\n[.]y`],
    ['where something goes', 'a link here', 1, 6, '', 'a here'],
    [
      'but for a line end behind a bare CR, which would swallow the blank before',
      '\n\t\r',
      3,
      3,
      '\n',
      '\n\t\r=\n\n',
    ],
    ['but not into an escape', 'a=4.x', 3, 4, '1', 'a=4=\r\n1x'],
    ['nor behind a blank that would be lost', 'a x', 2, 3, '', 'a =\r\n'],
    [
      'nor two dashes that begin a line of ours',
      `${'x'.repeat(75)}.-b`,
      75,
      76,
      '-',
      `${'x'.repeat(75)}=\r\n-=\r\n-b`,
    ],
    ['nor so that two dashes begin a line', '-x-b', 1, 2, '', '-=\r\n-b'],
  ])('of quoted-printable: go on the same line %s', (_where, encoded, start, end, bytes, expected) => {
    const raw = Buffer.from(encoded, 'latin1');
    const { bytes: decoded } = decodeQuotedPrintable(raw);
    const splices = [{ start, end, bytes: Buffer.from(bytes), changes: [0] }];
    expect(apply(raw, spliceQuotedPrintable(bodyOf(raw, decoded), splices)).toString('latin1')).toBe(
      expected,
    );
  });

  it('of quoted-printable: no line is longer than 76 octets that was not, but for the "=" after a line of 76', () => {
    const words = fc.array(fc.constantFrom('word ', '=E4', '. ', '\r\n', '=\r\n', 'x'.repeat(30)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(words, wanted, (pieces, list) => {
        const lines = pieces.join('').replace(/[^\r\n]{70,}?(?=[^\r\n])(?<!=.?)/g, '$&=\r\n');
        const raw = Buffer.from(lines, 'latin1');
        const { bytes: decoded } = decodeQuotedPrintable(raw);
        const result = apply(
          raw,
          spliceQuotedPrintable(bodyOf(raw, decoded), splicesFor(decoded.length, list)),
        );
        const was = lines.split(/\r?\n/);
        for (const line of result.toString('latin1').split(/\r?\n/)) {
          if (!was.includes(line)) expect(line.replace(/=$/, '').length).toBeLessThanOrEqual(76);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of base64: it decodes to the body with the splices made', () => {
    fc.assert(
      fc.property(text, wanted, fc.constantFrom(4, 5, 76, 1000), (content, list, column) => {
        const lines = Buffer.from(content, 'latin1')
          .toString('base64')
          .match(new RegExp(`.{1,${column}}`, 'g'));
        const raw = Buffer.from((lines ?? []).join('\r\n'), 'latin1');
        const decoded = Buffer.from(content, 'latin1');
        // What ends a line may be filled up with more line ends.
        const splices = splicesFor(decoded.length, list)
          .map((splice) =>
            splice.bytes.at(-1) === 0x0a ? { ...splice, bytes: splice.bytes.subarray(0, -1) } : splice,
          )
          .map((splice) => (splice.bytes.at(-1) === 0x0a ? { ...splice, bytes: Buffer.from('.') } : splice));
        const edits = spliceBase64(bodyOf(raw, decoded), splices, '\r\n');
        if (edits === undefined) throw new Error('the body is not damaged');
        const after = decodeBase64(apply(raw, edits));
        expect(after.defects).toEqual([]);
        expect(Buffer.from(after.bytes).toString('latin1')).toBe(
          applySplices(decoded, splices).toString('latin1'),
        );
      }),
      { numRuns: 4000 },
    );
  });

  it('of base64: what ends a line leaves all later groups where they are', () => {
    const decoded = Buffer.from('0123456789'.repeat(30));
    const raw = Buffer.from((decoded.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n'));
    for (const at of [0, 1, 2, 3, 100]) {
      const splices = [{ start: at, end: at, bytes: Buffer.from('Notice.\r\n'), changes: [0] }];
      const [edit] = spliceBase64(bodyOf(raw, decoded), splices, '\r\n') ?? [];
      expect((edit?.span.end ?? 0) - (edit?.span.start ?? 0)).toBeLessThanOrEqual(4);
      const after = decodeBase64(apply(raw, edit === undefined ? [] : [edit])).bytes;
      expect(
        Buffer.from(after)
          .toString()
          .replace(/Notice\.(?:\r\n)+/, ''),
      ).toBe(decoded.toString());
    }
  });

  it('of octets that are not encoded: nothing else changes', () => {
    fc.assert(
      fc.property(text, wanted, (content, list) => {
        const raw = Buffer.from(content, 'latin1');
        const splices = splicesFor(raw.length, list);
        const result = apply(raw, spliceIdentity(bodyOf(raw, raw), splices));
        expect(result.equals(applySplices(raw, splices))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('lineFaults', () => {
  const boundaries = ['b', 'text'];
  const slow = (raw: Buffer, splices: readonly BodySplice[]): { long: boolean; delimiter: boolean } => {
    const lines = applySplices(raw, splices).toString('latin1').split(/\r?\n/);
    const was = raw.toString('latin1').split(/\r?\n/);
    const fresh = lines.filter((line) => !was.includes(line));
    return {
      long: fresh.some((line) => line.length > 998),
      delimiter: fresh.some((line) => boundaries.some((boundary) => line.startsWith(`--${boundary}`))),
    };
  };

  it('finds each new line that is too long or may be a delimiter', () => {
    fc.assert(
      fc.property(text, wanted, fc.boolean(), (content, list, stretch) => {
        const raw = Buffer.from(content, 'latin1');
        const splices = splicesFor(raw.length, list).map((splice) =>
          stretch ? { ...splice, bytes: Buffer.concat([splice.bytes, Buffer.alloc(950, 'y')]) } : splice,
        );
        const expected = slow(raw, splices);
        const found = lineFaults(raw, splices, boundaries);
        if (expected.long) expect(found.long).toBe(true);
        if (expected.delimiter) expect(found.delimiter).toBe(true);
        if (!applySplices(raw, splices).toString('latin1').includes('--'))
          expect(found.delimiter).toBe(false);
        if (splices.length === 0) expect(found).toEqual({ long: false, delimiter: false });
      }),
      { numRuns: 1500 },
    );
  });

  it('is quick on one line of a megabyte with thousands of splices', () => {
    const raw = Buffer.alloc(1_000_000, 'x');
    const splices = Array.from({ length: 10_000 }, (_, index) => ({
      start: index * 100,
      end: index * 100 + 1,
      bytes: Buffer.from('y'),
      changes: [0],
    }));
    const begun = performance.now();
    expect(lineFaults(raw, splices, boundaries).long).toBe(false);
    spliceQuotedPrintable(bodyOf(raw, raw), splices);
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe('lists of splices', () => {
  const at = (start: number, end: number, bytes = '', change = 0): BodySplice => ({
    start,
    end,
    bytes: Buffer.from(bytes),
    changes: [change],
  });

  it('that touch become one', () => {
    expect(mergeAdjacent([at(0, 2, 'a', 0), at(2, 2, 'b', 1), at(4, 5, 'c', 2)])).toEqual([
      { start: 0, end: 2, bytes: Buffer.from('ab'), changes: [0, 1] },
      at(4, 5, 'c', 2),
    ]);
  });

  it('lose what lies in a span that goes', () => {
    const cut = [at(10, 20)];
    const others = [
      at(5, 5),
      at(8, 12),
      at(10, 10, 'kept'),
      at(15, 15),
      at(19, 25),
      at(20, 20, 'kept'),
      at(30, 31),
    ];
    const starts = mergeSplices(cut, others).map(({ start, end }) => [start, end]);
    expect(starts).toEqual([
      [5, 5],
      [10, 10],
      [10, 20],
      [20, 20],
      [30, 31],
    ]);
  });
});
