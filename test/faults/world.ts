/** A stand-in in this process with one function, whose faults can be changed while it runs. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseFault } from '../../local/faults/spec.ts';
import { parseStartOptions } from '../../local/options.ts';
import { type StandIn, startStandIn } from '../../local/stand-in.ts';
import type { MessageSummary, TraceEntry } from '../../local/types.ts';
import { temporaryFolder } from '../support/folders.ts';
import { sendMail } from '../support/smtp-client.ts';
import { mailIn, sentMail, until } from '../support/stand-in.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const BANNER = 'CAUTION: This message comes from outside the organization.';
export const FOOTER = 'Example Ltd, 1 Example Street';
/** Ten minutes of the rule timeout pass in six seconds. */
const TIME_SCALE = 100;
const SETTLE_MS = 50_000;
/** Everything of one run lies in it. */
const FOLDER = temporaryFolder('faults');

export interface WorldOptions {
  /** Further flags of `mailroom start`. */
  readonly flags?: readonly string[];
  /** Faults before the function starts for the first time. */
  readonly faults?: readonly string[];
  /** The one function: the rules call it, `journal` beside the delivery; `availability` is asked for free/busy times. */
  readonly handler?: 'mailflow' | 'dmarc' | 'rewrite' | 'journal' | 'availability';
  readonly timeoutSeconds?: number;
  readonly memoryMb?: number;
  readonly ruleTimeoutMinutes?: number;
  /** The policy lies in S3, in the bucket that the template's rights name. */
  readonly remotePolicy?: boolean;
  /** The key of the mark is an SSM parameter, under the name that the template's rights have. */
  readonly parameter?: boolean;
  /** A data folder of an earlier world. */
  readonly data?: string;
}

/** Where one message ended, and what was said of it. */
export interface Seen {
  readonly summary: MessageSummary;
  readonly trace: readonly TraceEntry[];
  /** Everything the function wrote, over all tries. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  /** How often the function was called. */
  readonly calls: number;
  /** Copies in mailboxes, or sent. */
  readonly copies: readonly string[];
  /** Compliance records of this message. */
  readonly records: number;
}

export interface World {
  readonly standIn: StandIn;
  readonly data: string;
  setFaults(specs: readonly string[]): void;
  inbound(subject: string, more?: Mail): Promise<Seen>;
  outbound(subject: string): Promise<Seen>;
  /** Mail to a mailbox that sends it on; gives the copy that goes on. The subject says "redirected". */
  redirected(subject: string): Promise<Seen>;
  stop(): Promise<void>;
}

export interface Mail {
  readonly from?: string;
  readonly client?: { readonly address: string; readonly name: string };
  /** Bytes of text that make the message long. */
  readonly padding?: number;
  /** A last line that is longer than PutRawMessageContent takes. */
  readonly longLine?: true;
  /** A second field of a name of which there may be one. */
  readonly twoReplyTo?: true;
}

const GOOD = { address: '203.0.113.10', name: 'mail.good.example' };

function organization(options: WorldOptions): string {
  const { handler = 'mailflow', timeoutSeconds = 15, memoryMb = 256, ruleTimeoutMinutes = 10 } = options;
  const rule = (fallback: string) => {
    const mode =
      handler === 'journal'
        ? 'mode: asynchronous'
        : `mode: synchronous, fallback: ${fallback}, ruleTimeoutMinutes: ${ruleTimeoutMinutes}`;
    return `- { name: ${handler}, action: runLambda, function: ${handler}, senders: "*", recipients: "*", ${mode} }`;
  };
  const rules = `flowRules:
  inbound:
    ${rule('junk')}
  outbound:
    ${rule('default')}`;
  return `id: m-0123456789abcdef0123456789abcdef
alias: example
region: us-east-1
account: "123456789012"
domains: [example.com]
users:
  - address: alice@example.com
    password: alice
    mailboxRules: [{ name: away, subjectContains: redirected, do: { redirectTo: ann@good.example } }]
groups:
  - address: staff@example.com
    members: [alice@example.com]
functions:
  - { name: ${handler}, handler: ${handler}, timeoutSeconds: ${timeoutSeconds}, memoryMb: ${memoryMb} }
${handler === 'availability' ? 'availability: [{ domain: partner.example, function: availability }]' : rules}
`;
}

function parameterFlags(beside: string): readonly string[] {
  const file = `${beside}.key`;
  writeFileSync(file, 'k'.repeat(64));
  return [
    ...['--parameter', `mailroom-mark-key=${file}`],
    ...['--set', 'MAILROOM_MARK_KEY_URI=ssm://mailroom-mark-key'],
  ];
}

function read(text: string) {
  const spec = parseFault(text);
  if ('why' in spec) throw new Error(`${text}: ${spec.why}`);
  return spec;
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const data = options.data ?? mkdtempSync(join(FOLDER, 'data-'));
  const organizationFile = join(mkdtempSync(join(FOLDER, 'organization-')), 'organization.yaml');
  writeFileSync(organizationFile, organization(options));
  const ports = ['smtp', 'submission', 'http', 'aws', 'dns'].flatMap((name) => [`--${name}-port`, '0']);
  const start = parseStartOptions([
    ...['--data', data, '--dist', join(ROOT, 'dist'), '--organization', organizationFile],
    ...['--time-scale', String(TIME_SCALE), '--concurrency', '1'],
    ...ports,
    ...(options.flags ?? []),
    ...(options.remotePolicy === true ? ['--set', 'POLICY_URI=s3://mailroom-policy/policy.yaml'] : []),
    ...(options.parameter === true ? parameterFlags(organizationFile) : []),
    ...(options.faults ?? []).flatMap((fault) => ['--fault', fault]),
  ]);
  if (start === 'help') throw new Error('no help was asked for');
  const standIn = await startStandIn(start, () => undefined);
  const place = { standIn, data, beside: options.handler === 'journal' };
  return {
    standIn,
    data,
    setFaults: (specs) => standIn.faults.replace(specs.map(read)),
    inbound: (subject, mail) => inbound(place, subject, mail ?? {}),
    outbound: (subject) => outbound(place, subject),
    redirected: (subject) => redirected(place, subject),
    async stop() {
      standIn.faults.replace([]);
      await standIn.stop();
    },
  };
}

function message(
  from: string,
  to: string,
  subject: string,
  { padding = 0, longLine, twoReplyTo }: Mail = {},
): string {
  const lines = 'x'
    .repeat(78)
    .concat('\r\n')
    .repeat(Math.ceil(padding / 80));
  return `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${subject.replace(/\W/g, '')}@test>\r\n${twoReplyTo ? `Reply-To: ${from}\r\n`.repeat(2) : ''}\r\nHi there.\r\n${lines}${longLine ? `${'y'.repeat(1_200)}\r\n` : ''}`;
}

interface Place {
  readonly standIn: StandIn;
  readonly data: string;
  /** The function is asynchronous. */
  readonly beside: boolean;
}

async function inbound(place: Place, subject: string, mail: Mail): Promise<Seen> {
  const { data } = place;
  const to = await sendToAlice(place, subject, mail);
  const copies = async () => [...(await mailIn(data, to, 'Inbox')), ...(await mailIn(data, to, 'Junk'))];
  return seen(place, subject, copies);
}

async function redirected(place: Place, subject: string): Promise<Seen> {
  await sendToAlice(place, subject, {});
  return seen(place, subject, () => sentMail(place.data), 'outbound');
}

async function sendToAlice({ standIn }: Place, subject: string, mail: Mail): Promise<string> {
  const { from = 'ann@good.example', client = GOOD } = mail;
  const to = 'alice@example.com';
  const reply = await sendMail({
    port: standIn.ports.smtp,
    mailFrom: from,
    recipients: [to],
    client,
    data: message(from, to, subject, mail),
  });
  if (reply.code !== 250) throw new Error(`the message was not accepted: ${reply.text}`);
  return to;
}

async function outbound(place: Place, subject: string): Promise<Seen> {
  const { standIn, data } = place;
  const [from, to] = ['alice@example.com', 'ann@good.example'];
  const reply = await sendMail({
    port: standIn.ports.submission,
    mailFrom: from,
    recipients: [to],
    login: { user: from, password: 'alice' },
    data: message(from, to, subject),
  });
  if (reply.code !== 250) throw new Error(`the message was not accepted: ${reply.text}`);
  return seen(place, subject, () => sentMail(data));
}

function isList(value: unknown): value is MessageSummary[] {
  return Array.isArray(value);
}

function isReport(value: unknown): value is { summary: MessageSummary; trace: TraceEntry[] } {
  return typeof value === 'object' && value !== null && 'trace' in value;
}

/** The mail does not wait for an asynchronous function: it is called until it succeeds, or is given up. */
function isOver(trace: readonly TraceEntry[], beside: boolean): boolean {
  return !beside || trace.some(({ text }) => /^Beside .* (it succeeded|is given up)/.test(text));
}

async function seen(
  { standIn, data, beside }: Place,
  subject: string,
  copiesNow: () => Promise<readonly { readonly bytes: Buffer }[]>,
  direction?: 'outbound',
): Promise<Seen> {
  const isThis = (one: MessageSummary): boolean => direction === undefined || one.direction === direction;
  const base = `http://127.0.0.1:${standIn.ports.http}/api/messages`;
  const { summary, trace } = await until(
    `"${subject}" to be done`,
    async () => {
      const list: unknown = await (await fetch(base)).json();
      const mine = isList(list)
        ? list.find((one) => one.subject === subject && one.state === 'done' && isThis(one))
        : undefined;
      const report: unknown =
        mine === undefined ? undefined : await (await fetch(`${base}/${mine.id}`)).json();
      return isReport(report) && isOver(report.trace, beside) ? report : undefined;
    },
    SETTLE_MS,
  );
  const calls = trace.filter(({ kind }) => kind === 'invoke');
  const texts = (await copiesNow()).map(({ bytes }) => bytes.toString('latin1'));
  return {
    summary,
    trace,
    logs: calls.flatMap(({ data: { logs } }) => (Array.isArray(logs) ? logs : [])),
    calls: calls.length,
    copies: texts.filter((text) => text.includes(`Subject: ${subject}\r\n`)),
    records: recordsOf(data, summary.id),
  };
}

/** The records of a message: files under `event/` of the journal bucket that name it. */
function recordsOf(data: string, id: string): number {
  const folder = join(data, 's3/mailroom-journal/event');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  return files.filter((name) => readFileSync(join(folder, name), 'utf8').includes(id)).length;
}
