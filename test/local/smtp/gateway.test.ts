/** The client of the SMTP gateway, against real servers on loopback with real certificates. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type GatewayMessage, openGateway, sendThroughGateway } from '../../../local/smtp/gateway.ts';
import { addressOf, certificateFor, onClose, settingsFor, startGateway } from './gateway-world.ts';

const CERTIFICATE = certificateFor('localhost');
const HERE = import.meta.filename;
const MESSAGE: GatewayMessage = {
  mailFrom: 'alice@example.com',
  recipients: ['w@world.example', 'v@world.example'],
  bytes: Buffer.from('From: alice@example.com\r\nSubject: Out\r\n\r\n.\r\n..dots\r\nHi\r\n'),
};

async function refusals(settings: ReturnType<typeof settingsFor>, message = MESSAGE) {
  const gateway = await openGateway(settings, HERE);
  const { accepted, refused } = await gateway(message);
  expect(refused.map(({ recipient }) => recipient)).toEqual(message.recipients);
  expect(accepted).toEqual([]);
  return refused[0];
}

describe('a gateway that works', () => {
  test('[G1, G2, G3] gets every byte, over TLS 1.2 or newer, after basic authentication', async () => {
    const { settings, taken } = await startGateway(CERTIFICATE);
    const gateway = await openGateway(settings, HERE);
    expect(await gateway(MESSAGE)).toEqual({ accepted: MESSAGE.recipients, refused: [] });
    expect(taken).toEqual([
      {
        mailFrom: 'alice@example.com',
        recipients: ['w@world.example', 'v@world.example'],
        content: Buffer.from(MESSAGE.bytes).toString('latin1'),
        user: 'mailroom',
        method: 'PLAIN',
        tls: expect.stringMatching(/^TLSv1\.[23]$/),
      },
    ]);
  });

  test('gets LOGIN when it offers nothing else that is basic', async () => {
    const { settings, taken } = await startGateway(CERTIFICATE, { authMethods: ['CRAM-MD5', 'LOGIN'] });
    await (await openGateway(settings, HERE))({ ...MESSAGE, mailFrom: '' });
    expect(taken[0]).toMatchObject({ method: 'LOGIN', mailFrom: '' });
  });

  test('may refuse one recipient and take the other', async () => {
    const { settings, taken } = await startGateway(CERTIFICATE, {
      onRcptTo({ address }, _session, callback) {
        if (address.startsWith('w@')) callback(new Error('5.1.1 no such user'));
        else callback();
      },
    });
    const outcome = await (await openGateway(settings, HERE))(MESSAGE);
    expect(outcome.accepted).toEqual(['v@world.example']);
    expect(outcome.refused).toEqual([
      {
        recipient: 'w@world.example',
        text: 'The SMTP gateway refused the message: 550 5.1.1 no such user',
        status: '5.1.1',
      },
    ]);
    expect(taken[0]?.recipients).toEqual(['v@world.example']);
  });

  test('gets 8-bit content as it is', async () => {
    let said: unknown;
    const { settings, taken } = await startGateway(CERTIFICATE, {
      onMailFrom({ args }, _session, callback) {
        said = args;
        callback();
      },
    });
    const bytes = Buffer.from('Subject: x\r\n\r\näöü\r\n');
    await (await openGateway(settings, HERE))({ ...MESSAGE, bytes });
    expect(taken[0]?.content).toBe(bytes.toString('latin1'));
    // RFC 6152: the gateway must know before it takes it.
    expect(said).toMatchObject({ BODY: '8BITMIME' });
  });
});

describe('a gateway that does not take the mail: every recipient is bounced, with the reason', () => {
  test('[G4] cannot be reached', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = addressOf(server.address());
    await new Promise((resolve) => server.close(resolve));
    expect(await refusals(settingsFor(port, CERTIFICATE.authority))).toMatchObject({
      status: '5.4.1',
      text: expect.stringMatching(/^The SMTP gateway cannot be reached: .*ECONNREFUSED/),
    });
  });

  test('says nothing', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onClose(() => new Promise((resolve) => server.close(() => resolve())));
    const settings = settingsFor(addressOf(server.address()).port, CERTIFICATE.authority);
    const timeouts = { connectMs: 200, answerMs: 200 };
    const { refused } = await sendThroughGateway(settings, MESSAGE, { timeouts });
    expect(refused[0]).toMatchObject({
      status: '5.4.1',
      text: expect.stringContaining('cannot be reached'),
    });
  });

  test('takes the content and never says so', async () => {
    const { settings } = await startGateway(CERTIFICATE, { onData: (stream) => stream.resume() });
    const authorities = readFileSync(CERTIFICATE.authority, 'utf8');
    const timeouts = { connectMs: 1_000, answerMs: 300 };
    const { refused } = await sendThroughGateway(settings, MESSAGE, { authorities, timeouts });
    expect(refused[1]).toMatchObject({
      recipient: 'v@world.example',
      status: '5.4.2',
      text: expect.stringContaining('did not confirm'),
    });
  });

  test.each([
    ['[G2] a certificate for another host', () => certificateFor('other.example'), undefined],
    ['[G2] a certificate of an unknown authority', () => CERTIFICATE, 'other'],
  ])('%s', async (_name, certificate, authority) => {
    const { settings, taken } = await startGateway(certificate());
    const believed =
      authority === undefined ? settings : { ...settings, caFile: certificateFor('unknown').authority };
    expect(await refusals(believed)).toMatchObject({
      status: '5.7.5',
      text: expect.stringContaining('TLS cannot be trusted'),
    });
    expect(taken).toEqual([]);
  });

  test('[G2] a certificate of no authority that is known when no caFile says otherwise', async () => {
    const { settings } = await startGateway(CERTIFICATE);
    const { caFile: _caFile, ...plain } = settings;
    expect((await refusals(plain))?.status).toBe('5.7.5');
  });

  test('[G2] speaks TLS 1.1 only', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { settings, taken } = await startGateway(CERTIFICATE, old);
    expect((await refusals(settings))?.status).toBe('5.7.5');
    expect(taken).toEqual([]);
  });

  test('[G2] offers no TLS: neither password nor mail is sent', async () => {
    let asked = false;
    const { settings, taken } = await startGateway(CERTIFICATE, {
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth(_auth, _session, callback) {
        asked = true;
        callback(null, { user: 'x' });
      },
    });
    expect((await refusals(settings))?.status).toBe('5.7.5');
    expect([asked, taken]).toEqual([false, []]);
  });

  test('refuses the user; the password is not told', async () => {
    const { settings } = await startGateway(CERTIFICATE);
    const refusal = await refusals({ ...settings, password: 'wrong-password' });
    expect(refusal).toMatchObject({
      status: '5.7.8',
      text: expect.stringMatching(/^The SMTP gateway refused the organization's user: 535 /),
    });
    expect(refusal?.text).not.toContain('wrong-password');
  });

  test('[G3] offers no basic authentication', async () => {
    const { settings } = await startGateway(CERTIFICATE, { authMethods: ['CRAM-MD5'] });
    expect(await refusals(settings)).toMatchObject({
      status: '5.7.4',
      text: expect.stringContaining('no basic authentication'),
    });
  });

  test('refuses the content', async () => {
    const { settings } = await startGateway(CERTIFICATE, {
      onData(stream, _session, callback) {
        stream.resume();
        stream.on('end', () =>
          callback(Object.assign(new Error('5.7.1 looks like spam'), { responseCode: 554 })),
        );
      },
    });
    expect(await refusals(settings)).toMatchObject({
      status: '5.7.1',
      text: 'The SMTP gateway refused the message: 554 5.7.1 looks like spam',
    });
  });

  test('refuses the sender for now: one try, so it is final', async () => {
    const { settings } = await startGateway(CERTIFICATE, {
      onMailFrom(_address, _session, callback) {
        callback(Object.assign(new Error('4.3.2 later'), { responseCode: 451 }));
      },
    });
    expect((await refusals(settings))?.status).toBe('5.3.2');
  });

  test('takes mail of a smaller size only', async () => {
    const { settings } = await startGateway(CERTIFICATE, { size: 20 });
    expect((await refusals(settings))?.text).toContain('Message size larger than allowed');
  });
});

test('a caFile that is not there is said at the start', async () => {
  const settings = settingsFor(25, 'no-such-authority.pem');
  await expect(openGateway(settings, HERE)).rejects.toThrow("the SMTP gateway's caFile cannot be read");
});
