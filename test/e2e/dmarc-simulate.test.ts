/** What `mailroom dmarc simulate` says of mail is what became of it: over SMTP through the stand-in, with the policy that it runs. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../local/cli/dmarc.ts';
import { printed } from '../local/cli/printed.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const POLICY = 'local/sample/policy.yaml';

let standIn: RunningStandIn;
beforeAll(async () => {
  standIn = await startStandIn(newDataFolder(), ['--dmarc-reports', 'local/sample/reports']);
});
afterAll(async () => {
  await standIn?.stop();
  removeFolder(standIn.data);
});

async function send(from: string, address: string, name: string, subject: string): Promise<string> {
  await sendMail({
    port: standIn.ports.smtp,
    mailFrom: from,
    recipients: ['alice@example.com'],
    data: `From: ${from}\r\nTo: alice@example.com\r\nSubject: ${subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nHello.\r\n`,
    client: { address, name },
    helo: name,
  });
  const [report] = await settled(standIn, subject);
  return `${report?.summary.id} ${report?.summary.outcomes.map(({ outcome }) => outcome).join()}`;
}

const ENDS: Readonly<Record<string, string>> = { default: 'Inbox', junk: 'Junk' };

async function simulated(...source: string[]): Promise<string[]> {
  const dns = `127.0.0.1:${standIn.ports.dns}`;
  const flags = ['--policy', POLICY, '--dns', dns, '--json'];
  const { code, text } = await printed(run, ['simulate', ...source, ...flags]);
  expect(code).toBe(0);
  const list: readonly { id: string; action: string }[] = JSON.parse(text).list;
  return list.map(({ id, action }) => `${id} ${ENDS[action]}`);
}

describe('a simulation', () => {
  test('of the data folder, and of the event log, ends where the mail ended', async () => {
    const ended = [
      await send('news@good.example', '203.0.113.10', 'mail.good.example', 'all well'),
      await send('ceo@bank.example', '203.0.113.66', 'unknown.invalid', 'forged'),
      await send('ceo@example.com', '203.0.113.66', 'unknown.invalid', 'own domain'),
      await send('x@nodmarc.example', '203.0.113.66', 'unknown.invalid', 'no record'),
    ];
    expect(ended.map((each) => each.split(' ')[1])).toEqual(['Inbox', 'Junk', 'Junk', 'Inbox']);
    expect((await simulated(standIn.data)).sort()).toEqual(ended.toSorted());
    expect((await simulated(join(standIn.data, 'events.jsonl'))).sort()).toEqual(ended.toSorted());
    // As from a real organization: over the API of CloudWatch.
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${standIn.ports.aws}`);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const cloudWatch = await simulated('--alias', 'example', '--region', 'us-east-1');
    vi.unstubAllEnvs();
    expect(cloudWatch.sort()).toEqual(ended.toSorted());
  });

  test('the page shows the reports of the folder', async () => {
    const page = await (await fetch(`http://127.0.0.1:${standIn.ports.http}/reports`)).text();
    expect(page).toContain('78 messages (12.8 %) would be refused');
  });
});
