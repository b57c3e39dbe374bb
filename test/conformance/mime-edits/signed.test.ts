/**
 * Signed and encrypted messages, made by OpenSSL and GnuPG: disclaimers leave them as they are, to the octet, and a tag
 * and a field on top leave the signature good, by the word of the same programs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContentChange } from '../../../shared/mime/index.ts';
import { edit, PLAIN } from './changes.ts';
import { readMessage } from './reader.ts';

const HAS = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const HAS_GPG = HAS('gpg');
const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

/** Short: a socket in it must have a name of no more than 107 octets. */
const home = mkdtempSync(join(tmpdir(), 'signed-'));
const at = (name: string): string => join(home, name);

function run(program: string, ...args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { env: { ...process.env, GNUPGHOME: home } });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString('latin1')}`);
  return stdout;
}

const HEADER =
  'From: Ada <ada@example.org>\r\nTo: bo@example.net\r\nSubject: signed\r\nMIME-Version: 1.0\r\n';
const CONTENT = 'Content-Type: text/plain; charset=us-ascii\r\n\r\nI owe you one.\r\n\r\nAda\r\n';
/** Mailing lists and gateways put a footer beside what is signed; the signature below it must be left alone all the same. */
const inList = (message: Buffer): Buffer =>
  Buffer.from(
    `${HEADER}Content-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\n${message.toString('latin1')}\r\n--list\r\nContent-Type: text/plain\r\n\r\nA footer.\r\n--list--\r\n`,
    'latin1',
  );

const [BODY_CHANGES, TOP_CHANGES] = [PLAIN.changes.slice(0, 2), PLAIN.changes.slice(2)];

/** What disclaimers make of it, and why they do not. */
function disclaimed(message: Buffer): readonly (string | undefined)[] {
  const { after, outcomes } = edit(message, BODY_CHANGES);
  expect(after.equals(message)).toBe(true);
  return outcomes.map((outcome) => (outcome.kind === 'untouched' ? outcome.reason : outcome.kind));
}

/** All else that can be done to a body or a part, each by itself. */
const OTHER_CHANGES: readonly ContentChange[] = [
  { kind: 'defangLinks', exempt: [] },
  { kind: 'markLinks', exempt: [] },
  { kind: 'prefixLinks', prefix: 'https://links.example.com/?to=', exempt: [] },
  { kind: 'removeActiveContent' },
  { kind: 'removeTracking', images: 'remote' },
  { kind: 'convertToText' },
  { kind: 'removeAmp' },
  { kind: 'removeParts', paths: ['1', '1.1'], note: 'gone' },
  { kind: 'renameParts', names: new Map([['1', 'a.txt']]) },
];

/** Those of them that changed the message. */
function changedBy(message: Buffer): readonly string[] {
  return OTHER_CHANGES.filter((change) => !edit(message, [change]).after.equals(message)).map(
    ({ kind }) => kind,
  );
}

/** The message inside of one that was wrapped. */
function unwrapped(message: Buffer): Buffer {
  const { after } = edit(message, [{ kind: 'wrap', text: 'A notice.' }]);
  expect(after.equals(message)).toBe(false);
  return Buffer.from(readMessage(after).children.at(-1)?.body ?? '', 'latin1');
}

function tagged(message: Buffer): Buffer {
  const { after } = edit(message, TOP_CHANGES);
  expect(after.toString('latin1')).toMatch(
    /^X-Edit-Evidence: one value\r\n[\s\S]*\r\nSubject: \[EXTERNAL\] signed\r\n/,
  );
  return after;
}

afterAll(() => {
  if (HAS_GPG) spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  rmSync(home, { recursive: true, force: true });
});

describe.skipIf(!HAS_OPENSSL)('S/MIME by OpenSSL', () => {
  beforeAll(() => {
    const subject = ['-subj', '/CN=Ada', '-addext', 'subjectAltName=email:ada@example.org', '-days', '2'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key.pem')];
    run('openssl', 'req', '-x509', ...key, ...subject, '-out', at('cert.pem'));
    writeFileSync(at('content'), CONTENT, 'latin1');
  });

  /** OpenSSL ends its own lines as the platform does; mail comes with CRLF. */
  function smime(...args: readonly string[]): Buffer {
    const made = run('openssl', 'cms', ...args).toString('latin1');
    const top = HEADER.replace(/MIME-Version.*\r\n/, '');
    return Buffer.from(top + made.replaceAll(/\r?\n/g, '\r\n'), 'latin1');
  }

  const signer = (): readonly string[] => [
    '-signer',
    at('cert.pem'),
    '-inkey',
    at('key.pem'),
    '-in',
    at('content'),
  ];

  function verified(message: Buffer): string {
    writeFileSync(at('message'), message);
    return run(
      'openssl',
      'cms',
      '-verify',
      '-in',
      at('message'),
      '-CAfile',
      at('cert.pem'),
      '-purpose',
      'any',
    ).toString('latin1');
  }

  it('multipart/signed', () => {
    const message = smime('-sign', ...signer());
    expect(message.toString('latin1')).toContain('multipart/signed');
    expect(disclaimed(message)).toEqual(['signed', 'signed']);
    expect(changedBy(message)).toEqual([]);
    expect(verified(message)).toContain('I owe you one.');
    expect(verified(tagged(message))).toBe(verified(message));
    expect(verified(unwrapped(message))).toBe(verified(message));
  });

  it('application/pkcs7-mime with signed data', () => {
    const message = smime('-sign', '-nodetach', ...signer());
    expect(message.toString('latin1')).toMatch(/application\/(?:x-)?pkcs7-mime; smime-type=signed-data/);
    expect(disclaimed(message)).toEqual(['signed', 'signed']);
    expect(changedBy(message)).toEqual([]);
    expect(verified(unwrapped(message))).toBe(verified(message));
    expect(verified(tagged(message))).toBe(verified(message));
  });

  it('application/pkcs7-mime with enveloped data', () => {
    const message = smime('-encrypt', '-in', at('content'), at('cert.pem'));
    expect(disclaimed(message)).toEqual(['encrypted', 'encrypted']);
    writeFileSync(at('message'), tagged(message));
    const opened = run(
      'openssl',
      'cms',
      '-decrypt',
      '-in',
      at('message'),
      '-recip',
      at('cert.pem'),
      '-inkey',
      at('key.pem'),
    );
    expect(opened.toString('latin1')).toContain('I owe you one.');
  });

  it('below the footer of a mailing list', () => {
    const message = inList(
      Buffer.from(
        smime('-sign', ...signer())
          .toString('latin1')
          .replace(/^[\s\S]*?\r\n(?=MIME-Version)/, ''),
        'latin1',
      ),
    );
    expect(disclaimed(message)).toEqual(['signed', 'signed']);
  });

  it('notices a disclaimer that is put in all the same', () => {
    const message = smime('-sign', ...signer()).toString('latin1');
    expect(() => verified(Buffer.from(message.replace('I owe', 'Evidence.\r\n\r\nI owe'), 'latin1'))).toThrow(
      /verif|digest/i,
    );
  });
});

describe.skipIf(!HAS_GPG)('OpenPGP by GnuPG', () => {
  const gpg = (...args: readonly string[]): Buffer =>
    run(
      'gpg',
      '--batch',
      '--no-tty',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      '--trust-model',
      'always',
      ...args,
    );

  beforeAll(() => {
    gpg('--quick-generate-key', 'ada@example.org', 'ed25519', 'sign', 'never');
  });

  function crlf(octets: Buffer): string {
    return octets.toString('latin1').replaceAll(/\r?\n/g, '\r\n');
  }

  it('inline, a text signed in clear', () => {
    writeFileSync(at('text'), 'I owe you one.\n\nAda\n');
    const clear = crlf(gpg('--clearsign', '--output', '-', at('text')));
    const head = `${HEADER}Content-Type: text/plain; charset=us-ascii\r\n\r\n`;
    const message = Buffer.from(head + clear, 'latin1');
    expect(disclaimed(message)).toEqual(['signed', 'signed']);
    const after = tagged(message).toString('latin1');
    writeFileSync(at('clear'), after.slice(after.indexOf('\r\n\r\n') + 4), 'latin1');
    gpg('--verify', at('clear'));
  });

  it('multipart/signed (RFC 3156)', () => {
    writeFileSync(at('part'), CONTENT, 'latin1');
    const signature = crlf(gpg('--armor', '--detach-sign', '--output', '-', at('part')));
    const type = 'multipart/signed; boundary=sig; micalg=pgp-sha512; protocol="application/pgp-signature"';
    const message = Buffer.from(
      `${HEADER}Content-Type: ${type}\r\n\r\n--sig\r\n${CONTENT}\r\n--sig\r\nContent-Type: application/pgp-signature\r\n\r\n${signature}\r\n--sig--\r\n`,
      'latin1',
    );
    expect(disclaimed(message)).toEqual(['signed', 'signed']);
    expect(changedBy(message)).toEqual([]);
    expect(unwrapped(message).equals(message)).toBe(true);
    const [, part = '', signed = ''] = tagged(message)
      .toString('latin1')
      .split(/\r\n--sig(?:--)?\r\n/);
    writeFileSync(at('part.after'), part, 'latin1');
    writeFileSync(at('signature'), signed.slice(signed.indexOf('\r\n\r\n') + 4), 'latin1');
    gpg('--verify', at('signature'), at('part.after'));
    expect(readFileSync(at('part.after'), 'latin1')).toBe(CONTENT);
  });
});
