/** A release is bound to its recipient, its content and its time, in both shapes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../../shared/mime/index.ts';
import { refusedAttachment } from '../../../shared/mime/refused-attachment.ts';
import { asAttachment, asItCame } from '../../../shared/notice/redelivery.ts';
import {
  makeRelease,
  originalDigest,
  RELEASE_HEADER,
  verifyRelease,
} from '../../../shared/notice/release.ts';
import { localMac } from '../../../shared/workmail/mark.ts';
import '../../support/properties.ts';

const MAC = localMac(Buffer.alloc(32, 1));
const OTHER = localMac(Buffer.alloc(32, 2));
const { signal } = new AbortController();
const TO = 'alice@example.com';
const EXPIRES = 1_800_000_000;
const ORIGINAL = Buffer.from(
  'Received: from x\r\nFrom: bob@partner.example\r\nSubject: Offer\r\n\r\nLook at this.\r\n.\r\nEnd\r\n',
);

async function releaseFor(original: Uint8Array, to = TO): Promise<string> {
  return makeRelease({ recipient: to, digest: originalDigest(original), expires: EXPIRES }, MAC, signal);
}

async function attached(original: Uint8Array): Promise<Uint8Array> {
  return asAttachment({
    id: 'x-1',
    from: 'mailroom@example.com',
    to: TO,
    author: 'bob@partner.example',
    subject: 'Grüße',
    text: 'Released.\n',
    release: await releaseFor(original),
    original,
    nowMs: 0,
  });
}

async function whole(original: Uint8Array): Promise<Uint8Array> {
  return asItCame(original, await releaseFor(original));
}

function verify(bytes: Uint8Array, to = TO, key = [MAC]) {
  return verifyRelease(parseMessage(bytes), to, key, signal);
}

/** Another server on the way puts its fields on top. */
const onTheWay = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from('Return-Path: <>\r\nReceived: from a by b\r\n'), bytes]);
const changed = (bytes: Uint8Array, from: string, to: string): Buffer =>
  Buffer.from(Buffer.from(bytes).toString('latin1').replace(from, to), 'latin1');

describe.each([
  ['attached', attached],
  ['as it came', whole],
])('%s', (_shape, make) => {
  test('passes, also below what servers add', async () => {
    const bytes = await make(ORIGINAL);
    expect(await verify(bytes)).toMatchObject({ kind: 'ours', expires: EXPIRES });
    expect(await verify(onTheWay(bytes))).toEqual(await verify(bytes));
    expect(await verify(bytes, 'ALICE@Example.com')).toMatchObject({ kind: 'ours' });
  });

  test('passes with an older key that still verifies', async () => {
    expect(await verify(await make(ORIGINAL), TO, [OTHER, MAC])).toMatchObject({ kind: 'ours' });
  });

  test('passes for nobody else, with no other word, key or time', async () => {
    const bytes = await make(ORIGINAL);
    const notOurs = { kind: 'not-ours' };
    expect(await verify(bytes, 'bob@example.com')).toEqual(notOurs);
    expect(await verify(bytes, TO, [OTHER])).toEqual(notOurs);
    expect(await verify(changed(bytes, 'Look at', 'Click on'))).toEqual(notOurs);
    expect(await verify(changed(bytes, `v1 ${EXPIRES}`, `v1 ${EXPIRES + 1}`))).toEqual(notOurs);
    expect(await verify(changed(bytes, 'v1 ', 'v2 '))).toEqual(notOurs);
  });

  test('passes with any original', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        'Subject: x\r\n',
        '\r\n--=_x\r\n',
        '.',
        'a'.repeat(1200),
        '\0',
        'é',
      ),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const original = Buffer.from(`From: a@b.example\r\n${pieces.join('')}`);
        const bytes = await make(original);
        expect(await verify(bytes)).toMatchObject({ kind: 'ours' });
      }),
      { numRuns: 60 },
    );
  });
});

describe('the digest', () => {
  test('is the same whatever line ends servers make, and another for every other change', () => {
    const lf = Buffer.from('a: b\n\ntext\n');
    expect(originalDigest(Buffer.from('a: b\r\n\r\ntext\r\n'))).toBe(originalDigest(lf));
    expect(originalDigest(Buffer.from('a: b\n\ntext'))).toBe(originalDigest(lf));
    for (const other of ['a: b\n\ntext ', 'a: b\n\n\ntext', 'a: b\n\nte\rxt', '', 'A: b\n\ntext'])
      expect(originalDigest(Buffer.from(other)), JSON.stringify(other)).not.toBe(originalDigest(lf));
  });

  test('is that of the whole, across the pieces in which it is made', () => {
    const long = Buffer.alloc(200_001, 'x');
    const crossing = Buffer.from(long);
    crossing[65_535] = 0x0d;
    crossing[65_536] = 0x0a;
    const lf = Buffer.concat([crossing.subarray(0, 65_535), crossing.subarray(65_536)]);
    expect(originalDigest(crossing)).toBe(originalDigest(lf));
    expect(originalDigest(crossing)).not.toBe(originalDigest(long));
  });
});

describe('a message without a release, or with a broken one', () => {
  test('says so', async () => {
    expect(await verify(ORIGINAL)).toEqual({ kind: 'none' });
    for (const value of ['', 'v1', `v1 ${EXPIRES} ${'A'.repeat(42)}`, `v1 ${EXPIRES} ${'A'.repeat(43)}`]) {
      const bytes = Buffer.concat([Buffer.from(`${RELEASE_HEADER}: ${value}\r\n`), ORIGINAL]);
      expect(await verify(bytes), value).toEqual({ kind: 'not-ours' });
    }
  });

  test('is never ours whatever it holds, and throws nothing', async () => {
    const piece = fc.constantFrom(`${RELEASE_HEADER}: v1 ${EXPIRES} ${'A'.repeat(43)}`, ...'\r\n -:=b');
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.oneof(piece, fc.constant('Content-Type: multipart/mixed; boundary=b\r\n')), {
          maxLength: 20,
        })
        .map((pieces) => Buffer.from(pieces.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (bytes) => {
        expect((await verify(bytes)).kind).not.toBe('ours');
      }),
    );
  });

  test('passes no third part beside the original', async () => {
    const bytes = Buffer.from(await attached(ORIGINAL)).toString('latin1');
    const boundary = /boundary="([^"]+)"/.exec(bytes)?.[1] ?? '';
    const more = bytes.replace(`--${boundary}--`, `--${boundary}\r\n\r\nevil\r\n--${boundary}--`);
    expect(await verify(Buffer.from(more, 'latin1'))).toEqual({ kind: 'not-ours' });
  });
});

describe('the attachment', () => {
  test('is a message where a message may be as it is, and a file where not', async () => {
    const typeOf = async (text: string) => {
      const { root } = parseMessage(await attached(Buffer.from(text, 'latin1')));
      return [root.children[1]?.contentType.mediaType, root.children[1]?.transferEncoding];
    };
    expect(await typeOf('A: b\r\n\r\nc\r\n')).toEqual(['message/rfc822', '7bit']);
    expect(await typeOf('A: b\r\n\r\n\xe9\r\n')).toEqual(['message/rfc822', '8bit']);
    for (const text of ['A: b\n\nc\n', 'A: b\r\n\r\nc\0', 'A: b\r\rc', `A: b\r\n\r\n${'x'.repeat(999)}`])
      expect(await typeOf(text)).toEqual(['application/octet-stream', 'base64']);
  });

  test('answers go to the author, and a hostile subject stays one field', async () => {
    const text = Buffer.from(await attached(ORIGINAL)).toString();
    expect(text).toContain('\r\nReply-To: <bob@partner.example>\r\n');
    const bytes = asAttachment({
      id: 'x',
      from: 'mailroom@example.com',
      to: TO,
      author: 'evil@x.example>\r\nBcc: <v@x.example',
      subject: 'a\r\nBcc: v@x.example\r\n\r\nbody',
      text: '',
      release: 'v1',
      original: ORIGINAL,
      nowMs: 0,
    });
    const names = parseMessage(bytes).root.header.fields.map(({ lowerName }) => lowerName);
    expect(names).not.toContain('bcc');
    expect(names).not.toContain('reply-to');
  });

  test.each([
    ['invoice.pdf', 'message/rfc822'],
    ['setup.exe', 'application/octet-stream'],
  ])('is what SES takes, when %s is in it: %s', async (name, mediaType) => {
    const original = Buffer.from(`From: a@b.example\r\nContent-Type: x/y; name=${name}\r\n\r\nMZ\r\n`);
    const bytes = await attached(original);
    expect(parseMessage(bytes).root.children[1]?.contentType.mediaType).toBe(mediaType);
    expect(refusedAttachment(parseMessage(bytes))).toBeUndefined();
    expect(await verify(onTheWay(bytes))).toMatchObject({ kind: 'ours' });
  });

  test('cannot be sent from or to what is no plain address', async () => {
    const release = await releaseFor(ORIGINAL);
    const base = { id: 'x', author: undefined, subject: '', text: '', release, original: ORIGINAL, nowMs: 0 };
    expect(() => asAttachment({ ...base, from: 'a@b.example', to: 'a b@c' })).toThrow('cannot be addressed');
    expect(() => asItCame(Buffer.from(' folded'), release)).toThrow('folded line');
  });
});
