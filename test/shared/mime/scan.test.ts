import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, DEFECTS, type Message, type Part, parseMessage } from '../../../shared/mime/index.ts';
import { cpuNow } from '../../support/cpu-time.ts';
import { grammarMessage, rawMessage } from './arbitraries.ts';
import {
  apply,
  CORPORA,
  corpus,
  coverFault,
  expectedOf,
  fixture,
  fixtures,
  leaves,
  message,
  type NamedMessage,
  type Tree,
} from './support.ts';

function treeOf(parsed: Message, part: Part, like: Tree): Tree {
  const type = part.contentType.mediaType;
  if (like.children !== undefined) {
    const children = part.children.map((child, index) =>
      treeOf(parsed, child, like.children?.[index] ?? { type: 'unexpected' }),
    );
    return { type, children };
  }
  if (like.body === undefined) return { type };
  return { type, body: Buffer.from(parsed.bytes).toString('latin1', part.body.start, part.body.end) };
}

/** Changes one octet in the middle of each leaf: the output differs there and nowhere else. */
function oneByteEdits({ name, bytes }: NamedMessage): void {
  const parsed = parseMessage(bytes);
  for (const part of leaves(parsed)) {
    const at = Math.floor((part.body.start + part.body.end) / 2);
    if (at >= part.body.end) continue;
    const replacement = Uint8Array.of((bytes[at] ?? 0) ^ 0x80);
    const output = apply(parsed, [{ span: { start: at, end: at + 1 }, replacement }]);
    const restored = Buffer.from(output);
    restored[at] = bytes[at] ?? 0;
    expect(output[at], `${name} ${part.path}`).not.toBe(bytes[at]);
    expect(restored.equals(bytes), `${name} ${part.path}`).toBe(true);
  }
}

describe('fixtures', () => {
  it.each(fixtures().map(({ name }) => name))('%s: tree, defects, classification', (name) => {
    const parsed = parseMessage(fixture(name));
    const { tree, defects, kind } = expectedOf(name);
    expect(treeOf(parsed, parsed.root, tree)).toEqual(tree);
    expect(parsed.defects.map((defect) => defect.kind)).toEqual(defects);
    const classified = classify(parsed);
    expect(classified.kind === 'plain' ? 'plain' : classified.reason).toBe(kind);
  });

  it('are covered once, whatever the line ends', () => {
    for (const { name, bytes } of fixtures()) {
      expect(coverFault(parseMessage(bytes)), name).toBeUndefined();
      const lf = Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
      expect(coverFault(parseMessage(lf)), `${name}, LF`).toBeUndefined();
    }
  });

  it('give the same tree with LF as with CRLF', () => {
    const shape = ({ parts }: Message): readonly string[] =>
      parts.map(({ path, contentType }) => `${path} ${contentType.mediaType}`);
    for (const { name, bytes } of fixtures()) {
      const lf = Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
      expect(shape(parseMessage(lf)), name).toEqual(shape(parseMessage(bytes)));
    }
  });

  it('change in one octet where one octet is edited', () => {
    for (const one of fixtures()) oneByteEdits(one);
  });
});

describe.skipIf(CORPORA === undefined)('messages of other projects (MAILROOM_CORPORA)', () => {
  it('are covered once', () => {
    const files = corpus();
    expect(files.length).toBeGreaterThan(600);
    for (const { name, bytes } of files) expect(coverFault(parseMessage(bytes)), name).toBeUndefined();
  });

  it('change in one octet where one octet is edited', () => {
    for (const one of corpus()) oneByteEdits(one);
  });
});

describe('any octets', () => {
  const holds = (bytes: Uint8Array): void => {
    const parsed = parseMessage(bytes);
    expect(coverFault(parsed)).toBeUndefined();
    expect(parsed.defects.every(({ kind }) => kind in DEFECTS)).toBe(true);
    for (const part of parsed.parts) {
      expect(part.header.end).toBeLessThanOrEqual(part.body.start);
      expect(part.body.start).toBeLessThanOrEqual(part.body.end);
      let at = part.header.start;
      for (const field of part.header.fields) {
        expect(field.start).toBeGreaterThanOrEqual(at);
        expect(field.value.start).toBeGreaterThan(field.start);
        expect(field.value.end).toBeGreaterThanOrEqual(field.value.start);
        at = field.end;
      }
      expect(at).toBeLessThanOrEqual(part.header.end);
      for (const child of part.children) {
        expect(child.parent).toBe(part);
        expect(child.header.start).toBeGreaterThanOrEqual(part.body.start);
        expect(child.body.end).toBeLessThanOrEqual(part.body.end);
      }
    }
  };

  it('raw: no throw, spans cover once, parts nest', () => {
    fc.assert(fc.property(rawMessage, holds), { numRuns: 500 });
  });

  it('of the grammar: no throw, spans cover once, parts nest', () => {
    fc.assert(fc.property(grammarMessage, holds), { numRuns: 1500 });
  });
});

describe('delimiters (RFC 2046 §5.1.1)', () => {
  const head = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';

  it('leave the line end before them out of the body', () => {
    const parsed = message(`${head}--b\r\n\r\nbody\r\n\r\n--b--\r\n`);
    const part = parsed.parts[1];
    expect(Buffer.from(parsed.bytes).toString('latin1', part?.body.start, part?.body.end)).toBe('body\r\n');
  });

  it('are whole lines: a longer line is text', () => {
    expect(message(`${head}--b\r\n\r\n--bb\r\n--b x\r\n--b--\r\n`).parts).toHaveLength(2);
  });

  it('are told from closing delimiters of a boundary that ends in dashes', () => {
    const parsed = message(
      'Content-Type: multipart/mixed; boundary="b--"\n\n--b--\n\none\n--b--\n\ntwo\n--b----\n',
    );
    expect(parsed.parts).toHaveLength(3);
    expect(parsed.defects).toEqual([]);
  });

  it('belong to the inner multipart where two could claim the line', () => {
    const inner = 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n';
    const parsed = message(
      `Content-Type: multipart/mixed; boundary="b--"\n\n--b--\n${inner}--b--\n\ntwo\n--b----\n`,
    );
    expect(parsed.parts.map(({ path }) => path)).toEqual(['', '1', '1.1', '2']);
    expect(parsed.defects).toEqual([]);
  });

  it('number parts as IMAP does', () => {
    const parsed = parseMessage(fixture('alternative-in-related-in-mixed'));
    expect(parsed.parts.map(({ path }) => path)).toEqual(['', '1', '1.1', '1.1.1', '1.1.2', '1.2', '2']);
  });

  it('do not count inside an attached message', () => {
    const parsed = parseMessage(fixture('mixed-attached-multipart'));
    expect(parsed.parts.map(({ contentType }) => contentType.mediaType)).toEqual([
      'multipart/mixed',
      'text/plain',
      'message/rfc822',
    ]);
  });
});

describe('hostile messages are read in linear time', () => {
  const mixed = 'Content-Type: multipart/mixed; boundary=q\r\n\r\n';
  const nested = Array.from(
    { length: 3000 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`,
  );
  const cases: readonly (readonly [string, string, number, string | undefined])[] = [
    ['800k near-boundary lines', mixed + '--qx\n'.repeat(800_000), 1, 'boundary-never-found'],
    ['3000 nested multiparts', nested.join(''), 101, 'too-deep'],
    [
      '3000 nested multiparts with one boundary',
      'Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(3000),
      3001,
      'too-deep',
    ],
    ['50k header fields', `${'X-Field: value\r\n'.repeat(50_000)}\r\nbody`, 1, undefined],
    ['a million empty fields', `${'a:\n'.repeat(1_000_000)}\nbody`, 1, 'too-many-fields'],
    ['5 MB of header', `A: ${'b\n '.repeat(1_700_000)}`, 1, 'header-too-large'],
    ['250k folded lines', `A: b\r\n${' c\r\n'.repeat(250_000)}\r\n`, 1, undefined],
    ['one 20 MB line', `Subject: x\r\n\r\n${'a'.repeat(20_000_000)}`, 1, undefined],
    ['20k parts', mixed + '--q\n'.repeat(20_000), 10_000, 'too-many-parts'],
    ['lines padded with blanks', mixed + `--q${' '.repeat(5000)}x\n`.repeat(1000), 1, 'boundary-never-found'],
  ];

  it.each(cases)('%s', (_name, text, parts, defect) => {
    const bytes = Buffer.from(text, 'latin1');
    const begun = cpuNow();
    const parsed = parseMessage(bytes);
    for (const part of parsed.parts) void part.header.fields.length;
    // Generous for a busy machine; quadratic readers take minutes.
    expect(cpuNow() - begun).toBeLessThan(4000);
    expect(parsed.parts).toHaveLength(parts);
    expect(coverFault(parsed)).toBeUndefined();
    if (defect !== undefined) expect(parsed.defects.map(({ kind }) => kind)).toContain(defect);
  });
});
