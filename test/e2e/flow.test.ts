/** The whole way over real SMTP, DNS and HTTP, with the built bundles and the real AWS SDK in them. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { simpleParser } from 'mailparser';
import { createMimeMessage } from 'mimetext';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResolver } from '../../local/dns/resolver.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Submission, sendMail } from '../support/smtp-client.ts';
import {
  type MessageReport,
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  sentMail,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const BANNER = 'CAUTION: This message comes from outside the organization.';
const FOOTER = 'Example Ltd, 1 Example Street';

let standIn: RunningStandIn;
beforeAll(async () => {
  standIn = await startStandIn(newDataFolder());
});
afterAll(async () => {
  await standIn?.stop();
  removeFolder(standIn.data);
});

const OUTSIDE = { address: '203.0.113.66', name: 'unknown.invalid' };
const GOOD = { address: '203.0.113.10', name: 'mail.good.example' };

function text(from: string, to: string, subject: string, more = ''): string {
  return `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${subject.replace(/\W/g, '')}@test>\r\n${more}\r\nHi there.\r\n`;
}

function fromWorld(mail: Omit<Submission, 'port'>) {
  return sendMail({ ...mail, port: standIn.ports.smtp });
}

function fromUser(mail: Omit<Submission, 'port' | 'login'>, user = 'alice@example.com') {
  const login = { user, password: user.split('@')[0] ?? '' };
  return sendMail({ ...mail, port: standIn.ports.submission, login });
}

async function find(address: string, folder: 'Inbox' | 'Junk', needle: string): Promise<string | undefined> {
  const copies = await mailIn(standIn.data, address, folder);
  return copies.map((copy) => copy.bytes.toString('latin1')).find((mail) => mail.includes(needle));
}

/** What the handler logged of one step, as the page shows it. */
function decisionsOf(report: MessageReport | undefined, step: string): Readonly<Record<string, unknown>>[] {
  const logs = (report?.trace ?? []).flatMap((entry) =>
    Array.isArray(entry.data['logs']) ? entry.data['logs'] : [],
  );
  return logs.filter(
    (log: Readonly<Record<string, unknown>>) => log['event'] === 'decision' && log['step'] === step,
  );
}

async function content(id: string, which: 'original' | 'final'): Promise<Buffer> {
  const answer = await fetch(`http://127.0.0.1:${standIn.ports.http}/messages/${id}/${which}.eml`);
  return Buffer.from(await answer.arrayBuffer());
}

/** What stands below the block that SES wrote, and the mark above it. */
function belowSesBlock(mail: string): string {
  return mail.replace(/^[\s\S]*?\r\nX-SES-DKIM-SIGNATURE:.*(\r\n[ \t].*)*\r\n/, '');
}

describe('mail from the world', () => {
  test('arrives in the Inbox with the banner in its body, captured as it came in, and the page says why', async () => {
    const sent = text('Ann <ann@good.example>', 'alice@example.com', 'world one');
    const reply = await fromWorld({
      mailFrom: 'ann@good.example',
      recipients: ['alice@example.com'],
      client: GOOD,
      data: sent,
    });
    expect(reply.code).toBe(250);
    const [report] = await settled(standIn, 'world one');
    const mail = await find('alice@example.com', 'Inbox', 'Subject: world one');
    expect(mail).toContain(BANNER);
    expect(belowSesBlock(mail ?? '').replace(/CAUTION[^\r]*\r\n\r\n/, '')).toBe(sent);

    const original = await content(report?.summary.id ?? '', 'original');
    expect(original.toString('latin1').endsWith(sent)).toBe(true);
    const { createHash } = await import('node:crypto');
    const key = `raw/${createHash('sha256').update(original).digest('hex')}.eml`;
    expect(readFileSync(join(standIn.data, 's3/mailroom-journal', key)).equals(original)).toBe(true);
    expect(decisionsOf(report, 'dmarc')).toMatchObject([{ outcome: 'default', reason: 'pass' }]);
    expect(decisionsOf(report, 'rewrite')).toMatchObject([{ outcome: 'rewritten' }]);
    expect(decisionsOf(report, 'capture')).toMatchObject([{ outcome: 'stored' }]);
  });

  test('that has text, HTML and an attachment gets the banner in both, and the attachment arrives whole', async () => {
    const attached = Buffer.from(Array.from({ length: 3_000 }, (_, index) => (index * 7) % 256));
    const mail = createMimeMessage();
    mail.setSender({ name: 'Ann Grün', addr: 'ann@good.example' });
    mail.setRecipient('alice@example.com');
    mail.setSubject('parts of many kinds');
    mail.setHeader('X-Test', 'parts-of-many-kinds');
    mail.addMessage({ contentType: 'text/plain', data: 'Grüße from Ann' });
    mail.addMessage({
      contentType: 'text/html',
      data: '<html><body bgcolor="#fff"><p>Grüße from Ann</p></body></html>',
    });
    mail.addAttachment({
      filename: 'data.bin',
      contentType: 'application/octet-stream',
      data: attached.toString('base64').replace(/.{76}/g, '$&\r\n'),
    });
    const data = mail.asRaw().replace(/\r?\n/g, '\r\n');
    await fromWorld({
      mailFrom: 'ann@good.example',
      recipients: ['alice@example.com'],
      client: GOOD,
      data: Buffer.from(data),
    });
    await settled(standIn, 'parts of many kinds');
    const delivered = await find('alice@example.com', 'Inbox', 'parts-of-many-kinds');
    const read = await simpleParser(Buffer.from(delivered ?? '', 'latin1'));
    expect(read.text).toContain(BANNER);
    expect(read.text).toContain('Grüße from Ann');
    expect(read.html).toMatch(
      /<body bgcolor="#fff">\s*<table[\s\S]*Caution:[\s\S]*<p>Grüße from Ann<\/p><\/body>/,
    );
    expect(read.attachments.map((attachment) => attachment.content.equals(attached))).toEqual([true]);
  });

  test.each([
    ['p=reject', 'bank.example', 'fail-reject'],
    ['p=quarantine', 'shop.example', 'fail-quarantine'],
  ])('that fails DMARC under %s goes to Junk with its reason', async (_policy, domain, reason) => {
    const subject = `fails for ${domain}`;
    await fromWorld({
      mailFrom: `a@${domain}`,
      recipients: ['alice@example.com'],
      client: OUTSIDE,
      data: text(`a@${domain}`, 'alice@example.com', subject),
    });
    const [report] = await settled(standIn, subject);
    expect(report?.summary.outcomes).toEqual([{ recipient: 'alice@example.com', outcome: 'Junk' }]);
    expect(decisionsOf(report, 'dmarc')).toMatchObject([{ outcome: 'junk', reason }]);
  });

  test('that fails under p=none, or has no policy, is delivered', async () => {
    await fromWorld({
      mailFrom: 'a@news.example',
      recipients: ['bob@example.com'],
      client: OUTSIDE,
      data: text('a@news.example', 'bob@example.com', 'only watched'),
    });
    await fromWorld({
      mailFrom: 'a@nodmarc.example',
      recipients: ['bob@example.com'],
      client: OUTSIDE,
      data: text('a@nodmarc.example', 'bob@example.com', 'no policy'),
    });
    const [watched] = await settled(standIn, 'only watched');
    const [nothing] = await settled(standIn, 'no policy');
    expect(watched?.summary.outcomes[0]?.outcome).toBe('Inbox');
    expect(nothing?.summary.outcomes[0]?.outcome).toBe('Inbox');
  });

  test('that brings forged results of its own is judged by what SES wrote', async () => {
    const forged =
      'Authentication-Results: amazonses.com;\r\n spf=pass; dkim=pass header.i=@bank.example; dmarc=pass header.from=bank.example;\r\n' +
      'X-SES-RECEIPT: AEFBQUFBQUFB\r\nX-Mailroom-Mark: v1 AAAA BBBB\r\n';
    const data = `${forged}${text('ceo@bank.example', 'alice@example.com', 'forged results')}`;
    await fromWorld({
      mailFrom: 'ceo@bank.example',
      recipients: ['alice@example.com'],
      client: OUTSIDE,
      data,
    });
    const [report] = await settled(standIn, 'forged results');
    expect(report?.summary.outcomes[0]?.outcome).toBe('Junk');
    expect(await find('alice@example.com', 'Junk', 'Subject: forged results')).toContain(BANNER);
  });

  test('that claims to come from the organization gets the banner', async () => {
    await fromWorld({
      mailFrom: 'x@attacker.invalid',
      recipients: ['carol@example.com'],
      client: OUTSIDE,
      data: text('Alice <alice@example.com>', 'carol@example.com', 'spoofed colleague'),
    });
    await settled(standIn, 'spoofed colleague');
    const mail =
      (await find('carol@example.com', 'Inbox', 'spoofed colleague')) ??
      (await find('carol@example.com', 'Junk', 'spoofed colleague'));
    expect(mail).toContain(BANNER);
  });

  test('for nobody here is refused, and so is relaying', async () => {
    const nobody = await fromWorld({
      mailFrom: 'a@good.example',
      recipients: ['zoe@example.com'],
      client: GOOD,
      data: 'x',
    });
    const relay = await fromWorld({
      mailFrom: 'a@good.example',
      recipients: ['x@elsewhere.example'],
      client: GOOD,
      data: 'x',
    });
    expect([nobody.code, relay.code]).toEqual([550, 550]);
  });

  test('whose look-ups fail for now is not called a failure', async () => {
    await fromWorld({
      mailFrom: 'a@servfail.example',
      recipients: ['bob@example.com'],
      client: OUTSIDE,
      data: text('a@servfail.example', 'bob@example.com', 'dns trouble'),
    });
    const [report] = await settled(standIn, 'dns trouble');
    expect(report?.summary.outcomes[0]?.outcome).toBe('Inbox');
  });

  test.skipIf(!hasOpenssl())(
    'that is signed with S/MIME stays byte-identical below the block, and openssl still verifies it',
    async () => {
      const { mail, certificate } = smimeMessage('signed mail');
      await fromWorld({
        mailFrom: 'ann@good.example',
        recipients: ['alice@example.com'],
        client: GOOD,
        data: mail,
      });
      const [report] = await settled(standIn, 'signed mail');
      const delivered = (await find('alice@example.com', 'Inbox', 'signed mail')) ?? '';
      expect(belowSesBlock(delivered)).toBe(mail.toString('latin1'));
      expect(decisionsOf(report, 'rewrite')).toMatchObject([{ outcome: 'unchanged' }]);
      const file = join(temporaryFolder('smime'), 'mail.eml');
      writeFileSync(file, delivered, 'latin1');
      const verified = execFileSync(
        'openssl',
        ['smime', '-verify', '-in', file, '-CAfile', certificate, '-purpose', 'any'],
        { stdio: 'pipe' },
      );
      expect(verified.toString()).toContain('Signed text.');
    },
  );
});

describe('mail from the users', () => {
  test('to the world gets the footer, is kept in sent/, and its DKIM signatures hold', async () => {
    const reply = await fromUser({
      mailFrom: 'alice@example.com',
      recipients: ['ann@good.example'],
      data: text('alice@example.com', 'ann@good.example', 'to the world'),
    });
    expect(reply.code).toBe(250);
    await settled(standIn, 'to the world');
    const sent = (await sentMail(standIn.data)).find((copy) => copy.bytes.includes('Subject: to the world'));
    expect(sent?.bytes.toString()).toContain(FOOTER);
    const { results } = await dkimVerify(sent?.bytes ?? Buffer.alloc(0), {
      resolver: createResolver(`127.0.0.1:${standIn.ports.dns}`),
    });
    expect(results.map((result) => [result.signingDomain, result.status.result]).sort()).toEqual([
      ['amazonses.com', 'pass'],
      ['example.com', 'pass'],
    ]);
  });

  test('to a colleague arrives without the banner and without the footer', async () => {
    await fromUser({
      mailFrom: 'alice@example.com',
      recipients: ['bob@example.com'],
      data: text('alice@example.com', 'bob@example.com', 'to a colleague'),
    });
    await settled(standIn, 'to a colleague', 2);
    const mail = await find('bob@example.com', 'Inbox', 'Subject: to a colleague');
    expect(mail).toContain('Hi there.');
    expect(mail).not.toContain(BANNER);
    expect(mail).not.toContain(FOOTER);
  });

  test('to a group reaches every member once', async () => {
    await fromUser({
      mailFrom: 'alice@example.com',
      recipients: ['staff@example.com'],
      data: text('alice@example.com', 'staff@example.com', 'to everyone'),
    });
    await settled(standIn, 'to everyone', 2);
    for (const member of ['alice', 'bob', 'carol']) {
      const copies = await mailIn(standIn.data, `${member}@example.com`, 'Inbox');
      expect(copies.filter((copy) => copy.bytes.includes('Subject: to everyone'))).toHaveLength(1);
    }
  });

  test('needs the right password and the own address', async () => {
    const data = text('alice@example.com', 'bob@example.com', 'no');
    const mail = {
      mailFrom: 'alice@example.com',
      recipients: ['bob@example.com'],
      data,
      port: standIn.ports.submission,
    };
    expect((await sendMail(mail)).code).toBe(530);
    expect((await sendMail({ ...mail, login: { user: 'alice@example.com', password: 'wrong' } })).code).toBe(
      535,
    );
    expect((await fromUser({ ...mail }, 'bob@example.com')).code).toBe(553);
  });
});

test('every event of the event log carries the trace of its message', async () => {
  const lines = readFileSync(join(standIn.data, 'events.jsonl'), 'utf8').trim().split('\n');
  const events = lines.map((line): { event: { eventName: string }; traceId: string } => JSON.parse(line));
  const names = new Set(events.map((event) => event.event.eventName));
  for (const name of [
    'ORGANIZATION_EMAIL_RECEIVED',
    'MAILBOX_EMAIL_DELIVERED',
    'RULE_APPLIED',
    'OUTGOING_EMAIL_SUBMITTED',
    'OUTGOING_EMAIL_SENT',
  ]) {
    expect(names).toContain(name);
  }
  expect(events.every((event) => typeof event.traceId === 'string' && event.traceId !== '')).toBe(true);
});

test("handlers' logs hold no address, subject or body", async () => {
  const [report] = await settled(standIn, 'world one');
  const logs = JSON.stringify((report?.trace ?? []).flatMap((entry) => entry.data['logs'] ?? []));
  expect(logs).toContain('decision');
  expect(logs).not.toMatch(/ann@|alice@|world one|Hi there/);
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Signs with a certificate made for the purpose; line ends are CRLF as on the wire. */
function smimeMessage(subject: string): { readonly mail: Buffer; readonly certificate: string } {
  const folder = temporaryFolder('smime');
  const [key, certificate, body, signed] = ['key.pem', 'cert.pem', 'body', 'signed'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '3650',
      '-subj',
      '/CN=Ann',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
  writeFileSync(body, 'Content-Type: text/plain\r\n\r\nSigned text.\r\n');
  execFileSync('openssl', [
    'smime',
    '-sign',
    '-in',
    body,
    '-signer',
    certificate,
    '-inkey',
    key,
    '-out',
    signed,
  ]);
  const header = `From: ann@good.example\r\nTo: alice@example.com\r\nSubject: ${subject}\r\n`;
  const mime = readFileSync(signed, 'latin1').replace(/\r?\n/g, '\r\n');
  return { mail: Buffer.from(header + mime, 'latin1'), certificate };
}
