/** The policy where the functions are told that it is, in S3 or in a parameter of SSM, read with the real clients. */
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPolicies } from '../../../local/doctor/checks/policy.ts';
import { type Clients, openClients } from '../../../local/doctor/clients.ts';
import { type Deployed, readDeployed } from '../../../local/doctor/deployed.ts';
import { type TestAccount, testAccount } from '../aws/control/account.ts';
import { ORGANIZATION, REGION, SAMPLE_POLICY, troubles } from './world.ts';

const WRONG = SAMPLE_POLICY.replace('senderScope: outside', 'sendrScope: outside');
const Bucket = 'mailroom-policy';

let account: TestAccount;
let clients: Clients;
let deployed: Deployed;

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  const parameters = new Map([
    ['/mailroom/policy', { type: 'SecureString', value: SAMPLE_POLICY }],
    ['plain', { type: 'String', value: SAMPLE_POLICY }],
    ['wrong', { type: 'String', value: WRONG }],
  ] as const);
  account = await testAccount({ secrets: { parameters } });
  clients = openClients(REGION, account.stand.server.url);
  deployed = await readDeployed(clients, {
    organizationId: ORGANIZATION,
    region: REGION,
    stackName: 'mailroom',
  });
  const { s3 } = account.stand;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  await put('a folder/policy.yaml', SAMPLE_POLICY);
  await put('wrong.yaml', WRONG);
  await put('long.yaml', `${SAMPLE_POLICY}${'#'.repeat(1024 * 1024)}\n`);
});
afterAll(async () => {
  clients?.close();
  await account?.close();
});

/** The same deployment, with its functions told another place. */
function told(uri: string): Deployed {
  const value = { Environment: { Variables: { POLICY_URI: uri } } };
  const functions = deployed.functions.map((one) => ({
    ...one,
    configuration: { kind: 'answer', value } as const,
  }));
  return { ...deployed, functions };
}

describe('a policy', () => {
  const GOOD = [`s3://${Bucket}/a folder/policy.yaml`, 'ssm:///mailroom/policy', 'ssm://plain'];
  test.each(GOOD)('at %s is read and valid', async (uri) => {
    const { findings, policies } = await checkPolicies(clients, told(uri));
    expect(troubles(findings)).toEqual([]);
    expect(findings.map(({ id }) => id)).toEqual(['policy-readable', 'policy-valid', 'policy-domains']);
    expect(policies.map(({ organization }) => organization.domains)).toEqual([['example.com']]);
  });

  const BAD: readonly (readonly [string, string, RegExp])[] = [
    [`s3://${Bucket}/elsewhere.yaml`, 'fail policy-readable', /no policy at this place/],
    ['s3://no-such-bucket/policy.yaml', 'fail policy-readable', /no policy at this place/],
    ['ssm:///mailroom/elsewhere', 'fail policy-readable', /no policy at this place/],
    [`s3://${Bucket}/wrong.yaml`, 'fail policy-valid', /sendrScope/],
    [`s3://${Bucket}/long.yaml`, 'fail policy-valid', /longer than 1048576 bytes/],
    ['ssm://wrong', 'fail policy-valid', /sendrScope/],
    ['./policy.yaml', 'unknown policy-readable', /in the function's own code/],
  ];
  test.each(BAD)('at %s is %s', async (uri, trouble, meaning) => {
    const { findings, policies } = await checkPolicies(clients, told(uri));
    expect(troubles(findings)).toEqual([`${trouble} (${uri})`]);
    expect(findings.find(({ level }) => level !== 'ok')?.meaning).toMatch(meaning);
    expect(policies).toEqual([]);
  });
});
