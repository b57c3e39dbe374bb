/**
 * Defects of AWS's sample functions for mail flow, one by one, and that the recipes that take their place do not have them.
 * The samples: aws-samples/amazon-workmail-lambda-templates at b570142.
 */
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../shared/mime/index.ts';
import { readPolicy } from '../../shared/policy/index.ts';
import { createWorld } from '../handlers/support/world.ts';
import { call, handle, recipe, typeFor } from './support/handled.ts';
import { policyOf } from './support/run-recipe.ts';

const HEAD = 'From: Wendy <wendy@good.example>\nTo: alice@example.com\nSubject: Hi\n';
const BANNER = 'This message comes from outside.';

describe('update-email', () => {
  it.each([
    ['plain text', 'Content-Type: text/plain; charset=utf-8\n\nHi\n'],
    ['HTML alone', 'Content-Type: text/html; charset=utf-8\n\n<p>Hi</p>\n'],
    ['no MIME at all', '\nHi\n'],
  ])('1. a message that is no multipart gets its banner: %s', async (_what, rest) => {
    const { content } = await handle('Update email', { text: `${HEAD}${rest}` });
    expect(content).toContain(BANNER);
    expect(content).toContain('Subject: [EXTERNAL] Hi');
  });

  it('1. S/MIME enveloped data, which is no multipart either, is left alone and the call answered', async () => {
    const text = `${HEAD}Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nMIIB\n`;
    const handled = await handle('Update email', { text });
    expect(handled.content).not.toContain(BANNER);
    expect(typeFor(handled, 'alice@example.com')).toBe('DEFAULT');
  });

  it.each([
    ['no charset', `${HEAD}Content-Type: text/html\n\n<p>Hi</p>\n`, 'wendy@good.example'],
    [
      'an unknown charset',
      `${HEAD}Content-Type: text/plain; charset=x-klingon\n\nHi\n`,
      'wendy@good.example',
    ],
    ['no Subject', 'From: Wendy <wendy@good.example>\n\nHi\n', 'wendy@good.example'],
    ['the null sender', `${HEAD}\nHi\n`, ''],
  ])('2. a message is handled that has %s', async (_what, text, from) => {
    const handled = await handle('Update email', { text, from });
    expect(typeFor(handled, 'alice@example.com')).toBe('DEFAULT');
    expect(handled.world.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('3. a text that is empty is refused when the policy is written, and the footer may be absent', async () => {
    const head = 'version: 1\norganization: { domains: [example.com] }\nrules:\n';
    const empty = await readPolicy(
      `${head}  - { name: a, when: {}, do: [{ prependDisclaimer: { text: "" } }] }\n`,
      'p',
    );
    expect(empty.ok).toBe(false);
    const alone = await readPolicy(
      `${head}  - { name: a, when: {}, do: [{ prependDisclaimer: { text: x } }] }\n`,
      'p',
    );
    expect(alone.ok).toBe(true);
  });

  it('5. run again after a retry, a message has its banner once', async () => {
    const mail = { text: `${HEAD}\nHi\n` };
    const first = await handle('Update email', mail);
    const again = await call(first.world, mail);
    expect(again.content).toBe(first.content);
    expect(again.content.split(BANNER)).toHaveLength(2);
  });

  it('6. a From that claims to be of the organization gets the banner all the same', async () => {
    const { content } = await handle('Update email', {
      text: 'From: Boss <boss@example.com>\nTo: alice@example.com\nSubject: Hi\n\nPay this.\n',
      from: 'boss@example.com',
    });
    expect(content).toContain(BANNER);
  });

  it('6. one recipient of the organization more does not switch the footer off', async () => {
    const { content } = await handle('Update email', {
      text: 'From: alice@example.com\nTo: wendy@good.example, bob@example.com\nSubject: Hi\nContent-Type: text/plain; charset=utf-8\n\nHi\n',
      to: ['bob@example.com', 'wendy@good.example'],
      outbound: true,
    });
    expect(content).toContain('Example Ltd');
  });

  it('7. a signed part, an attached message and an attached text keep every octet', async () => {
    const signed = `Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s\n\n--s\nContent-Type: text/plain\n\nHi\n--s\nContent-Type: application/pgp-signature\n\nx\n--s--\n`;
    const left = await handle('Update email', { text: HEAD + signed });
    expect(left.content).toContain(signed.replaceAll('\n', '\r\n'));
    const inner = 'Content-Type: message/rfc822\n\nFrom: x@y.example\nSubject: evidence\n\nHow it was.\n';
    const notes =
      'Content-Type: text/plain; name="notes.txt"\nContent-Disposition: attachment; filename="notes.txt"\n\n1,2,3\n';
    const text = `${HEAD}Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\nSee below.\n--m\n${inner}--m\n${notes}--m--\n`;
    const { content } = await handle('Update email', { text });
    expect(content).toContain(BANNER);
    for (const part of [inner, notes]) expect(content).toContain(part.replaceAll('\n', '\r\n'));
  });

  it('8. parameters, headers of parts and the HTML around the banner stay', async () => {
    const html = '<HTML><BODY bgcolor=white><P>a&nbsp;b<BR>=\r\nc =3D d</BODY></HTML>';
    const text = `${HEAD}Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain; charset=us-ascii; format=flowed; delsp=yes\nX-Part: 1\n\nHi \nthere\n--a\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n${html}\n--a--\n`;
    const { content } = await handle('Update email', { text });
    expect(content).toContain('format=flowed; delsp=yes\r\nX-Part: 1\r\n');
    expect(content).toContain('<P>a&nbsp;b<BR>=\r\nc =3D d</BODY></HTML>');
    expect(content).toContain('Hi \r\nthere\r\n');
    expect(content).not.toMatch(/--a\r\n(?:[^\r\n]+\r\n)*MIME-Version/);
  });

  it('9. a subject of more than 256 characters stays whole, in the octets that it came in', async () => {
    const long = `=?iso-8859-1?Q?Gr=FC=DFe?= ${'word '.repeat(80)}end`;
    const { content } = await handle('Update email', {
      text: `From: w@good.example\nSubject: ${long}\n\nHi\n`,
    });
    expect(content.replace(/\r\n(?=[ \t])/g, '')).toContain(`Subject: [EXTERNAL] ${long}\r\n`);
  });

  it.each([
    ['utf-8', '<p>caf&eacute;</p>'],
    ['iso-8859-1', '<p>caf&eacute;</p>'],
  ])('11. entities in a 7bit HTML part in %s stay entities', async (charset, html) => {
    const text = `${HEAD}Content-Type: text/html; charset=${charset}\nContent-Transfer-Encoding: 7bit\n\n${html}\n`;
    const { content } = await handle('Update email', { text });
    expect(content).toContain(html);
    expect(content).toContain(BANNER);
  });
});

describe('save-and-update-email', () => {
  it.each([
    ['a field without a blank', 'From:w@good.example\r\nSubject:Hi\r\n\r\nHi\r\n'],
    ['bare line feeds', 'From: w@good.example\nSubject: Hi\n\nHi\n'],
    ['no last line end', 'From: w@good.example\r\nSubject: Hi\r\n\r\nHi'],
  ])('10. what is saved is the message as it came: %s', async (_what, text) => {
    const policy = await policyOf(recipe('Save and update email'));
    const world = createWorld({ policy, message: Buffer.from(text) });
    await call(world, { text });
    const saved = [...world.objects]
      .filter(([key]) => key.includes('copies/external/'))
      .map(([, bytes]) => String(Buffer.from(bytes)));
    expect(saved).toEqual([text]);
  });
});

describe('restricted-mailboxes', () => {
  const GROUPS = { 'restricted@example.com': ['tom@example.com'] };
  const text = 'From: tom@example.com\nTo: x\nSubject: Hi\n\nHi\n';

  it('4. who is in no group writes outside as before', async () => {
    const mail = {
      text: text.replace('tom@', 'alice@'),
      from: 'alice@example.com',
      to: ['wendy@good.example'],
      outbound: true,
    };
    const handled = await handle('Restricted mailboxes', mail, { groups: GROUPS });
    expect(typeFor(handled, 'wendy@good.example')).toBe('DEFAULT');
  });

  it('4. a member writes to colleagues, and not to others', async () => {
    const mail = {
      text,
      from: 'tom@example.com',
      to: ['alice@example.com', 'wendy@good.example'],
      outbound: true,
    };
    const handled = await handle('Restricted mailboxes', mail, { groups: GROUPS });
    expect(typeFor(handled, 'alice@example.com')).toBe('DEFAULT');
    expect(typeFor(handled, 'wendy@good.example')).toBe('BOUNCE');
  });

  it('4. the directory is asked once for many messages', async () => {
    const mail = { text, from: 'tom@example.com', to: ['wendy@good.example'], outbound: true };
    const { world } = await handle('Restricted mailboxes', mail, { groups: GROUPS });
    expect(world.calls.filter((one) => one.startsWith('directory')).length).toBeLessThanOrEqual(1);
  });
});

describe('every one of them', () => {
  const SECRETS = ['wendy', 'alice', 'good.example', 'Hi'];

  it('12. allRecipients is a boolean', async () => {
    const { response } = await handle('Update email', { text: `${HEAD}\nHi\n` });
    for (const { allRecipients } of response.actions)
      expect([true, undefined, false]).toContain(allRecipients);
    expect(response.actions.some(({ allRecipients }) => allRecipients === true)).toBe(true);
  });

  it('13. without a bucket there is an answer, and nothing is stored that nobody reads', async () => {
    const bare = await handle('Hello world', { text: `${HEAD}\nHi\n` }, { buckets: false });
    expect(typeFor(bare, 'alice@example.com')).toBe('DEFAULT');
    const there = await handle('Hello world', {
      text: 'Subject: [Hello World!] Hi\nFrom: a@b.example\n\nHi\n',
    });
    expect(there.world.effects).toEqual([]);
  });

  it('14. logs hold neither addresses nor subjects nor text', async () => {
    for (const title of ['Update email', 'Save and update email', 'Hello world']) {
      const { world } = await handle(title, { text: `${HEAD}\nHi\n` });
      const logged = JSON.stringify(world.logs);
      for (const secret of SECRETS) expect(logged).not.toContain(secret);
    }
  });

  it('21. content that WorkMail refuses, or takes no more, is answered and not tried for hours', async () => {
    for (const putResult of [{ kind: 'rejected', reason: 'MIME' }, { kind: 'frozen' }] as const) {
      const policy = await policyOf(recipe('Update email'));
      const world = createWorld({ policy, message: Buffer.from(`${HEAD}\nHi\n`.replaceAll('\n', '\r\n')) });
      world.putResult = putResult;
      expect(typeFor(await call(world, { text: '' }), 'alice@example.com')).toBe('DEFAULT');
    }
  });

  it('24. a message of thousands of parts is handled within the limits', async () => {
    const part = '--m\nContent-Type: text/plain\n\nx\n';
    const text = `${HEAD}Content-Type: multipart/mixed; boundary=m\n\n${part.repeat(3_000)}--m--\n`;
    expect(parseMessage(Buffer.from(text)).parts.length).toBeGreaterThan(500);
    expect(typeFor(await handle('Update email', { text }), 'alice@example.com')).toBe('DEFAULT');
  });
});

describe('upstream-gateway-filter', () => {
  const verdict = (value: string): string => `${HEAD}X-Gateway-Verdict: ${value}\n\nHi\n`;

  it('15. a forged "clean" earns nothing without a proof', async () => {
    expect(
      typeFor(await handle('Upstream gateway filter', { text: verdict('clean') }), 'alice@example.com'),
    ).toBe('DEFAULT');
  });

  it('15. a second field below the first counts too', async () => {
    const text = `${HEAD}X-Gateway-Verdict: clean\nX-Gateway-Verdict: spam\n\nHi\n`;
    expect(typeFor(await handle('Upstream gateway filter', { text }), 'alice@example.com')).toBe(
      'MOVE_TO_JUNK',
    );
  });

  it('15. a value beyond ASCII is a value like others', async () => {
    const text = verdict('spam \u00fc=?utf-8?Q?=C3=BC?=');
    expect(typeFor(await handle('Upstream gateway filter', { text }), 'alice@example.com')).toBe(
      'MOVE_TO_JUNK',
    );
  });

  it('15. a pattern cannot be made to hang', async () => {
    const head = 'version: 1\norganization: { domains: [example.com] }\nrules:\n';
    const parsed = await readPolicy(
      `${head}  - { name: a, when: { headerMatches: { name: X-Long, patterns: '^(a+)+$' } }, do: [{ moveToJunk: true }] }\n`,
      'p',
    );
    if (!parsed.ok) throw new Error('the policy is fine');
    const message = Buffer.from(`From: a@b.example\r\nX-Long: ${'a'.repeat(20_000)}!\r\n\r\nHi\r\n`);
    const started = performance.now();
    await call(createWorld({ policy: parsed.policy, message }), { text: '' });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
