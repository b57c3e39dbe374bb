/** The exported mailflow and journal handlers with the real SDK clients, all found through the environment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type LoopbackServer,
  restJsonError,
  type SeenRequest,
  startLoopback,
} from '../shared/workmail/support/loopback-http.ts';
import { FULL } from './support/policies.ts';
import { CONTEXT, fixture, MESSAGE_ID, ruleEvent, typeForAll } from './support/world.ts';

const objects = new Map<string, Buffer>();
const messages = new Map<string, Buffer>();
const deleted: string[] = [];
/** Longer than everything else takes, so that it is not there by chance. */
const SLOW_COPY_MS = 400;
let server: LoopbackServer;
let folder: string;

/** S3 and the Message Flow API, as far as the handlers use them. */
function serve(request: SeenRequest): { status: number; body?: Buffer; error?: string } {
  const path = request.path.replace(/\?.*$/, '').slice(1);
  const id = /^messages\/(.+)$/.exec(path)?.[1];
  if (id !== undefined && request.method === 'GET') {
    const body = messages.get(id);
    return body === undefined ? { status: 404, error: 'ResourceNotFoundException' } : { status: 200, body };
  }
  if (id !== undefined) {
    const { content } = JSON.parse(String(request.body)) as {
      content: { s3Reference: { bucket: string; key: string } };
    };
    const body = objects.get(`${content.s3Reference.bucket}/${content.s3Reference.key}`);
    if (body === undefined) return { status: 400, error: 'InvalidContentLocation' };
    messages.set(id, body);
    return { status: 200, body: Buffer.from('{}') };
  }
  if (request.method === 'DELETE') {
    deleted.push(request.path);
    return { status: 204 };
  }
  if (request.method === 'PUT') {
    if (request.headers['if-none-match'] === '*' && objects.has(path)) return { status: 412 };
    objects.set(path, request.body);
    return { status: 200 };
  }
  const body = objects.get(path);
  if (body === undefined) return { status: 404 };
  return request.method === 'GET' ? { status: 200, body } : { status: 200 };
}

beforeAll(async () => {
  server = await startLoopback((request, response) => {
    const isCopy = request.method === 'PUT' && request.path.includes('/policy/last-good');
    setTimeout(
      () => {
        const { status, body, error } = serve(request);
        if (error !== undefined) return restJsonError(response, status, error);
        response.writeHead(status, { 'x-amz-version-id': 'v1' }).end(body);
      },
      isCopy ? SLOW_COPY_MS : 0,
    );
  });
  folder = mkdtempSync(join(tmpdir(), 'mailroom-wired-'));
  objects.set('config/policy.yaml', Buffer.from(FULL));
  writeFileSync(join(folder, 'mark.key'), 'k'.repeat(64));
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ENDPOINT_URL_WORKMAILMESSAGEFLOW: server.endpoint,
    LAMBDA_TASK_ROOT: folder,
    POLICY_URI: 's3://config/policy.yaml',
    MAILROOM_MARK_KEY_URI: 'mark.key',
    MAILROOM_REWRITE_BUCKET: 'mailroom-rewrite',
    MAILROOM_JOURNAL_BUCKET: 'mailroom-journal',
    MAILROOM_DELETE_AFTER_PUT: 'true',
    MAILROOM_LOG: 'error',
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('through the real clients', () => {
  it('mailflow captures, rewrites and delivers, and a second call changes nothing', async () => {
    const { handler } = await import('../../handlers/mailflow/index.ts');
    const original = Buffer.from(fixture('inbound-pass.eml'));
    messages.set(MESSAGE_ID, original);
    expect(typeForAll(await handler(ruleEvent(), CONTEXT))).toBe('DEFAULT');
    const rewritten = messages.get(MESSAGE_ID) ?? Buffer.alloc(0);
    expect(rewritten.toString()).toContain('This message comes from outside.');
    const stored = [...objects].map(([key, body]) => [key.split('/', 2).join('/'), body] as const);
    const journaled = stored.filter(([key]) => key.startsWith('mailroom-journal/'));
    expect(journaled.map(([key]) => key)).toEqual(['mailroom-journal/raw', 'mailroom-journal/event']);
    expect(journaled[0]?.[1].equals(original)).toBe(true);
    // The last good policy is kept beside the work, and before the answer.
    const rewrites = stored.map(([key]) => key).filter((key) => key.startsWith('mailroom-rewrite/'));
    expect(rewrites.sort()).toEqual(['mailroom-rewrite/policy', 'mailroom-rewrite/rewritten']);
    expect(String(objects.get('mailroom-rewrite/policy/last-good'))).toContain('external banner');
    expect(deleted).toEqual([expect.stringMatching(/^\/mailroom-rewrite\/rewritten\/.*versionId=v1/)]);
    const count = objects.size;
    expect(typeForAll(await handler(ruleEvent(), CONTEXT))).toBe('DEFAULT');
    expect(messages.get(MESSAGE_ID)).toBe(rewritten);
    expect(objects.size).toBe(count);
  });

  it('journal records once', async () => {
    const { handler } = await import('../../handlers/journal/index.ts');
    const event = ruleEvent({ invocationId: 'f'.repeat(40) });
    expect(await handler(event, CONTEXT)).toEqual({ outcome: 'stored' });
    expect(await handler(event, CONTEXT)).toEqual({ outcome: 'already-stored' });
  });
});
