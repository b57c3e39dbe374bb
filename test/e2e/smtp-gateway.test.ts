/**
 * The real stand-in, the real bundle and a real SMTP server with TLS: outbound mail that a rule changes and another leaves
 * to the fallback goes through the gateway, because that is the fallback of WorkMail's rule.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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

/** The sample's policy, and a rule that leaves recipients to the fallback of WorkMail's rule. By the guide; not tried on AWS. */
function policyFile(): string {
  const sample = readFileSync(join(ROOT, 'local/sample/policy.yaml'), 'utf8');
  const rule = `rules:
  - name: partners through the gateway
    when:
      direction: outbound
      sentTo: [world.example]
    do:
      - useFallback: true
`;
  const file = join(temporaryFolder('policy'), 'policy.yaml');
  writeFileSync(file, sample.replace('rules:\n', rule));
  return file;
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
  standIn = await startStandIn(newDataFolder(), ['--policy', policyFile(), '--organization', file]);
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
