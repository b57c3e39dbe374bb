import { createHmac } from 'node:crypto';
import { GenerateMacCommand, KMSClient, VerifyMacCommand } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRemoteInvoker } from '../../../local/lambda/remote.ts';
import type { InvokeOutcome, LambdaInvoker } from '../../../local/types.ts';
import { CLIENT, failure, type Stand, stand } from './stand.ts';

const COMMON = { durationMs: 12, coldStart: false, logs: [{ message: 'said' }] };
const OUTCOMES: Readonly<Record<string, InvokeOutcome>> = {
  answers: { ...COMMON, kind: 'answer', payload: { grüße: '📧' }, bytes: 18 },
  throws: { ...COMMON, kind: 'error', errorType: 'TemporaryError', errorMessage: 'later' },
  overruns: { ...COMMON, kind: 'timeout' },
  crashes: { ...COMMON, kind: 'crash', why: 'out of memory' },
};
const calls: [string, unknown][] = [];
const invoker: LambdaInvoker = {
  invoke: async (name, event) => {
    calls.push([name, event]);
    return OUTCOMES[name] ?? { ...COMMON, kind: 'crash', why: 'unknown' };
  },
};

let here: Stand;
beforeAll(async () => {
  here = await stand({
    functions: { invoker, names: Object.keys(OUTCOMES) },
    secrets: {
      parameters: new Map([
        ['/mailroom/policy', { type: 'String', value: 'version: 1' }],
        ['secret', { type: 'SecureString', value: 's3cret' }],
      ]),
      macKeys: new Map([['alias/mark', Buffer.from('key')]]),
    },
  });
});
afterAll(() => here.close());

describe('SSM', () => {
  const parameter = async (Name: string, WithDecryption?: boolean) => {
    const ssm = new SSMClient({ ...CLIENT, endpoint: here.server.url });
    return ssm.send(new GetParameterCommand({ Name, WithDecryption })).finally(() => ssm.destroy());
  };

  test('GetParameter', async () => {
    const { Parameter } = await parameter('/mailroom/policy');
    expect(Parameter).toMatchObject({
      Value: 'version: 1',
      ARN: 'arn:aws:ssm:us-east-1:123456789012:parameter/mailroom/policy',
    });
  });

  test('a SecureString shows only when decrypted', async () => {
    expect((await parameter('secret', true)).Parameter?.Value).toBe('s3cret');
    expect((await parameter('secret')).Parameter?.Value).not.toBe('s3cret');
  });

  test('ParameterNotFound', async () => {
    expect(await failure(parameter('other'))).toMatchObject({ name: 'ParameterNotFound', status: 400 });
  });
});

describe('KMS', () => {
  const Message = Buffer.from('message');
  const MacAlgorithm = 'HMAC_SHA_256';
  let kms: KMSClient;
  beforeAll(() => {
    kms = new KMSClient({ ...CLIENT, endpoint: here.server.url });
  });
  afterAll(() => kms.destroy());

  test('GenerateMac and VerifyMac', async () => {
    const { Mac } = await kms.send(new GenerateMacCommand({ KeyId: 'alias/mark', Message, MacAlgorithm }));
    expect(Buffer.from(Mac ?? [])).toEqual(createHmac('sha256', 'key').update(Message).digest());
    const verify = (mac: Uint8Array | undefined) =>
      kms.send(new VerifyMacCommand({ KeyId: 'alias/mark', Message, MacAlgorithm, Mac: mac }));
    expect((await verify(Mac)).MacValid).toBe(true);
    expect((await failure(verify(Buffer.alloc(32)))).name).toBe('KMSInvalidMacException');
  });

  test('an unknown key', async () => {
    const sent = kms.send(new GenerateMacCommand({ KeyId: 'other', Message, MacAlgorithm }));
    expect((await failure(sent)).name).toBe('NotFoundException');
  });
});

describe('Lambda Invoke', () => {
  let lambda: LambdaClient;
  beforeAll(() => {
    lambda = new LambdaClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
  });
  afterAll(() => lambda.destroy());
  const Payload = JSON.stringify({ subject: 'Grüße 📧' });

  test('an answer, with the log', async () => {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: 'answers', Payload, LogType: 'Tail' }),
    );
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toEqual({ grüße: '📧' });
    expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toBe('{"message":"said"}');
    expect(calls.at(-1)).toEqual(['answers', { subject: 'Grüße 📧' }]);
  });

  test('by ARN', async () => {
    const FunctionName = 'arn:aws:lambda:us-east-1:123456789012:function:answers';
    expect((await lambda.send(new InvokeCommand({ FunctionName, Payload }))).StatusCode).toBe(200);
  });

  test('an asynchronous invocation is accepted', async () => {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: 'throws', Payload, InvocationType: 'Event' }),
    );
    expect(answer.StatusCode).toBe(202);
  });

  test('an unknown function', async () => {
    const refused = await failure(lambda.send(new InvokeCommand({ FunctionName: 'nobody', Payload })));
    expect(refused).toMatchObject({ name: 'ResourceNotFoundException', status: 404 });
  });

  test('an event that is not JSON', async () => {
    const sent = lambda.send(new InvokeCommand({ FunctionName: 'answers', Payload: '{' }));
    expect((await failure(sent)).name).toBe('InvalidRequestContentException');
  });
});

describe('the remote invoker tells the same outcomes', () => {
  const invoke = async (name: string, endpoint = here.server.url) => {
    const remote = createRemoteInvoker({ endpoint, region: 'us-east-1' });
    const { durationMs, coldStart, logs, ...outcome } = await remote.invoke(name, { a: 1 });
    remote.close();
    expect(durationMs).toBeGreaterThan(0);
    expect(coldStart).toBe(false);
    return { logs, outcome };
  };

  test.each([
    ['answers', { kind: 'answer', payload: { grüße: '📧' }, bytes: 18 }],
    ['throws', { kind: 'error', errorType: 'TemporaryError', errorMessage: 'later' }],
    ['overruns', { kind: 'timeout' }],
    ['crashes', { kind: 'crash', why: 'out of memory' }],
  ])('%s', async (name, expected) => {
    expect(await invoke(name)).toEqual({ outcome: expected, logs: [{ message: 'said' }] });
  });

  test('nobody', async () => {
    const { outcome } = await invoke('nobody');
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'ResourceNotFoundException' });
  });

  test('nothing listens', async () => {
    const { outcome } = await invoke('answers', 'http://127.0.0.1:1');
    expect(outcome.kind).toBe('crash');
  });
});
