/** Whose bucket is looked at: only of functions that hand messages over to WorkMail in it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkRewriteBucket } from '../../../local/doctor/checks/rewrite-bucket.ts';
import { type Clients, openClients } from '../../../local/doctor/clients.ts';
import { type Deployed, readDeployed } from '../../../local/doctor/deployed.ts';
import { type TestAccount, testAccount } from '../aws/control/account.ts';
import { ORGANIZATION, REGION } from './world.ts';

let account: TestAccount;
let clients: Clients;
let deployed: Deployed;

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  account = await testAccount();
  clients = openClients(REGION, account.stand.server.url);
  const target = { organizationId: ORGANIZATION, region: REGION, stackName: 'mailroom' };
  deployed = await readDeployed(clients, target);
});
afterAll(async () => {
  clients?.close();
  await account?.close();
});

/** A deployment of these alone; the template tells each of them the bucket. */
function only(...logicalIds: string[]): Deployed {
  const value = { Environment: { Variables: { MAILROOM_REWRITE_BUCKET: 'mailroom-rewrite' } } };
  const functions = deployed.functions
    .filter(({ logicalId }) => logicalIds.includes(logicalId))
    .map((one) => ({ ...one, configuration: { kind: 'answer', value } as const }));
  expect(functions).toHaveLength(logicalIds.length);
  return { ...deployed, functions };
}

test('a function that rewrites is told whether WorkMail can read its bucket', async () => {
  const findings = await checkRewriteBucket(clients, only('Mailflow'));
  expect(findings.map(({ id }) => id)).toContain('bucket-read');
});

test('functions that only keep a copy of the policy there need no reader', async () => {
  expect(await checkRewriteBucket(clients, only('Availability', 'Dmarc'))).toEqual([]);
});
