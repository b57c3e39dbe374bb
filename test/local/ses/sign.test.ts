import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createZone, type Zone } from '../../../local/dns/zone.ts';
import { receive } from '../../../local/ses/receive.ts';
import { createSigner, SES_CLIENT, type Signer } from '../../../local/ses/sign.ts';
import { readSesEvidence } from '../../../shared/auth/index.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { NOW, resolverOver, sampleZone } from './world.ts';

const UUID = '3bc66432-d00a-408d-b24e-ddb05356284f';
const SES_ID = '010001a1fc9fdb62-3bc66432-d00a-408d-b24e-ddb05356284f-000000';
const FROM = 'From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: hello\r\n';

let directory: string;
let zone: Zone;
let signer: Signer;

const signerFor = (target: Zone, domains: readonly string[] = ['example.com']) =>
  createSigner({ domains, directory, zone: target, now: () => NOW, uuid: () => UUID });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keys-'));
  zone = await sampleZone();
  signer = await signerFor(zone);
});
afterAll(() => rm(directory, { recursive: true }));

async function signed(message: string | Buffer, domain = 'example.com'): Promise<string> {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  return Buffer.from(await signer.sign(bytes, domain)).toString('latin1');
}

/** Without the signatures on top. */
function unsigned(text: string): string {
  return text.replace(/^(?:DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*)+/, '');
}

function received(text: string, changes: { mailFrom?: string } = {}) {
  const bytes = Buffer.from(text, 'latin1');
  return receive({
    bytes,
    mailFrom: changes.mailFrom ?? signer.envelopeSender(bytes),
    recipients: ['bob@example.com'],
    client: SES_CLIENT,
    resolver: resolverOver(zone),
    region: 'us-east-1',
    now: NOW,
    id: 'id',
  });
}

describe('what SES makes of a message', () => {
  it('id of its own, the old one in References, its marks, two signatures', async () => {
    const text = await signed(`${FROM}Message-ID: <abc@client>\r\nX-Mailer: m\r\n\r\nbody\r\n`);
    expect(unsigned(text)).toBe(
      `${FROM}Message-ID: <${SES_ID}@email.amazonses.com>\r\nX-Mailer: m\r\n` +
        'References: <abc@client>\r\n' +
        `Feedback-ID: ::1.us-east-1.${createHash('sha256').update(UUID).digest('base64')}:AmazonSES\r\n` +
        'X-SES-Outgoing: 2026.11.21-198.51.100.129\r\n\r\nbody\r\n',
    );
    expect(text.match(/^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/simple; d=\S+;/gm)).toEqual([
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.com;',
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=amazonses.com;',
    ]);
  });

  it('References are kept, folded ones too, and the old id comes last', async () => {
    const text = await signed(`Message-Id: <c@client>\r\nReferences: <a@x>\r\n <b@x>\r\n${FROM}\r\nbody`);
    expect(unsigned(text)).toContain(
      `Message-ID: <${SES_ID}@email.amazonses.com>\r\nReferences: <a@x>\r\n <b@x>\r\n <c@client>\r\n${FROM}`,
    );
  });

  it.each([
    ['no Message-ID', `${FROM}\r\nbody\r\n`],
    ['one that is none', `${FROM}Message-ID: nothing\r\n\r\nbody\r\n`],
  ])('%s: nothing to refer to', async (_what, message) => {
    const text = unsigned(await signed(message));
    expect(text.match(/^Message-ID:.*$/gim)).toEqual([`Message-ID: <${SES_ID}@email.amazonses.com>`]);
    expect(text).not.toMatch(/^References/im);
  });

  it('two Message-IDs become one', async () => {
    const text = unsigned(await signed(`Message-ID: <1@x>\r\n${FROM}MESSAGE-ID: <2@x>\r\n\r\nbody\r\n`));
    expect(text.match(/^message-id:/gim)).toHaveLength(1);
    expect(text).toContain('References: <1@x>\r\n');
  });

  it('the body stays octet by octet', async () => {
    const body = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
    const bytes = Buffer.concat([Buffer.from(`${FROM}\r\n`), body]);
    const result = Buffer.from(await signer.sign(bytes, 'example.com'));
    expect(result.subarray(-body.length)).toEqual(body);
  });

  it('gives the envelope sender that belongs to it', async () => {
    const text = await signed(`${FROM}\r\nbody\r\n`);
    expect(signer.envelopeSender(Buffer.from(text))).toBe(`${SES_ID}@amazonses.com`);
    expect(signer.envelopeSender(Buffer.from(`${FROM}Message-ID: <x@y>\r\n\r\n`))).toBe('');
  });
});

describe('what the receiving side finds', () => {
  it.each([
    ['as it should be', `${FROM}Message-ID: <a@b>\r\n\r\nbody\r\n`],
    ['with line feeds alone', `${FROM}\r\nbody\r\n`.replaceAll('\r\n', '\n')],
    ['without a last line end', `${FROM}\r\nbody`],
    ['without a body', FROM],
    ['without a last line end in the header', FROM.trimEnd()],
    ['with 8-bit text and long lines', `${FROM}\r\n${'\u00e9'.repeat(3_000)}\r\n`],
    ['larger than a piece', `${FROM}\r\n${'some text\r\n'.repeat(20_000)}`],
  ])('a message %s passes everything', async (_what, message) => {
    const result = await received(await signed(message));
    expect(result.evaluation).toMatchObject({
      spf: { result: 'pass', domain: 'amazonses.com' },
      dkim: [
        { result: 'pass', domain: 'example.com' },
        { result: 'pass', domain: 'amazonses.com' },
      ],
      dmarc: { result: 'pass', headerFrom: 'example.com' },
    });
    expect(readSesEvidence(parseMessage(result.bytes))).toMatchObject({
      state: 'present',
      dmarc: { result: 'pass', headerFromDomain: 'example.com' },
    });
  });

  it('a subdomain is signed by the domain above it', async () => {
    const result = await received(await signed('From: a@sub.example.com\r\n\r\nx\r\n', 'sub.example.com'));
    expect(result.evaluation).toMatchObject({
      dkim: [{ domain: 'example.com' }, {}],
      dmarc: { result: 'pass' },
    });
  });

  it("another's domain gets SES's signature only, which does not align", async () => {
    const result = await received(await signed('From: a@bank.example\r\n\r\nx\r\n', 'bank.example'));
    expect(result.evaluation).toMatchObject({
      dkim: [{ result: 'pass', domain: 'amazonses.com' }],
      dmarc: { result: 'fail', policy: 'REJECT' },
    });
  });

  it('the same message changed on the way fails', async () => {
    const text = (await signed(`${FROM}\r\nbody\r\n`)).replace('Subject: hello', 'Subject: hullo');
    const result = await received(text);
    expect(result.evaluation).toMatchObject({
      dkim: [{ result: 'fail' }, { result: 'fail' }],
      dmarc: { result: 'fail', policy: 'QUARANTINE' },
    });
  });
});

describe('the keys', () => {
  it('are the same after a restart, so that mail signed before still passes', async () => {
    const before = await signed(`${FROM}\r\nbody\r\n`);
    const restarted = await sampleZone();
    await signerFor(restarted);
    const result = await receive({
      bytes: Buffer.from(before, 'latin1'),
      mailFrom: '',
      recipients: ['bob@example.com'],
      client: SES_CLIENT,
      resolver: resolverOver(restarted),
      region: 'us-east-1',
      now: NOW,
      id: 'id',
    });
    expect(result.evaluation.dkim.map(({ result: word }) => word)).toEqual(['pass', 'pass']);
  });

  it('are for the owner only, and whole', async () => {
    expect((await readdir(directory)).sort()).toEqual(['amazonses.com.pem', 'example.com.pem']);
    expect((await stat(join(directory, 'example.com.pem'))).mode & 0o777).toBe(0o600);
  });

  it('a file that is none is an error that names it', async () => {
    const other = await mkdtemp(join(tmpdir(), 'keys-'));
    try {
      const path = join(other, 'example.com.pem');
      await writeFile(path, 'not a key');
      const options = { domains: ['example.com'], directory: other, zone: createZone(), now: () => NOW };
      await expect(createSigner(options)).rejects.toThrow(PermanentError);
      await expect(createSigner(options)).rejects.toThrow(path);
      expect(await readFile(path, 'utf8')).toBe('not a key');
    } finally {
      await rm(other, { recursive: true });
    }
  });

  it.each(['../evil', 'a/b', '', 'a..b', '.a', 'A.test'])(
    'no file is made for the domain %j',
    async (domain) => {
      await expect(signerFor(createZone(), [domain])).rejects.toThrow(PermanentError);
      expect((await readdir(directory)).length).toBe(2);
    },
  );
});
