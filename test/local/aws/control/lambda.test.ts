/** What AWS Lambda tells of a function and who may call it, with the real client. */
import { createHash } from 'node:crypto';
import {
  AddPermissionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  RemovePermissionCommand,
} from '@aws-sdk/client-lambda';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure } from '../stand.ts';
import { ACCOUNT, ORGANIZATION, type TestAccount, testAccount } from './account.ts';

let account: TestAccount;
beforeAll(async () => {
  account = await testAccount();
});
afterAll(() => account?.close());

describe('Lambda', () => {
  const FunctionName = 'mailflow';

  test('gives configuration and code, whose hash is the one that it tells', async () => {
    const { Configuration, Code } = await account.lambda.send(new GetFunctionCommand({ FunctionName }));
    expect(Configuration).toMatchObject({ Runtime: 'nodejs24.x', Timeout: 15, Architectures: ['arm64'] });
    const zip = new Uint8Array(await (await fetch(Code?.Location ?? '')).arrayBuffer());
    expect(createHash('sha256').update(zip).digest('base64')).toBe(Configuration?.CodeSha256);
    expect(Object.keys(unzipSync(zip))).toEqual(['index.mjs']);
    const alone = await account.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    expect(alone.CodeSha256).toBe(Configuration?.CodeSha256);
    expect((await account.lambda.send(new ListFunctionsCommand({}))).Functions).toHaveLength(6);
    expect((await account.lambda.send(new ListAliasesCommand({ FunctionName }))).Aliases).toEqual([]);
  });

  test('knows a function by its ARN, and no other function', async () => {
    const arn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:journal`;
    const found = await account.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
    expect(found.FunctionName).toBe('journal');
    expect(
      await failure(account.lambda.send(new GetFunctionCommand({ FunctionName: 'other' }))),
    ).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
    });
    expect((await fetch(`${account.stand.server.url}/~code/other.zip`)).status).toBe(404);
  });

  test('lets WorkMail in as the template says, and forgets and takes permissions', async () => {
    const policy = async () => {
      const { Policy = '{}' } = await account.lambda.send(new GetPolicyCommand({ FunctionName }));
      return JSON.parse(Policy);
    };
    expect(await policy()).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'workmail.us-east-1.amazonaws.com' },
          Condition: {
            StringEquals: { 'AWS:SourceAccount': ACCOUNT },
            ArnLike: {
              'AWS:SourceArn': `arn:aws:workmail:us-east-1:${ACCOUNT}:organization/${ORGANIZATION}`,
            },
          },
        },
      ],
    });
    const add = {
      FunctionName,
      StatementId: 'more',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
    };
    await account.lambda.send(new AddPermissionCommand(add));
    expect((await policy()).Statement).toHaveLength(2);
    expect(await failure(account.lambda.send(new AddPermissionCommand(add)))).toMatchObject({
      name: 'ResourceConflictException',
    });
    const remove = new RemovePermissionCommand({ FunctionName, StatementId: 'more' });
    await account.lambda.send(remove);
    expect(await failure(account.lambda.send(remove))).toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('lets WorkMail call a function that the template does not have, for this organization only', async () => {
    const own = '  - name: own\n    handler: mailflow\n    timeoutSeconds: 15\n    memoryMb: 512\n';
    const other = await testAccount({
      change: (text) => text.replace('\nflowRules:', `${own}\nflowRules:`),
    });
    const { Policy = '{}' } = await other.lambda.send(new GetPolicyCommand({ FunctionName: 'own' }));
    const { Statement } = JSON.parse(Policy);
    const principals = Statement.map((one: { Principal: { Service: string } }) => one.Principal.Service);
    expect(principals).toEqual([
      'workmail.us-east-1.amazonaws.com',
      'availability.workmail.us-east-1.amazonaws.com',
    ]);
    for (const { Condition } of Statement)
      expect(Condition).toEqual({
        StringEquals: { 'AWS:SourceAccount': ACCOUNT },
        ArnLike: { 'AWS:SourceArn': `arn:aws:workmail:us-east-1:${ACCOUNT}:organization/${ORGANIZATION}` },
      });
    await other.close();
  });

  test('tells what happens to failed events of the asynchronous function alone', async () => {
    const config = await account.lambda.send(
      new GetFunctionEventInvokeConfigCommand({ FunctionName: 'journal' }),
    );
    expect(config).toMatchObject({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600 });
    expect(
      await failure(account.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }))),
    ).toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('refuses by name what it does not play', async () => {
    expect(
      await failure(account.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))),
    ).toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});
