import { AddPermissionCommand, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import {
  CreateAvailabilityConfigurationCommand,
  DeleteAvailabilityConfigurationCommand,
  ListAvailabilityConfigurationsCommand,
  TestAvailabilityConfigurationCommand,
  UpdateAvailabilityConfigurationCommand,
} from '@aws-sdk/client-workmail';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure } from '../stand.ts';
import { ACCOUNT, ORGANIZATION, type TestAccount, testAccount } from './account.ts';

const OrganizationId = ORGANIZATION;
const AVAILABILITY_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:availability`;

let account: TestAccount;
beforeAll(async () => {
  account = await testAccount();
});
afterAll(() => account?.close());

describe('availability configurations', () => {
  const DomainName = 'other.example';
  const list = async () =>
    (await account.workmail.send(new ListAvailabilityConfigurationsCommand({ OrganizationId })))
      .AvailabilityConfigurations ?? [];

  test('begin with the domains that the policy has calendars of', async () => {
    expect(await list()).toMatchObject([
      {
        DomainName: 'partner.example',
        ProviderType: 'LAMBDA',
        LambdaProvider: { LambdaArn: AVAILABILITY_ARN },
      },
    ]);
  });

  test('[A1] have a function or an EWS endpoint, one of the two', async () => {
    const LambdaProvider = { LambdaArn: AVAILABILITY_ARN };
    const EwsProvider = { EwsEndpoint: 'https://ews.example/EWS', EwsUsername: 'u', EwsPassword: 'secret' };
    const both = { OrganizationId, DomainName, LambdaProvider, EwsProvider };
    for (const input of [both, { OrganizationId, DomainName }])
      expect(
        await failure(account.workmail.send(new CreateAvailabilityConfigurationCommand(input))),
      ).toMatchObject({
        name: 'InvalidParameterException',
      });
    await account.workmail.send(
      new CreateAvailabilityConfigurationCommand({ OrganizationId, DomainName, LambdaProvider }),
    );
    const again = new CreateAvailabilityConfigurationCommand({ OrganizationId, DomainName, LambdaProvider });
    expect(await failure(account.workmail.send(again))).toMatchObject({ name: 'NameAvailabilityException' });
    await account.workmail.send(
      new UpdateAvailabilityConfigurationCommand({ OrganizationId, DomainName, EwsProvider }),
    );
    const found = (await list()).find((one) => one.DomainName === DomainName);
    expect(found).toMatchObject({ ProviderType: 'EWS', EwsProvider: { EwsUsername: 'u' } });
    expect(JSON.stringify(found)).not.toContain('secret');
    await account.workmail.send(new DeleteAvailabilityConfigurationCommand({ OrganizationId, DomainName }));
    expect(await list()).toHaveLength(1);
  });
});

describe('TestAvailabilityConfiguration', () => {
  const run = async (one: TestAccount) =>
    one.workmail.send(
      new TestAvailabilityConfigurationCommand({ OrganizationId, DomainName: 'partner.example' }),
    );
  const replaceRight = async (one: TestAccount, right: { SourceArn?: string; SourceAccount?: string }) => {
    const FunctionName = 'availability';
    const StatementId = 'mailroom-AvailabilityInvokeRight';
    await one.lambda.send(new RemovePermissionCommand({ FunctionName, StatementId }));
    const Principal = 'availability.workmail.us-east-1.amazonaws.com';
    await one.lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId,
        Action: 'lambda:InvokeFunction',
        Principal,
        ...right,
      }),
    );
  };

  test('[A7] calls the function, and refuses one that lets in calls without source account and source ARN', async () => {
    const one = await testAccount();
    expect(await run(one)).toMatchObject({ TestPassed: true });
    expect(one.calls).toMatchObject([{ name: 'availability', event: { mailboxes: [] } }]);
    await replaceRight(one, {});
    expect(await run(one)).toMatchObject({
      TestPassed: false,
      FailureReason: expect.stringContaining('anonymous'),
    });
    await replaceRight(one, { SourceAccount: '999999999999' });
    expect(await run(one)).toMatchObject({
      TestPassed: false,
      FailureReason: expect.stringContaining('not authorized'),
    });
    expect(one.calls).toHaveLength(1);
    await one.close();
  });

  test('[A8] sends no mailboxes, or an empty object, as is assumed', async () => {
    const change = (text: string) =>
      text.replace('assumptions:\n', 'assumptions:\n  testAvailabilityEvent: empty-object\n');
    const one = await testAccount({ change });
    await run(one);
    expect(one.calls).toEqual([{ name: 'availability', event: {} }]);
    await one.close();
  });

  test('fails when the function fails', async () => {
    const common = { durationMs: 1, coldStart: false, logs: [] };
    const one = await testAccount({
      outcome: { ...common, kind: 'error', errorType: 'Error', errorMessage: 'no' },
    });
    expect(await run(one)).toMatchObject({
      TestPassed: false,
      FailureReason: expect.stringContaining('did not answer'),
    });
    await one.close();
  });
});
