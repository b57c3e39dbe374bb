/** The package: the same bytes each time, and zips that have everything that their functions need. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HANDLERS } from '../../../local/build.ts';
import { ACCOUNT, REGION, startServices } from '../../../local/cli/invoke-services.ts';
import { createLambdaHost } from '../../../local/lambda/host.ts';
import { type Manifest, readManifest } from '../../../local/package/manifest.ts';
import { makePackage } from '../../../local/package/package.ts';
import { codeSha256, sha256Hex, zipFiles } from '../../../local/package/zip.ts';
import { resolveTemplate } from '../../../local/template/resolve.ts';
import { NEEDED } from '../../template/given.ts';
import '../../support/properties.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PLACE = { bucket: 'example-code', prefix: 'mailroom/' };

let folder = '';
let manifest: Manifest;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-package-'));
  await makePackage({ outDir: join(folder, 'out'), place: PLACE });
  manifest = readManifest(await readFile(join(folder, 'out', 'manifest.json'), 'utf8'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function contents(dir: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(dir)).sort();
  const hashes = names.map(async (name) => [name, sha256Hex(await readFile(join(dir, name)))] as const);
  return Object.fromEntries(await Promise.all(hashes));
}

describe('the folder', () => {
  test('is the same, byte by byte, when it is made again', async () => {
    await makePackage({ outDir: join(folder, 'again'), place: PLACE });
    expect(await contents(join(folder, 'again'))).toEqual(await contents(join(folder, 'out')));
  });

  test('holds no zip of an earlier package, and leaves files of others alone', async () => {
    const dir = join(folder, 'used');
    await mkdir(dir);
    await writeFile(join(dir, 'mailflow-0123456789abcdef.zip'), 'old');
    await writeFile(join(dir, 'notes.zip'), 'mine');
    await writeFile(join(dir, 'backup-0123456789abcdef.zip'), 'mine');
    await makePackage({ outDir: dir, place: PLACE });
    const names = await readdir(dir);
    expect(names).not.toContain('mailflow-0123456789abcdef.zip');
    expect(names).toEqual(expect.arrayContaining(['notes.zip', 'backup-0123456789abcdef.zip']));
  });

  test('is not that of the sources, whose template it would write over', async () => {
    const before = await readFile(join(ROOT, 'template.yaml'), 'utf8');
    const link = join(folder, 'link');
    await symlink(ROOT, link);
    for (const outDir of [ROOT, `${ROOT}/`, link])
      await expect(makePackage({ outDir, place: PLACE })).rejects.toThrow('name another folder');
    expect(await readFile(join(ROOT, 'template.yaml'), 'utf8')).toBe(before);
  });

  test('has a template that names each zip by what is in it', async () => {
    const text = await readFile(join(folder, 'out', 'template.yaml'), 'utf8');
    const options = {
      parameters: NEEDED,
      region: 'eu-west-1',
      account: '111122223333',
      stackName: 'mailroom',
    };
    expect(resolveTemplate(text, options).resources.get('Mailflow')?.properties['CodeUri']).toEqual({
      Bucket: 'example-code',
      Key: `mailroom/${manifest.handlers['mailflow']?.zip}`,
    });
  });
});

describe.each(HANDLERS.map((name) => [name]))('the zip of %s', (name) => {
  test('is what the manifest says', async () => {
    const said = manifest.handlers[name];
    const zip = await readFile(join(folder, 'out', said?.zip ?? ''));
    expect({ codeSha256: codeSha256(zip), zipBytes: zip.length }).toEqual({
      codeSha256: said?.codeSha256,
      zipBytes: said?.zipBytes,
    });
    const files = Object.entries(unzipSync(zip)).map(([file, bytes]) => [file, sha256Hex(bytes)]);
    expect(Object.fromEntries(files)).toEqual(said?.files);
    expect(said?.files).toHaveProperty('index.mjs');
  });
});

/** Where nothing of this repository is above it, so that a bundle finds only what was packed. */
async function unpacked(): Promise<string> {
  const dir = join(folder, 'unpacked');
  for (const [name, { zip }] of Object.entries(manifest.handlers)) {
    await mkdir(join(dir, name), { recursive: true });
    for (const [file, bytes] of Object.entries(unzipSync(await readFile(join(folder, 'out', zip)))))
      await writeFile(join(dir, name, file), bytes);
  }
  return dir;
}

async function event(name: string): Promise<{ readonly messageId?: string }> {
  return JSON.parse(await readFile(join(ROOT, 'events', `${name}.json`), 'utf8'));
}

/** Calls the function from its unpacked zip, with a message in transit, S3 and DNS around it. */
async function call(handler: string, eventName: string) {
  const given = await event(eventName);
  const id = given.messageId;
  const message =
    id === undefined ? undefined : { id, bytes: await readFile(join(ROOT, 'events', `${eventName}.eml`)) };
  const sample = join(ROOT, 'local/sample');
  const services = await startServices({
    policy: join(sample, 'policy.yaml'),
    zone: join(sample, 'zone.db'),
    message,
    awsEndpoint: undefined,
  });
  const host = createLambdaHost({
    functions: [{ name: handler, handler, timeoutMs: 15_000, memoryMb: 512 }],
    distDir: await unpacked(),
    environmentOf: () => services.environment,
    region: REGION,
    account: ACCOUNT,
    concurrency: 1,
  });
  try {
    const outcome = await host.invoke(handler, given);
    return { outcome, replaced: services.replaced() };
  } finally {
    await host.close();
    await services.close();
  }
}

describe('a function, unpacked on its own', () => {
  test.each(['mailflow', 'rewrite'])('%s rewrites a message', async (handler) => {
    const { outcome, replaced } = await call(handler, 'inbound');
    expect(outcome).toMatchObject({
      kind: 'answer',
      payload: { actions: [{ action: { type: 'DEFAULT' }, allRecipients: true }] },
    });
    expect(Buffer.from(replaced ?? []).toString()).toContain('CAUTION: This message comes from outside');
  });

  test('dmarc says what becomes of a message that fails', async () => {
    const { outcome } = await call('dmarc', 'inbound-dmarc-reject');
    expect(outcome).toMatchObject({
      kind: 'answer',
      payload: { actions: [{ action: { type: 'MOVE_TO_JUNK' }, allRecipients: true }] },
    });
  });

  test('journal keeps a message', async () => {
    const { outcome } = await call('journal', 'inbound');
    expect(outcome.kind).toBe('answer');
    expect(JSON.stringify(outcome.logs)).toContain('journal-raw');
  });

  test('availability knows busy times', async () => {
    const { outcome } = await call('availability', 'availability-known');
    expect(outcome.kind).toBe('answer');
    expect(JSON.stringify(outcome)).toContain('"busyType":"BUSY"');
  });
});

describe('a zip', () => {
  test('does not depend on the order of its files', () => {
    const file = fc.tuple(fc.stringMatching(/^[a-z]{1,8}\.mjs$/), fc.uint8Array({ maxLength: 200 }));
    const files = fc.uniqueArray(file, { maxLength: 6, selector: ([name]) => name });
    fc.assert(
      fc.property(files, (given) => {
        const zip = zipFiles(new Map(given));
        expect(Buffer.from(zipFiles(new Map(given.toReversed()))).equals(zip)).toBe(true);
        const read = Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, [...bytes]]);
        expect(read.sort()).toEqual(given.map(([name, bytes]) => [name, [...bytes]]).sort());
      }),
      { numRuns: 50 },
    );
  });
});

describe('a manifest that is none', () => {
  test.each(['', '{}', '[]', '{"version":2,"handlers":{}}', '{"version":1,"handlers":{"a":{"zip":1}}}'])(
    '%s is refused',
    (text) => {
      expect(() => readManifest(text)).toThrow('not a manifest.json of "mailroom package"');
    },
  );
});
