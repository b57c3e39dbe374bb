/** SES sends whole messages, of verified identities alone, and for a function only as whom its rights say. */
import { CreateEmailIdentityCommand, SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSendMail } from '../../../../handlers/edge/keep/send-mail.ts';
import { readPolicyDocument } from '../../../../local/iam/evaluate.ts';
import { accessKeyId } from '../../../../local/lambda/environment.ts';
import { PermanentError } from '../../../../shared/errors.ts';
import { CLIENT, failure } from '../stand.ts';
import { ACCOUNT, type TestAccount, testAccount } from './account.ts';

const RIGHTS = readPolicyDocument({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Action: ['ses:SendEmail', 'ses:SendRawEmail'],
    Resource: `arn:aws:ses:us-east-1:${ACCOUNT}:identity/example.com`,
    Condition: { StringEquals: { 'ses:FromAddress': 'mailroom@example.com' } },
  },
});

let account: TestAccount;
beforeAll(async () => {
  account = await testAccount({ rights: new Map([['mailflow', [RIGHTS]]]) });
});
afterAll(() => account?.close());

const raw = (from: string) => Buffer.from(`From: <${from}>\r\nSubject: x\r\n\r\nHi \xe9.\r\n`, 'latin1');

function send(from: string | undefined, shown: string, to = ['alice@example.com']) {
  return account.ses.send(
    new SendEmailCommand({
      ...(from === undefined ? {} : { FromEmailAddress: from }),
      Destination: { ToAddresses: to },
      Content: { Raw: { Data: raw(shown) } },
    }),
  );
}

const sendRaw = (Data: Uint8Array) =>
  account.ses.send(
    new SendEmailCommand({
      Destination: { ToAddresses: ['alice@example.com'] },
      Content: { Raw: { Data } },
    }),
  );

describe('SendEmail', () => {
  test('hands the message over, octet by octet', async () => {
    expect(await send('Mailroom@example.com', 'mailroom@example.com')).toMatchObject({ MessageId: 'id-1' });
    const [mail] = account.sent;
    expect(mail).toMatchObject({ from: 'mailroom@example.com', recipients: ['alice@example.com'] });
    expect(Buffer.from(mail?.bytes ?? []).equals(raw('mailroom@example.com'))).toBe(true);
  });

  test.each(['setup.exe', 'x.JS', 'a.b.vbs '])(
    'takes no attachment named %s, nor a message that holds one',
    async (name) => {
      const file = `Content-Type: application/octet-stream; name="${name}"\r\n\r\nx\r\n`;
      for (const rest of [file, `Content-Type: message/rfc822\r\n\r\n${file}`])
        expect(await failure(sendRaw(Buffer.from(`From: <mailroom@example.com>\r\n${rest}`)))).toMatchObject({
          name: 'BadRequestException',
          message: expect.stringContaining('not supported'),
        });
    },
  );

  test('sends for identities of the account alone, by either address', async () => {
    for (const [from, shown] of [
      ['a@other.example', 'a@other.example'],
      ['a@example.com', 'a@other.example'],
      ['a@other.example', 'a@example.com'],
      [undefined, 'a@other.example'],
    ] as const)
      expect(await failure(send(from, shown)), `${from} ${shown}`).toMatchObject({
        name: 'MessageRejected',
        status: 400,
        message: expect.stringContaining('in region US-EAST-1: a@other.example'),
      });
    await account.ses.send(new CreateEmailIdentityCommand({ EmailIdentity: 'a@other.example' }));
    expect(await send(undefined, 'a@other.example')).toHaveProperty('MessageId');
  });

  test('takes what has recipients and is whole', async () => {
    expect(await failure(send('a@example.com', 'a@example.com', []))).toMatchObject({
      name: 'BadRequestException',
    });
    const many = Array.from({ length: 51 }, (_, index) => `r${index}@example.com`);
    expect(await failure(send('a@example.com', 'a@example.com', many))).toMatchObject({
      name: 'BadRequestException',
    });
    const simple = new SendEmailCommand({
      FromEmailAddress: 'a@example.com',
      Destination: { ToAddresses: ['b@example.com'] },
      Content: { Simple: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } } },
    });
    expect(await failure(account.ses.send(simple))).toMatchObject({ name: 'BadRequestException' });
  });
});

describe('a function', () => {
  const { signal } = new AbortController();
  const sendMail = () => {
    const credentials = { accessKeyId: accessKeyId('mailflow'), secretAccessKey: 'x' };
    return createSendMail({ ...CLIENT, credentials, endpoint: account.stand.server.url });
  };

  test('sends as the address that its rights name', async () => {
    const before = account.sent.length;
    const from = 'mailroom@example.com';
    await sendMail()({ raw: raw(from), from, to: 'alice@example.com' }, signal);
    expect(account.sent).toHaveLength(before + 1);
  });

  test('sends as nobody else, and the error names no address', async () => {
    const mail = { raw: raw('alice@example.com'), from: 'alice@example.com', to: 'bob@example.com' };
    const refused = sendMail()(mail, signal);
    await expect(refused).rejects.toThrow(PermanentError);
    await expect(refused).rejects.toThrow('ses SendEmail: AccessDeniedException 403');
  });
});

test('another region has no identity', async () => {
  const there = new SESv2Client({ ...CLIENT, region: 'eu-west-1', endpoint: account.stand.server.url });
  const command = new SendEmailCommand({
    FromEmailAddress: 'a@example.com',
    Destination: { ToAddresses: ['b@example.com'] },
    Content: { Raw: { Data: raw('a@example.com') } },
  });
  expect(await failure(there.send(command))).toMatchObject({ name: 'MessageRejected' });
  there.destroy();
});
