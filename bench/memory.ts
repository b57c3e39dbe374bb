/**
 * The most memory that `mailflow` takes for a large message, as a whole process with the SDK's clients: captured, parsed,
 * given a banner, stored and put, against the stand-in's S3 and Message Flow API.
 *
 *     node bench/memory.ts            after `mailroom build`; Linux only, for it reads /proc
 */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { startAws } from '../local/aws/server.ts';
import { ruleEvent, sampleMessage } from './sample.ts';

const MIB = 1024 * 1024;
/** WorkMail's limit for a message in MIME form, less what the banner takes; and its limit before encoding. */
const SIZES = [1 * MIB, 29 * MIB, 40 * MIB - 20_000];
const BUCKETS = { MAILROOM_REWRITE_BUCKET: 'mailroom-rewrite', MAILROOM_JOURNAL_BUCKET: 'mailroom-journal' };
const ROOT = resolve(import.meta.dirname, '..');
const BOUNDARY = 'b2_1d9e';

/** The sample message with an attachment in base64, as large messages are. */
function messageOf(subject: string, size: number): Buffer {
  const text = sampleMessage(subject, 20_000).toString('latin1');
  const [header = ''] = text.split('\r\n\r\n', 1);
  const type = header.slice(header.indexOf('Content-Type:'));
  const lines = Math.floor((size - text.length - 1_000) / 78);
  const attached = randomBytes(lines * 57)
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  return Buffer.from(
    `${header.replace(type, `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`)}\r\n\r\n` +
      `--${BOUNDARY}\r\n${type}\r\n${text.slice(header.length + 2)}\r\n` +
      `--${BOUNDARY}\r\nContent-Type: application/zip; name="a.zip"\r\n` +
      'Content-Disposition: attachment; filename="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
      `${attached}--${BOUNDARY}--\r\n`,
    'latin1',
  );
}

async function measure(size: number, distDir: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-memory-'));
  const id: string = randomUUID();
  const messages = new Map([[id, messageOf('memory', size)]]);
  let replaced = 0;
  const inTransit = {
    get: async (messageId: string) => messages.get(messageId),
    put: async () => {
      replaced += 1;
      return 'stored' as const;
    },
  };
  const place = { region: 'us-east-1', account: '123456789012', port: 0 };
  const aws = await startAws({ dataDir: folder, inTransit, ...place, buckets: Object.values(BUCKETS) });
  try {
    const env = {
      ...process.env,
      ...BUCKETS,
      AWS_REGION: place.region,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_S3: aws.url,
      POLICY_URI: join(ROOT, 'local/sample/policy.yaml'),
      MAILROOM_LOG: 'error',
    };
    const bundle = pathToFileURL(join(distDir, 'mailflow/index.mjs')).href;
    const args = [join(ROOT, 'bench/memory-run.mjs'), bundle, JSON.stringify(ruleEvent(id, 'memory'))];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    return `${(size / MIB).toFixed(1)} MiB, ${replaced} put: ${line}`;
  } finally {
    await aws.close();
    rmSync(folder, { recursive: true });
  }
}

const distDir = resolve(process.argv[2] ?? join(ROOT, 'dist'));
for (const size of SIZES) process.stdout.write(`${await measure(size, distDir)}\n`);
