/** One stand-in with some mail in its log, and the doctor before it: what the tests break, they mend again. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { resolve } from 'node:path';
import { type Clients, openClients } from '../../../local/doctor/clients.ts';
import { type DoctorOptions, diagnose } from '../../../local/doctor/doctor.ts';
import type { Finding } from '../../../local/doctor/finding.ts';
import { parseRuleFile, type RuleSet } from '../../../local/flow/rule-file.ts';
import { sendMail } from '../../support/smtp-client.ts';
import { type RunningStandIn, settled } from '../../support/stand-in.ts';

export const ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const DIST = resolve(import.meta.dirname, '../../../dist');

const MAILFLOW = (name: string, fallback: string) =>
  `  - { name: ${name}, action: runLambda, function: mailflow, mode: synchronous, senders: "*", recipients: "*", fallback: ${fallback}, ruleTimeoutMinutes: 60 }`;

/** The rules of local/sample/organization.yaml, as an administrator would write them down; more may be added. */
export function rulesText(more: { readonly inbound?: string; readonly fallback?: string } = {}): string {
  const inbound = [
    MAILFLOW('mailflow', more.fallback ?? 'junk'),
    ...(more.inbound === undefined ? [] : [more.inbound]),
  ];
  return ['inbound:', ...inbound, 'outbound:', MAILFLOW('mailflow', 'default'), ''].join('\n');
}

export function rules(text = rulesText()): RuleSet {
  const parsed = parseRuleFile(text, 'rules.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ruleSet;
}

/** Sends a message in and one out, so that the event log has both rules. */
export async function sendBothWays(standIn: RunningStandIn): Promise<void> {
  await sendMail({
    port: standIn.ports.smtp,
    mailFrom: 'ann@good.example',
    recipients: ['alice@example.com'],
    data: 'From: ann@good.example\r\nTo: alice@example.com\r\nSubject: in\r\n\r\nHi.\r\n',
  });
  await sendMail({
    port: standIn.ports.submission,
    mailFrom: 'alice@example.com',
    recipients: ['ann@good.example'],
    data: 'From: alice@example.com\r\nTo: ann@good.example\r\nSubject: out\r\n\r\nHi.\r\n',
    login: { user: 'alice@example.com', password: 'alice' },
  });
  await settled(standIn, 'in');
  await settled(standIn, 'out');
}

export type Overrides = Partial<Omit<DoctorOptions, 'clients'>>;

/** Asks as an administrator does, over the real clients. */
export async function findings(endpoint: string, overrides: Overrides = {}): Promise<readonly Finding[]> {
  const region = overrides.region ?? REGION;
  const clients: Clients = openClients(region, endpoint);
  try {
    const diagnosis = await diagnose({
      clients,
      organizationId: ORGANIZATION,
      region,
      stackName: 'mailroom',
      distDir: DIST,
      logGroup: undefined,
      rules: rules(),
      nowMs: Date.now(),
      ...overrides,
    });
    return diagnosis.findings;
  } finally {
    clients.close();
  }
}

/** `id (subject)` of what is not fine, with its level. */
export function troubles(all: readonly Finding[]): readonly string[] {
  return all
    .filter(({ level }) => level !== 'ok')
    .map(({ id, level, subject }) => `${level} ${id} (${subject})`);
}

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

/** What IAM would say to a call: stands before the stand-in and denies, cuts or delays the calls that `how` names. */
export async function proxyTo(
  port: number,
  how: (incoming: IncomingMessage) => 'deny' | 'cut' | undefined,
): Promise<Proxy> {
  const server: Server = createServer((incoming, outgoing) => {
    const verdict = how(incoming);
    if (verdict === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (verdict === 'deny') {
      incoming.resume();
      const body = JSON.stringify({ __type: 'AccessDeniedException', message: 'not authorized' });
      outgoing.writeHead(403, {
        'x-amzn-errortype': 'AccessDeniedException',
        'content-type': 'application/json',
      });
      outgoing.end(body);
      return;
    }
    const { method, url, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
