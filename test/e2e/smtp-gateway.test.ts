/**
 * The real stand-in, the real bundle and a real SMTP server with TLS: outbound mail that a function changes and then leaves
 * out of its answer goes through the gateway, because the rule's fallback says so.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, type GatewayServer, startGateway } from '../local/smtp/gateway-world.ts';
import { temporaryFolder } from '../support/folders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CERTIFICATE = certificateFor('localhost');
const FOOTER = 'Example Ltd, 1 Example Street';
let standIn: RunningStandIn;
let gateway: GatewayServer;

/** The real function, but for its answer: it names the recipients at `direct.example` only. */
function bundles(): string {
  const dist = temporaryFolder('dist');
  const real = JSON.stringify(pathToFileURL(join(ROOT, 'dist/mailflow/index.mjs')).href);
  const code = `
    import { handler as real } from ${real};
    export const handler = async (event, context) => {
      const answer = await real(event, context);
      if (event.flowDirection === 'INBOUND') return answer;
      const direct = event.envelope.recipients.map(({ address }) => address).filter((each) => each.endsWith('@direct.example'));
      return { actions: direct.length === 0 ? [] : [{ action: { type: 'DEFAULT' }, recipients: direct }] };
    };
  `;
  for (const handler of ['mailflow', 'rewrite', 'dmarc', 'journal', 'availability']) {
    const file = join(dist, handler, 'index.mjs');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, handler === 'mailflow' ? code : 'export const handler = () => ({});\n');
  }
  return dist;
}

beforeAll(async () => {
  gateway = await startGateway(CERTIFICATE, {}, 'all');
  const sample = readFileSync(join(ROOT, 'local/sample/organization.yaml'), 'utf8');
  const file = join(temporaryFolder('organization'), 'organization.yaml');
  const settings = JSON.stringify(gateway.settings);
  writeFileSync(
    file,
    `smtpGateway: ${settings}\n${sample.replace('fallback: default', 'fallback: smtpGateway')}`,
  );
  standIn = await startStandIn(newDataFolder(), ['--dist', bundles(), '--organization', file]);
}, 30_000);

afterAll(async () => {
  await standIn.kill();
  removeFolder(standIn.data);
});

function submit(subject: string, recipients: readonly string[]) {
  return sendMail({
    port: standIn.ports.submission,
    mailFrom: 'alice@example.com',
    recipients,
    login: { user: 'alice@example.com', password: 'alice' },
    data: `From: alice@example.com\r\nTo: w@world.example\r\nSubject: ${subject}\r\n\r\nHi.\r\n`,
  });
}

test('[L8] those whom the answer leaves out get the rewritten mail through the gateway, the others through SES', async () => {
  expect((await submit('through', ['w@world.example', 'v@direct.example'])).code).toBe(250);
  const [report] = await settled(standIn, 'through');
  expect(report?.summary.outcomes).toEqual([
    { recipient: 'w@world.example', outcome: 'sent' },
    { recipient: 'v@direct.example', outcome: 'sent' },
  ]);
  expect(gateway.taken).toHaveLength(1);
  const [taken] = gateway.taken;
  expect(taken).toMatchObject({ mailFrom: 'alice@example.com', recipients: ['w@world.example'] });
  expect(taken?.content).toContain(FOOTER);
  // SES had no part in it.
  expect(taken?.content).not.toContain('DKIM-Signature');
  const id = report?.summary.id ?? '';
  const sent = readFileSync(join(standIn.data, 'sent', `${id}.eml`), 'latin1');
  expect(sent).toContain('DKIM-Signature');
  expect(sent).toContain(FOOTER);
});

test('[G4] when the gateway is gone the user gets the mail back, with the reason', async () => {
  await gateway.close();
  await submit('gone', ['w@world.example']);
  const [report] = await settled(standIn, 'gone');
  expect(report?.summary.outcomes).toEqual([{ recipient: 'w@world.example', outcome: 'bounced' }]);
  const notices = await mailIn(standIn.data, 'alice@example.com', 'Inbox');
  const notice = notices.map(({ bytes }) => bytes.toString()).find((text) => text.includes('Subject: gone'));
  expect(notice).toContain('The SMTP gateway cannot be reached');
});
