/** `mailroom quarantine`: looks at held mail, releases it, deletes it. */
import { writeFile } from 'node:fs/promises';
import type { AboutHeld } from '../../handlers/edge/keep/about.ts';
import { createMarkKey } from '../../handlers/edge/mark-key.ts';
import { createObjectStore } from '../../handlers/edge/object-store.ts';
import { createParameterStore } from '../../handlers/edge/parameters.ts';
import { createResourceReader } from '../../handlers/edge/resource.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { parseMessage } from '../../shared/mime/index.ts';
import { isPlainAddress } from '../../shared/notice/addresses.ts';
import type { ReleaseMac } from '../../shared/notice/release.ts';
import { type Clients, openClients } from '../doctor/clients.ts';
import { release, type Way } from '../quarantine/release.ts';
import { alsoReleased, type Released, releasedText } from '../quarantine/released.ts';
import { type QuarantineSettings, readSettings } from '../quarantine/settings.ts';
import { type HeldMail, openQuarantine, type Quarantine } from '../quarantine/store.ts';
import { safe } from '../safe-text.ts';
import { tableText } from './log-text.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom quarantine list|show|release|delete [ID] [options]

Mail that a rule put into quarantine, with your own AWS credentials.

  list                  what is held, the newest first
  show ID               one of them: for whom, why, and its header
  release ID            send it once more; it passes the rules, once
  delete ID             delete it

  --region REGION       the organization's region (AWS_REGION)
  --stack NAME          the stack that was deployed (mailroom)
  --endpoint URL        ask a stand-in, for instance http://127.0.0.1:8026
  --json                print list and show as JSON
  --out FILE            with show: write the message there
  --to ADDRESS          with release: to this address alone; may be given several times (all for whom it is held)
  --from ADDRESS        with release: whom it comes from (the stack's NoticesFrom)
  --smtp HOST:PORT      with release: as it came, over SMTP, rather than attached to a message through SES
  --hours N             with release: for how long it may pass (24; at most 168)
  --again               with release: also to whom it was released before

Exit code: 0 done, 1 not done, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  json: { type: 'boolean', default: false },
  region: { type: 'string' },
  stack: { type: 'string', default: 'mailroom' },
  endpoint: { type: 'string' },
  out: { type: 'string' },
  to: { type: 'string', multiple: true },
  from: { type: 'string' },
  smtp: { type: 'string' },
  hours: { type: 'string' },
  again: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<{ args: string[]; options: typeof OPTIONS }>>['values'];

const VERBS = ['list', 'show', 'release', 'delete'] as const;
type Verb = (typeof VERBS)[number];
/** Options that one verb alone has. */
const ONLY_WITH: Readonly<Record<string, Verb>> = {
  out: 'show',
  to: 'release',
  from: 'release',
  smtp: 'release',
  hours: 'release',
  again: 'release',
};
const DEFAULT_HOURS = 24;
/** A release that passes for longer than a week is a hole in the rules. The record of its use is kept for 30 days. */
const MAX_HOURS = 168;
const KEY_TIMEOUT_MS = 30_000;
/** Of a message to so many that the event did not name them all. */
const CUT = 'and others whom WorkMail did not name';
/** Of the header that is shown. */
const MAX_HEADER_BYTES = 64 * 1024;

interface Asked {
  readonly verb: Verb;
  readonly id: string;
  readonly region: string;
  readonly values: Values;
  readonly hours: number;
  readonly smtp: { readonly host: string; readonly port: number } | undefined;
}

interface World {
  readonly clients: Clients;
  readonly settings: QuarantineSettings;
  readonly quarantine: Quarantine;
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const asked = readAsked(values, positionals);
  const clients = openClients(asked.region, values.endpoint);
  try {
    const settings = await readSettings(clients, values.stack);
    const world = { clients, settings, quarantine: openQuarantine(clients.s3, settings.bucket) };
    await DO[asked.verb](world, asked);
    return EXIT.fine;
  } finally {
    clients.close();
  }
}

const DO: Readonly<Record<Verb, (world: World, asked: Asked) => Promise<void>>> = {
  list,
  show,
  release: releaseAll,
  async delete({ quarantine }, { id }) {
    await quarantine.about(id);
    await quarantine.delete(id);
    process.stdout.write(`${id} is deleted.\n`);
  },
};

function readAsked(values: Values, positionals: readonly string[]): Asked {
  const [given, id, ...rest] = positionals;
  const verb = VERBS.find((known) => known === given);
  if (verb === undefined) throw new WrongUse('say what to do: list, show, release or delete');
  if (rest.length > 0 || (verb === 'list' && id !== undefined))
    throw new WrongUse(`"${rest[0] ?? id}" is too much`);
  if (verb !== 'list' && (id === undefined || !/^[0-9a-f]{32}$/.test(id)))
    throw new WrongUse(`"${verb}" takes the id of a held message: 32 hexadecimal digits`);
  for (const [name, only] of Object.entries(ONLY_WITH))
    if (Object.hasOwn(values, name) && verb !== only) throw new WrongUse(`--${name} goes with "${only}"`);
  if (values.endpoint !== undefined && !URL.canParse(values.endpoint))
    throw new WrongUse(`--endpoint takes a URL, not "${values.endpoint}"`);
  const region = values.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? '';
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw new WrongUse('--region takes the region, for instance us-east-1');
  for (const address of [...(values.to ?? []), ...(values.from === undefined ? [] : [values.from])])
    if (!isPlainAddress(address)) throw new WrongUse(`"${address}" is no plain mail address`);
  if (values.smtp !== undefined && values.from !== undefined)
    throw new WrongUse('--from goes with SES; over --smtp a message comes as it came');
  return { verb, id: id ?? '', region, values, hours: hoursOf(values.hours), smtp: smtpOf(values.smtp) };
}

function hoursOf(text: string | undefined): number {
  const hours = text === undefined ? DEFAULT_HOURS : Number(text);
  if (!Number.isInteger(hours) || hours < 1 || hours > MAX_HOURS)
    throw new WrongUse(`--hours takes a number from 1 to ${MAX_HOURS}`);
  return hours;
}

function smtpOf(text: string | undefined): Asked['smtp'] {
  if (text === undefined) return undefined;
  const [, host, port] = /^(\[[0-9a-f:]+\]|[A-Za-z0-9.-]{1,253}):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535)
    throw new WrongUse('--smtp takes HOST:PORT, where mail for the organization is taken');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

async function list({ quarantine }: World, { values }: Asked): Promise<void> {
  const { held, more, unread } = await quarantine.list();
  if (unread > 0) process.stderr.write(`${unread} could not be read, or went in this moment.\n`);
  if (values.json) {
    process.stdout.write(`${JSON.stringify(held, undefined, 2)}\n`);
    return;
  }
  const rows = held.map((about) => ({
    id: about.id,
    held: about.heldAt.slice(0, 16),
    rule: about.rule,
    from: about.author ?? '',
    to: recipientsOf(about),
    subject: about.subject,
    released: about.released === undefined ? '' : releasedText(about.released),
  }));
  process.stdout.write(tableText(rows, 'Nothing is held.'));
  if (more) process.stdout.write('There are more; these are the newest.\n');
}

async function show({ quarantine }: World, { id, values }: Asked): Promise<void> {
  const held = await quarantine.about(id);
  const message = await quarantine.message(held);
  const released = await quarantine.released(id);
  const about: HeldMail = released === undefined ? held : { ...held, released };
  const { out } = values;
  if (out !== undefined)
    await writeFile(out, message, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      throw fileTrouble('write', out, error);
    });
  process.stdout.write(values.json ? `${JSON.stringify(about, undefined, 2)}\n` : aboutText(about, message));
}

function recipientsOf({ recipients, recipientsCut }: AboutHeld): string {
  return [...recipients, ...(recipientsCut === true ? [CUT] : [])].join(', ');
}

function aboutText(about: HeldMail, message: Uint8Array): string {
  const { start, end } = parseMessage(message).root.header;
  const piece = Buffer.from(message.subarray(start, Math.min(end, start + MAX_HEADER_BYTES))).toString();
  const header = piece.split(/\r?\n/).map(safe).join('\n');
  const lines = [
    ['rule', about.reason === undefined ? about.rule : `${about.rule} (${about.reason})`],
    ['for', recipientsOf(about)],
    ['direction', about.direction],
    ['held at', about.heldAt],
    ['bytes', String(about.bytes)],
    ['message', about.messageId],
    ...(about.released === undefined ? [] : [['released', releasedText(about.released)]]),
  ].map(([name = '', text = '']) => `${name.padEnd(10)}${safe(text)}`);
  return `${lines.join('\n')}\n\n${header.trimEnd()}\n`;
}

async function releaseAll(world: World, asked: Asked): Promise<void> {
  const { settings, quarantine, clients } = world;
  const about = await quarantine.about(asked.id);
  const original = await quarantine.message(about);
  const wanted = [...new Set((asked.values.to ?? about.recipients).map((each) => each.toLowerCase()))];
  const before = await quarantine.released(asked.id);
  requireFirst(wanted, before, asked);
  const mac = await macOf(settings, asked);
  const way: Way =
    asked.smtp === undefined
      ? { kind: 'ses', client: clients.ses, from: asked.values.from ?? settings.from }
      : { kind: 'smtp', ...asked.smtp };
  const { hours } = asked;
  const failed: string[] = [];
  let marked = before;
  for (const to of wanted) {
    const nowMs = Date.now();
    try {
      await release({ about, original, to, mac, way, nowMs, hours });
    } catch (error) {
      if (!isTrouble(error)) throw error;
      failed.push(`not sent to ${safe(to)}: ${error.message}`);
      continue;
    }
    const until = new Date(nowMs + hours * 3_600_000).toISOString().slice(0, 16);
    process.stdout.write(`Sent to ${safe(to)}. It passes the rules once, until ${until} UTC.\n`);
    marked = alsoReleased(marked, to, nowMs);
    await mark(quarantine, asked.id, marked);
  }
  if (about.recipientsCut === true && asked.values.to === undefined)
    process.stdout.write(`It is held for others too, whom WorkMail did not name: name them with --to.\n`);
  if (failed.length > 0) throw new PermanentError(failed.join('\n'));
}

/** Nobody should get it twice by mistake. @throws PermanentError before anything is sent */
function requireFirst(wanted: readonly string[], before: Released | undefined, { values }: Asked): void {
  if (before === undefined || values.again === true) return;
  const twice = wanted.filter((to) => before.to.includes(to));
  if (twice.length === 0) return;
  const whom = twice.map(safe).join(', ');
  throw new PermanentError(
    `it was released to ${whom} before, last at ${safe(before.at.slice(0, 16))} UTC; nothing was sent: give --again to send it once more, or name others with --to`,
  );
}

/** The message is sent by now: that it cannot be marked is said, and no failure. */
async function mark(quarantine: Quarantine, id: string, released: Released): Promise<void> {
  try {
    await quarantine.markReleased(id, released);
  } catch (error) {
    if (!isTrouble(error)) throw error;
    process.stderr.write(`It could not be marked as released: ${error.message}\n`);
  }
}

function isTrouble(error: unknown): error is PermanentError | TemporaryError {
  return error instanceof PermanentError || error instanceof TemporaryError;
}

/** The newest generation of the key that the functions have. */
async function macOf(settings: QuarantineSettings, { region, values }: Asked): Promise<ReleaseMac> {
  const { endpoint } = values;
  const client = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const objectStore = createObjectStore({ pathStyle: endpoint !== undefined, client });
  const parameters = createParameterStore(client);
  const resources = createResourceReader({ objectStore, parameters, folder: process.cwd() });
  const source = createMarkKey({ uri: settings.markKeyUri, resources, kms: client });
  if (source === undefined)
    throw new PermanentError('the functions have no mark key (MarkKeyParameter): a release could not pass');
  const [newest] = await source.load(AbortSignal.timeout(KEY_TIMEOUT_MS));
  return newest;
}
