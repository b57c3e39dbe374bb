import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../handlers/edge/environment.ts';
import { createMarkKey, type MarkKeySource } from '../../../handlers/edge/mark-key.ts';
import { createObjectStore } from '../../../handlers/edge/object-store.ts';
import { createParameterStore } from '../../../handlers/edge/parameters.ts';
import { besidePolicy, policyUri } from '../../../handlers/edge/policy-place.ts';
import { createPolicySource } from '../../../handlers/edge/policy-source.ts';
import { createResourceReader, pathOf, type ResourceReader } from '../../../handlers/edge/resource.ts';
import { PermanentError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import {
  clientConfig,
  type LoopbackServer,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

const POLICY = 'version: 1\norganization: { domains: example.com }\n';
const calm = () => new AbortController().signal;
const log = () => undefined;
let folder: string;
let server: LoopbackServer;
let resources: ResourceReader;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mailroom-edge-'));
  writeFileSync(join(folder, 'policy.yaml'), POLICY);
  writeFileSync(join(folder, 'mark.key'), `${'k'.repeat(40)}\r\n`);
  writeFileSync(join(folder, 'short.key'), 'short\n');
  server = await startLoopback((request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const body: unknown = request.body.length > 0 && target !== '' ? JSON.parse(String(request.body)) : {};
    const name = typeof body === 'object' && body !== null && 'Name' in body ? body.Name : '';
    if (target.endsWith('GetParameter') && name === '/mailroom/policy') {
      response.end(JSON.stringify({ Parameter: { Name: name, Value: POLICY, Version: 3 } }));
    } else if (target.endsWith('GetParameter') && name === '/mailroom/mark-key') {
      response.end(JSON.stringify({ Parameter: { Name: name, Value: 'k'.repeat(64), Version: 1 } }));
    } else if (target.endsWith('GetParameter')) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'ParameterNotFound', message: 'secret' }));
    } else if (target.endsWith('GenerateMac')) {
      response.end(JSON.stringify({ Mac: Buffer.alloc(32, 5).toString('base64') }));
    } else if (request.path.startsWith('/config/policy.yaml')) response.end(POLICY);
    else {
      response.writeHead(404, { 'content-type': 'application/xml' });
      response.end('<Error><Code>NoSuchKey</Code></Error>');
    }
  });
  const client = { ...clientConfig(server), maxAttempts: 1 };
  resources = createResourceReader({
    objectStore: createObjectStore({ pathStyle: true, client }),
    parameters: createParameterStore(client),
    folder,
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('the policy', () => {
  it.each(['policy.yaml', 'file:policy.yaml', 's3://config/policy.yaml', 'ssm:///mailroom/policy'])(
    'is read from %s',
    async (uri) => {
      const source = createPolicySource({ uri, resources, log, now: Date.now });
      expect((await source.load(13_000)).organization.domains).toEqual(['example.com']);
    },
  );

  it('is read from file:/// and an absolute path', async () => {
    const path = join(folder, 'policy.yaml');
    for (const uri of [path, pathToFileURL(path).href]) {
      const source = createPolicySource({ uri, resources, log, now: Date.now });
      expect((await source.load(13_000)).version).toBe(1);
    }
  });

  it.each(['missing.yaml', 's3://config/missing.yaml', 'ssm:///mailroom/missing'])(
    'is a PermanentError when there is nothing at %s',
    async (uri) => {
      const source = createPolicySource({ uri, resources, log, now: Date.now });
      const error = await source.load(13_000).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PermanentError);
      expect(String(error)).not.toContain('missing');
    },
  );

  it('changes without a deploy: a file at once, an object within a minute', async () => {
    let time = 0;
    const path = join(folder, 'changing.yaml');
    writeFileSync(path, POLICY);
    const source = createPolicySource({ uri: path, resources, log, now: () => time });
    await source.load(13_000);
    writeFileSync(path, POLICY.replace('example.com', 'example.org'));
    time = 1_000;
    expect((await source.load(13_000)).organization.domains).toEqual(['example.org']);
    const remote = createPolicySource({ uri: 's3://config/policy.yaml', resources, log, now: () => time });
    const before = server.requests.length;
    await remote.load(13_000);
    time += 59_000;
    await remote.load(13_000);
    expect(server.requests.length).toBe(before + 1);
    time += 1_000;
    await remote.load(13_000);
    expect(server.requests.length).toBe(before + 2);
  });

  it('keeps the last good one when the new one is wrong, and says so with every message', async () => {
    let time = 0;
    const records: LogRecord[] = [];
    const path = join(folder, 'broken.yaml');
    writeFileSync(path, POLICY);
    const log = (record: LogRecord) => records.push(record);
    const source = createPolicySource({ uri: path, resources, log, now: () => time });
    await source.load(13_000);
    writeFileSync(path, 'version: 1\n');
    time = 1_000;
    for (let message = 0; message < 2; message++) {
      expect((await source.load(13_000)).organization.domains).toEqual(['example.com']);
    }
    const outcomes = records.map(({ level, outcome }) => [level, outcome]);
    expect(outcomes).toEqual([
      ['info', 'loaded'],
      ['error', 'kept-last-good'],
      ['warn', 'stale'],
      ['warn', 'stale'],
    ]);
  });

  it('is beside the bundle when POLICY_URI is not set', () => {
    expect(policyUri(readEnvironment({ LAMBDA_TASK_ROOT: folder }))).toBe(join(folder, 'policy.yaml'));
    expect(policyUri(readEnvironment({ LAMBDA_TASK_ROOT: join(folder, 'elsewhere') }))).toMatch(
      /edge.policy\.yaml$/,
    );
    expect(policyUri(readEnvironment({ POLICY_URI: 'ssm://x', LAMBDA_TASK_ROOT: folder }))).toBe('ssm://x');
  });

  it('says where the files beside it are', () => {
    expect(besidePolicy('s3://b/mail/policy.yaml', 'calendars/a.ics', '/task')).toBe(
      's3://b/mail/calendars/a.ics',
    );
    expect(besidePolicy('s3://b/policy.yaml', 'a.ics', '/task')).toBe('s3://b/a.ics');
    expect(besidePolicy('/etc/mail/policy.yaml', 'a.ics', '/task')).toBe('/etc/mail/a.ics');
    expect(besidePolicy('conf/policy.yaml', 'a.ics', '/task')).toBe('/task/conf/a.ics');
    expect(besidePolicy('ssm:///x', 'a.ics', '/task')).toBe('/task/a.ics');
    expect(besidePolicy('/etc/policy.yaml', 's3://b/a.ics', '/task')).toBe('s3://b/a.ics');
    expect(pathOf('file:///a/b', '/task')).toBe('/a/b');
  });
});

describe('the resource reader', () => {
  it('has a cap for every place', async () => {
    for (const uri of ['policy.yaml', 's3://config/policy.yaml', 'ssm:///mailroom/policy']) {
      await expect(resources.read(uri, 'POLICY_URI', 5, calm())).rejects.toThrow(PermanentError);
    }
  });
});

describe('the mark key', () => {
  const data = Buffer.from('data');

  it('is nothing when no variable is set', () => {
    expect(createMarkKey({ uri: undefined, resources })).toBeUndefined();
  });

  const macOf = async (source: MarkKeySource | undefined, signal = calm()) => {
    const key = await source?.load(signal);
    return key?.[0](data, signal);
  };

  it('is asked for when the first MAC is wanted', async () => {
    const before = server.requests.length;
    const source = createMarkKey({ uri: 'ssm:///mailroom/mark-key', resources });
    expect(server.requests).toHaveLength(before);
    await macOf(source);
    await macOf(source);
    expect(server.requests).toHaveLength(before + 1);
  });

  it('is the bytes of a file without its line end', async () => {
    writeFileSync(join(folder, 'bare.key'), 'k'.repeat(40));
    const bare = await macOf(createMarkKey({ uri: 'bare.key', resources }));
    expect(bare).toHaveLength(32);
    expect(await macOf(createMarkKey({ uri: 'mark.key', resources }))).toEqual(bare);
  });

  it('has a generation on each line, the newest first, and not more than three', async () => {
    const lines = ['n', 'o', 'x', 'y'].map((letter) => letter.repeat(40));
    const keyOf = (text: string) => {
      writeFileSync(join(folder, 'rotated.key'), text);
      return createMarkKey({ uri: 'rotated.key', resources })?.load(calm());
    };
    const rotated = await keyOf(`${lines[0]}\r\n${lines[1]}\n\n`);
    expect(rotated).toHaveLength(2);
    const [newest] = (await keyOf(lines[0] ?? '')) ?? [];
    const [older] = (await keyOf(lines[1] ?? '')) ?? [];
    expect(await rotated?.[0](data, calm())).toEqual(await newest?.(data, calm()));
    expect(await rotated?.[1]?.(data, calm())).toEqual(await older?.(data, calm()));
    expect(await keyOf(lines.slice(0, 3).join('\n'))).toHaveLength(3);
    await expect(keyOf(lines.join('\n'))).rejects.toThrow('more than 3 keys');
    await expect(keyOf(`${lines[0]}\nshort`)).rejects.toThrow('fewer than 32 bytes');
    await expect(keyOf('\n')).rejects.toThrow('there is no key');
  });

  it('is a parameter, or a MAC that KMS makes', async () => {
    expect(await macOf(createMarkKey({ uri: 'ssm:///mailroom/mark-key', resources }))).toHaveLength(32);
    const kms = { ...clientConfig(server), maxAttempts: 1 };
    const fromKms = createMarkKey({ uri: 'kms://alias/mark', resources, kms });
    expect(Buffer.from((await macOf(fromKms)) ?? []).equals(Buffer.alloc(32, 5))).toBe(true);
    const sent: unknown = JSON.parse(String(server.requests.at(-1)?.body));
    expect(sent).toEqual({
      KeyId: 'alias/mark',
      MacAlgorithm: 'HMAC_SHA_256',
      Message: data.toString('base64'),
    });
  });

  it.each(['short.key', 'missing.key', 'ssm:///missing'])(
    'is a PermanentError for %s, every time',
    async (uri) => {
      const source = createMarkKey({ uri, resources });
      await expect(macOf(source)).rejects.toThrow(PermanentError);
      await expect(macOf(source)).rejects.toThrow(PermanentError);
    },
  );
});
