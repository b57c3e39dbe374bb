/**
 * A real message through a real rule: it is sent over SMTP with a word in its subject that nobody else has, and looked
 * for in the event log, which tells whether it came, which rule acted, and where it went.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { parseEvent } from '../event-log/read.ts';
import { answerOf } from './ask.ts';
import { findLines } from './checks/event-log.ts';
import type { Clients } from './clients.ts';
import { type Finding, fail, ok, unknown } from './finding.ts';

const SMTP_TIMEOUT_MS = 20_000;
const POLL_MS = 1_000;
/** CloudWatch shows an event after seconds, now and then after minutes. */
export const PROBE_WAIT_MS = 180_000;
/** Events of one message. */
const MAX_EVENTS = 50;

export interface ProbeOptions {
  readonly clients: Clients;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly to: string;
  readonly from: string;
  /** The event log's group. */
  readonly group: string;
  /** Names of the rules that call Mailroom; empty when they are not known. */
  readonly ruleNames: readonly string[];
  readonly nowMs: number;
  readonly waitMs?: number;
}

type Event = Readonly<Record<string, unknown>>;

/** Why the message was not taken; undefined when it was. */
async function send({ smtp, to, from }: ProbeOptions, token: string): Promise<string | undefined> {
  const transport = createTransport({
    host: smtp.host,
    port: smtp.port,
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
    // Between mail servers encryption is taken where it is offered, and no certificate is asked for.
    tls: { rejectUnauthorized: false },
  });
  try {
    await transport.sendMail({
      from,
      to,
      subject: `Mailroom probe ${token}`,
      text: 'This message was sent to see whether mail reaches Mailroom. It can be deleted.\n',
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    transport.close();
  }
}

async function eventsWith(
  options: ProbeOptions,
  term: string,
): Promise<readonly { traceId: string; event: Event }[]> {
  // A minute back: the clocks of two machines are never the same.
  const asked = await findLines(options.clients, options.group, [term], options.nowMs - 60_000, MAX_EVENTS);
  return (answerOf(asked) ?? []).flatMap((line) => {
    const logged = parseEvent(line, 0);
    return logged === undefined ? [] : [{ traceId: logged.traceId, event: logged.event }];
  });
}

/** Polls until `look` finds something or the time is over. */
async function eventually<T>(waitMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = performance.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() > end) return found;
    await sleep(Math.min(POLL_MS, waitMs));
  }
}

function ruleFinding({ to, ruleNames }: ProbeOptions, events: readonly Event[]): Finding {
  const applied = events
    .filter(({ eventName }) => eventName === 'RULE_APPLIED')
    .map(({ ruleName }) => String(ruleName));
  const ours = ruleNames.length === 0 ? applied[0] : applied.find((name) => ruleNames.includes(name));
  if (ours !== undefined) return ok('probe-rule', to, `The rule "${ours}" acted on the probe.`);
  return fail(
    'probe-rule',
    to,
    applied.length === 0
      ? 'No rule acted on the probe.'
      : `Another rule acted on the probe: "${applied.join('", "')}".`,
    'Look at "rule-present" and "rule-shadowed" above.',
  );
}

/** Sends the probe and looks for it. Whoever calls has asked whether that may be. */
export async function probe(options: ProbeOptions): Promise<readonly Finding[]> {
  const { to, smtp, waitMs = PROBE_WAIT_MS } = options;
  const token = randomBytes(8).toString('hex');
  const refused = await send(options, token);
  if (refused !== undefined)
    return [
      unknown(
        'probe-arrived',
        to,
        `The probe could not be handed over to ${smtp.host}:${smtp.port}: ${refused}.`,
        'Many networks block port 25: run it from a server that may send mail, or send a message by hand and look for it with "mailroom log".',
      ),
    ];
  const received = await eventually(waitMs, async () => (await eventsWith(options, token))[0]);
  if (received === undefined)
    return [
      fail(
        'probe-arrived',
        to,
        `The probe was taken by ${smtp.host} and is not in the event log after ${Math.round(waitMs / 1000)} s.`,
        'Look whether the MX record of the domain leads to WorkMail, and whether the event log is on.',
      ),
    ];
  // Its other events follow: at the latest where it went.
  const events = await eventually(waitMs, async () => {
    const all = (await eventsWith(options, received.traceId)).map(({ event }) => event);
    return all.some(({ eventName }) => /DELIVERED|BOUNCED/.test(String(eventName))) ? all : undefined;
  });
  const folder = events?.find(({ eventName }) => eventName === 'MAILBOX_EMAIL_DELIVERED')?.['folder'];
  const where =
    folder === undefined
      ? 'It came, and was not delivered'
      : `It came, and is in the folder ${String(folder)}`;
  return [
    ok('probe-arrived', to, `${where} (trace ${received.traceId}).`),
    ruleFinding(options, events ?? []),
  ];
}
