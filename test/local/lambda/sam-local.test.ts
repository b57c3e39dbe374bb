/** events/env.json, which `sam local` is given: it fits the template, and with it the bundles work. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLambdaHost, type LambdaHost } from '../../../local/lambda/host.ts';
import type { InvokeOutcome } from '../../../local/types.ts';
import { newDataFolder, type RunningStandIn, removeFolder, startStandIn } from '../../support/stand-in.ts';
import { EVERYTHING, resolved } from '../../template/given.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCUMENTED_ENDPOINT = 'http://host.docker.internal:8026';
const REGION = 'us-east-1';
const ACCOUNT = '123456789012';

const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(join(ROOT, 'events/env.json'), 'utf8'),
);
const reads = readFileSync(join(ROOT, 'handlers/edge/environment.ts'), 'utf8');

/** The template with everything switched on. */
const template = resolved(EVERYTHING);
const functions = [...template.resources.values()].filter(({ type }) => type === 'AWS::Serverless::Function');

function handlerOf(name: string): string {
  return String(template.resources.get(name)?.properties['CodeUri']).replace(/^dist\//, '');
}

describe('events/env.json', () => {
  it('names every function of template.yaml and no other', () => {
    expect(Object.keys(environments).sort()).toEqual(functions.map(({ logicalId }) => logicalId).sort());
  });

  it.each(Object.entries(environments))(
    '%s: sets only variables that the template sets (SAM drops the others) and the functions read',
    (name, variables) => {
      const environment = template.resources.get(name)?.properties['Environment'];
      const declared = Object.keys(Object(Object(environment).Variables));
      expect(Object.keys(variables).filter((variable) => !declared.includes(variable))).toEqual([]);
      // What the template sets with a value of AWS's is replaced, so that nothing reaches for AWS.
      expect(declared.filter((variable) => variables[variable] === undefined)).toEqual([]);
      expect(Object.keys(variables).filter((variable) => !reads.includes(`'${variable}'`))).toEqual([]);
      expect(variables['AWS_ENDPOINT_URL']).toBe(DOCUMENTED_ENDPOINT);
    },
  );
});

/** A host with the function's variables, loopback in place of the container's name for this machine. */
function hostOf(name: string, ports: RunningStandIn['ports']): LambdaHost {
  const loopback = (value: string): string =>
    value.replace(DOCUMENTED_ENDPOINT, `http://127.0.0.1:${ports.aws}`);
  const given = Object.entries(environments[name] ?? {}).map(([key, value]) => [key, loopback(value)]);
  return createLambdaHost({
    functions: [{ name, handler: handlerOf(name), timeoutMs: 15_000, memoryMb: 512 }],
    distDir: join(ROOT, 'dist'),
    environmentOf: () => ({
      ...Object.fromEntries(given),
      // A container asks its own resolver; here nothing may leave loopback.
      MAILROOM_DNS: `127.0.0.1:${ports.dns}`,
      // SAM's own, unless the shell has some.
      AWS_ACCESS_KEY_ID: 'defaultkey',
    }),
    region: REGION,
    account: ACCOUNT,
    concurrency: 1,
  });
}

describe('a function with these variables', () => {
  const data = newDataFolder();
  let standIn: RunningStandIn;
  const hosts = new Map<string, LambdaHost>();

  /** What the page does with the AWS CLI. */
  async function copyPolicy(): Promise<void> {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${standIn.ports.aws}`,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    for (const Key of ['policy.yaml', 'calendars/dave.ics', 'calendars/erin.ics']) {
      const Body = readFileSync(join(ROOT, 'local/sample', Key));
      await client.send(new PutObjectCommand({ Bucket: 'mailroom-rewrite', Key, Body }));
    }
    client.destroy();
  }

  beforeAll(async () => {
    const markKey = join(data, 'mark.txt');
    writeFileSync(markKey, randomBytes(32).toString('hex'));
    standIn = await startStandIn(data, [
      ...['--fixtures', join(ROOT, 'events')],
      ...['--parameter', `mailroom-mark-key=${markKey}`],
    ]);
    await copyPolicy();
    for (const name of Object.keys(environments)) hosts.set(name, hostOf(name, standIn.ports));
  }, 60_000);
  afterAll(async () => {
    for (const host of hosts.values()) await host.close();
    await standIn.stop();
    removeFolder(data);
  });

  function invoke(name: string, fixture: string): Promise<InvokeOutcome> {
    const host = hosts.get(name);
    if (host === undefined) throw new Error(`no host for ${name}`);
    return host.invoke(name, JSON.parse(readFileSync(join(ROOT, 'events', `${fixture}.json`), 'utf8')));
  }

  const fixtures = readdirSync(join(ROOT, 'events'))
    .filter((file) => file.endsWith('.json') && file !== 'env.json')
    .map((file) => file.slice(0, -'.json'.length));
  /** The daily reports have none: the time is their event. */
  const asked = (name: string): readonly string[] =>
    fixtures.filter(
      (fixture) => fixture.startsWith('availability-') === (handlerOf(name) === 'availability'),
    );

  it.each(Object.keys(environments).filter((name) => name !== 'Reports'))(
    '%s answers every event that is for it',
    async (name) => {
      for (const fixture of asked(name)) {
        const outcome = await invoke(name, fixture);
        expect({ fixture, ...outcome }).toMatchObject({ kind: 'answer' });
        const failures = outcome.logs.filter(({ level }) => level === 'error');
        expect({ fixture, failures }).toEqual({ fixture, failures: [] });
      }
    },
  );

  it('Reports answers the schedule', async () => {
    expect(await hosts.get('Reports')?.invoke('Reports', {})).toMatchObject({ kind: 'answer' });
  });

  it("has found the policy, its calendars and the message: what it decides is the sample policy's", async () => {
    const told = await invoke('Availability', 'availability-known');
    expect(told).toMatchObject({ payload: { mailboxes: [{ events: expect.any(Array) }, {}] } });
    const dmarc = await invoke('Dmarc', 'inbound-dmarc-reject');
    expect(dmarc).toMatchObject({ payload: { actions: [{ action: { type: 'MOVE_TO_JUNK' } }] } });
    expect(readdirSync(join(data, 's3/mailroom-journal'))).toContain('raw');
  });

  it('answers another stand-in that calls it with --lambda-endpoint', async () => {
    const folder = newDataFolder();
    const caller = await startStandIn(folder, ['--lambda-endpoint', `http://127.0.0.1:${standIn.ports.aws}`]);
    try {
      const query = 'mailbox=dave%40partner.example&from=2026-03-16T00:00:00Z&to=2026-03-17T00:00:00Z';
      const asked = await fetch(`http://127.0.0.1:${caller.ports.http}/api/freebusy?${query}`);
      expect(await asked.json()).toMatchObject({
        mailboxes: [{ kind: 'times', events: [{ busyType: 'BUSY' }] }],
      });
    } finally {
      await caller.stop();
      removeFolder(folder);
    }
  });
});
