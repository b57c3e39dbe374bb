/** What the deployed code is compared with: the bundles of a build, or the manifest of a package. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../../local/doctor/built.ts';
import { checkCode } from '../../../local/doctor/checks/code.ts';
import { openClients } from '../../../local/doctor/clients.ts';
import { type Deployed, readDeployed } from '../../../local/doctor/deployed.ts';
import { type PackagedHandler, writeManifest } from '../../../local/package/manifest.ts';
import { codeSha256, zipFiles } from '../../../local/package/zip.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { type TestAccount, testAccount } from '../aws/control/account.ts';
import { ORGANIZATION, REGION, troubles } from './world.ts';

let account: TestAccount;
let deployed: Deployed;

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  account = await testAccount();
  const clients = openClients(REGION, account.stand.server.url);
  const target = { organizationId: ORGANIZATION, region: REGION, stackName: 'mailroom' };
  deployed = await readDeployed(clients, target);
  clients.close();
});
afterAll(() => account?.close());

interface Manifested {
  /** What it says of a file instead of the truth. */
  readonly hash?: (handler: string, hash: string) => string;
  /** The zip's own hash is that of the deployed one; else another program zipped the same files. */
  readonly sameZip?: boolean;
}

/** As `mailroom package` would say it of the code that runs. */
function packaged(folder: string, { hash = (_, own) => own, sameZip = false }: Manifested = {}) {
  const handlers = readdirSync(account.distDir).map((handler): [string, PackagedHandler] => {
    const bytes = readFileSync(join(account.distDir, handler, 'index.mjs'));
    const zip = zipFiles(new Map([['index.mjs', bytes]]));
    const files = { 'index.mjs': hash(handler, hashOf(bytes)) };
    const sha256 = codeSha256(sameZip ? zip : bytes);
    return [handler, { zip: `${handler}.zip`, zipBytes: zip.length, codeSha256: sha256, files }];
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), writeManifest(new Map(handlers)));
}

describe('the code of the functions', () => {
  test('is that of the bundles', async () => {
    const findings = await checkCode(deployed, account.distDir);
    expect(findings.map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  test('is that of the bundles also where older files lie beside them, as the build says', async () => {
    const dist = temporaryFolder('dist');
    cpSync(account.distDir, dist, { recursive: true });
    writeFileSync(join(dist, 'mailflow', 'older.mjs'), '');
    expect(troubles(await checkCode(deployed, dist))).toEqual(['fail function-code (mailflow)']);
    const handlers = readdirSync(account.distDir).map((name) => ({ name, files: ['index.mjs'] }));
    writeFileSync(join(dist, 'build.json'), JSON.stringify({ report: { handlers } }));
    expect(troubles(await checkCode(deployed, dist))).toEqual([]);
  });

  test.each(['.', 'package'])('is that of a package whose manifest is in %s', async (place) => {
    const dist = temporaryFolder('package');
    packaged(join(dist, place));
    expect(troubles(await checkCode(deployed, dist))).toEqual([]);
    const other = '0'.repeat(64);
    packaged(join(dist, place), { hash: (handler, own) => (handler === 'journal' ? other : own) });
    const findings = await checkCode(deployed, dist);
    expect(troubles(findings)).toEqual(['fail function-code (journal)']);
    expect(findings.find(({ level }) => level === 'fail')?.meaning).toContain('index.mjs');
  });

  test('is that of a package with the very zip that Lambda tells of: it is not fetched', async () => {
    const dist = temporaryFolder('package');
    packaged(dist, { hash: () => '0'.repeat(64), sameZip: true });
    const elsewhere = deployed.functions.map((one) => ({ ...one, codeUrl: 'https://127.0.0.1:1/code.zip' }));
    expect(troubles(await checkCode({ ...deployed, functions: elsewhere }, dist))).toEqual([]);
  });

  test('is not known without bundles and without a manifest, or with one that is none', async () => {
    const dist = temporaryFolder('empty');
    const [nothing] = await checkCode(deployed, dist);
    expect(nothing).toMatchObject({ level: 'unknown', meaning: expect.stringContaining('manifest.json') });
    writeFileSync(join(dist, 'manifest.json'), '{}');
    const [none] = await checkCode(deployed, dist);
    expect(none).toMatchObject({ level: 'unknown', meaning: expect.stringContaining('mailroom package') });
  });
});
