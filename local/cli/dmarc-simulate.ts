/** `mailroom dmarc simulate`: a policy over mail of the past. */
import { asciiDomain } from '../../shared/auth/domain.ts';
import { formatProblem, type Policy } from '../../shared/policy/index.ts';
import { dmarcGroups } from '../../shared/policy/lookups.ts';
import { csvText } from '../dmarc/csv.ts';
import { openDns } from '../dmarc/dns.ts';
import { type SimulationInput, simulateEvents, simulatePath } from '../dmarc/simulate/sources.ts';
import { simulationText, summarize } from '../dmarc/simulate/text.ts';
import type { Simulated } from '../dmarc/simulate/types.ts';
import { openLogSource } from './log-source.ts';
import { readPolicyFile } from './policy-file.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom dmarc simulate PATH --policy POLICY.yaml [options]
       mailroom dmarc simulate --log-group NAME --policy POLICY.yaml [options]

Says what the section dmarc of a policy would do to mail of the past if it enforced, beside what WorkMail's own enforcement does.
Where a ramp or watched recipients leave mail out, it says both: in full, and for now.
Nothing is sent, changed or switched on. PATH is a message (.eml), a folder of messages, the data folder of a
stand-in, or a log as JSON lines: WorkMail's event log, or that of the function.

  --policy FILE        the policy
  --recipient ADDRESS  envelope recipient of the messages; may be given several times (default: nobody in particular)
  --dns ADDRESS:PORT   resolver (default: this machine's)
  --zone FILE          take a zone file for the DNS; nothing is asked of anybody
  --log-group NAME     read a real organization's event log in CloudWatch, with your AWS credentials
  --alias ALIAS        the same, found by the organization's alias
  --region REGION      where that group is
  --since WHEN         30m, 24h, 7d or a date (default: the last 7 days)
  --limit N            list N messages (default: 50)
  --csv                print every message as CSV
  --json               print everything as JSON

Exit code: 0 simulated, 1 the policy has errors or there is nothing to simulate, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  policy: { type: 'string' },
  recipient: { type: 'string', multiple: true },
  dns: { type: 'string' },
  zone: { type: 'string' },
  'log-group': { type: 'string' },
  alias: { type: 'string' },
  region: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string', default: '50' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const COLUMNS = ['id', 'domain', 'reason', 'action', 'workmail', 'published', 'exception', 'text', 'now'];

const GROUPS_NOTE =
  'The policy has entries for groups. Only WorkMail knows who is in one, so these are not applied here.\n';

interface Flags {
  readonly 'log-group'?: string;
  readonly alias?: string;
  readonly region?: string;
  readonly since?: string;
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const [path, ...rest] = positionals;
  requireOneSource(path, rest, values);
  if (values.policy === undefined) throw new WrongUse('give the policy with --policy');
  if (values.csv === true && values.json === true) throw new WrongUse('give --csv or --json, not both');
  if (!/^\d{1,6}$/.test(values.limit)) throw new WrongUse(`--limit takes a number, not "${values.limit}"`);
  const recipients = (values.recipient ?? []).map(addressOf);
  const policy = await usablePolicy(values.policy);
  if (policy?.dmarc === undefined) return EXIT.findings;
  const dns = await openDns(values);
  try {
    const { lookupDns } = dns;
    const input = { policy, dmarc: policy.dmarc, lookupDns, recipients, nowMs: Date.now() };
    const simulated = await simulate(path, values, input);
    process.stdout.write(printed(simulated, Number(values.limit), values));
    if (dmarcGroups(policy.dmarc).length > 0) process.stderr.write(GROUPS_NOTE);
    return simulated.messages.length === 0 ? EXIT.findings : EXIT.fine;
  } finally {
    await dns.close();
  }
}

function requireOneSource(path: string | undefined, rest: readonly string[], flags: Flags): void {
  const isLog = flags['log-group'] !== undefined || flags.alias !== undefined;
  if (rest.length > 0) throw new WrongUse(`"${rest[0]}" is too much; give one folder or file`);
  if (isLog === (path !== undefined))
    throw new WrongUse('give a folder or file, or --log-group or --alias for a real log');
  if (!isLog && (flags.region !== undefined || flags.since !== undefined))
    throw new WrongUse('--region and --since go with --log-group or --alias');
}

async function simulate(path: string | undefined, flags: Flags, input: SimulationInput): Promise<Simulated> {
  if (path === undefined) {
    const { alias, region, since } = flags;
    const place = { data: undefined, logGroup: flags['log-group'], alias, region, since };
    const { events } = await openLogSource(place, input.nowMs);
    return simulateEvents(events, input);
  }
  try {
    return await simulatePath(path, input);
  } catch (error) {
    if (!(error instanceof Error && 'path' in error && typeof error.path === 'string')) throw error;
    throw fileTrouble('read', error.path, error);
  }
}

/** The policy with its section, or what is wrong with it, told. */
async function usablePolicy(file: string): Promise<Policy | undefined> {
  const parsed = await readPolicyFile(file);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map(formatProblem).join('\n')}\n`);
    return undefined;
  }
  if (parsed.policy.dmarc === undefined) process.stderr.write(`${file} has no section dmarc\n`);
  return parsed.policy;
}

function addressOf(text: string): string {
  const at = text.lastIndexOf('@');
  if (at < 1 || asciiDomain(text.slice(at + 1)) === undefined)
    throw new WrongUse(`--recipient takes an address such as alice@example.com; got ${JSON.stringify(text)}`);
  return text.toLowerCase();
}

function printed(
  simulated: Simulated,
  limit: number,
  { csv = false, json = false }: { readonly csv?: boolean; readonly json?: boolean },
): string {
  if (json)
    return `${JSON.stringify({ ...summarize(simulated), list: simulated.messages, sources: simulated.sources }, null, 2)}\n`;
  if (!csv) return simulationText(simulated, limit);
  const rows = simulated.messages.map((message) => ({
    ...message,
    published: message.published ?? '',
    exception: message.exception ?? '',
    now: message.now ?? '',
    expired: message.expired ?? '',
    temporary: message.temporary === true ? 'yes' : '',
    undecidedBySes: message.undecidedBySes === true ? 'yes' : '',
  }));
  return csvText(COLUMNS, rows);
}
