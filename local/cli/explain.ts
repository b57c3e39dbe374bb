/** `mailroom explain`: what a policy would do to a message, and why. */

import { readFile, stat, writeFile } from 'node:fs/promises';
import { parseMessage } from '../../shared/mime/index.ts';
import { formatProblem, type Policy } from '../../shared/policy/index.ts';
import type { OpenDns } from '../dmarc/dns.ts';
import { type ExplainInput, type Explanation, explainMessage } from './explanation.ts';
import { explanationText } from './explanation-text.ts';
import { readPolicyFile } from './policy-file.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom explain POLICY.yaml MESSAGE.eml [options]

Shows which rules of the policy would act on the message and why, what would become of it for each recipient, what
would change in which part, and what DMARC would do. Nothing is sent or kept. Byte ranges are START..END, END not
included.

  --inbound            the message comes in (the default)
  --outbound           a user of the organization sends it
  --sender ADDRESS     envelope sender; "" for the null sender
  --recipient ADDRESS  envelope recipient; may be given several times (default: To and Cc)
  --diff               the text before and after, decoded, part by part
  --out FILE           write the changed message there; the file must not be there yet
  --at TIME            when the message comes, as in 2026-11-20T21:30:00Z (default: now)
  --group NAME=A,B     members of a directory group, NAME as in the policy; may be given several times
  --first-contact      no recipient ever had mail of the author
  --dns ADDRESS:PORT   resolver for published DMARC policies and the keys of signatures (default: nothing is looked up, and
                       what DMARC would do is not certain then)
  --zone FILE          take a zone file for the DNS; nothing is asked of anybody
  --no-mark-key        for functions without MAILROOM_MARK_KEY_URI: a banner or footer that stands at its place
                       already is not added again, and no mark header is added
  --json               print the explanation as JSON

Exit code: 0 explained, 1 the policy has errors, 2 wrong use.
`;

/** Nothing larger passes WorkMail, whose limit is 40 MB. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  inbound: { type: 'boolean' },
  outbound: { type: 'boolean' },
  sender: { type: 'string' },
  recipient: { type: 'string', multiple: true },
  diff: { type: 'boolean' },
  out: { type: 'string' },
  at: { type: 'string' },
  group: { type: 'string', multiple: true },
  'first-contact': { type: 'boolean' },
  dns: { type: 'string' },
  zone: { type: 'string' },
  'no-mark-key': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_MESSAGE_BYTES)
      throw new WrongUse(`${file} is larger than any message that WorkMail takes`);
    return await readFile(file);
  } catch (error) {
    throw error instanceof WrongUse ? error : fileTrouble('read', file, error);
  }
}

async function readMessage(file: string): Promise<Uint8Array> {
  const bytes = await readBytes(file);
  if (parseMessage(bytes).root.header.fields.length === 0)
    throw new WrongUse(`${file} is no message: it does not begin with a header field such as "From: …"`);
  return bytes;
}

/** Never over a file that is there: it could be the original. */
async function writeMessage(file: string, slices: readonly Uint8Array[]): Promise<void> {
  try {
    await writeFile(file, Buffer.concat(slices), { flag: 'wx' });
  } catch (error) {
    throw fileTrouble('write', file, error);
  }
}

/** Throws WrongUse unless the text has both sides of an address; what else stands in it is the envelope's affair. */
function requireAddress(option: string, text: string): void {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1 || /\s/.test(text))
    throw new WrongUse(`${option} takes an address such as alice@example.com; got ${JSON.stringify(text)}`);
}

/** Milliseconds since 1970 UTC. A time without a zone would be another one elsewhere. @throws WrongUse */
function readTime(text: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new WrongUse(
      `--at takes a date, or a time with its zone such as 2026-11-20T21:30:00Z; got "${text}"`,
    );
  return time;
}

/** Members by group, lower case. @throws WrongUse */
function readGroups(texts: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new WrongUse(`--group takes NAME=ADDRESS,ADDRESS; got "${text}"`);
      const members = text
        .slice(equals + 1)
        .split(',')
        .filter((member) => member !== '');
      for (const member of members) requireAddress('--group', member);
      return [text.slice(0, equals), new Set(members.map((member) => member.toLowerCase()))] as const;
    }),
  );
}

/** What the file cannot tell. @throws WrongUse */
function readCircumstances(values: {
  readonly at?: string;
  readonly group?: string[];
  readonly 'first-contact'?: boolean;
}): Pick<ExplainInput, 'at' | 'groups' | 'firstContact'> {
  return {
    ...(values.at === undefined ? {} : { at: readTime(values.at) }),
    groups: readGroups(values.group ?? []),
    ...(values['first-contact'] === true ? { firstContact: true } : {}),
  };
}

/** Undefined where neither is given: nothing is looked up then. @throws WrongUse */
async function openAsked({
  dns,
  zone,
}: {
  readonly dns?: string;
  readonly zone?: string;
}): Promise<OpenDns | undefined> {
  if (dns === undefined && zone === undefined) return undefined;
  const { openDns } = await import('../dmarc/dns.ts');
  return openDns({ dns, zone });
}

/** The policy, or undefined after its errors were printed. */
async function usablePolicy(file: string): Promise<Policy | undefined> {
  const parsed = await readPolicyFile(file);
  if (parsed.ok) return parsed.policy;
  process.stderr.write(`${parsed.problems.map(formatProblem).join('\n')}\n`);
  return undefined;
}

/** Throws WrongUse unless direction and envelope can be. */
function requireWay(values: {
  readonly inbound?: boolean;
  readonly outbound?: boolean;
  readonly sender?: string;
  readonly recipient?: string[];
}): void {
  if (values.inbound === true && values.outbound === true) {
    throw new WrongUse('give --inbound or --outbound, not both');
  }
  for (const recipient of values.recipient ?? []) requireAddress('--recipient', recipient);
  if (values.sender !== undefined && values.sender !== '') requireAddress('--sender', values.sender);
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const [policyFile, messageFile] = positionals;
  if (policyFile === undefined || messageFile === undefined || positionals.length !== 2) {
    throw new WrongUse('give a policy file and a message file');
  }
  requireWay(values);
  const circumstances = readCircumstances(values);
  const dns = await openAsked(values);
  try {
    const policy = await usablePolicy(policyFile);
    const bytes = await readMessage(messageFile);
    if (policy === undefined) return EXIT.findings;
    const { explanation, changed } = await explainMessage({
      policy,
      bytes,
      direction: values.outbound === true ? 'outbound' : 'inbound',
      sender: values.sender,
      recipients: values.recipient ?? [],
      lookupDns: dns?.lookupDns,
      withKey: values['no-mark-key'] !== true,
      diff: values.diff === true,
      ...circumstances,
    });
    if (values.out !== undefined) await writeMessage(values.out, changed);
    const isJson = values.json === true;
    process.stdout.write(isJson ? asJson(explanation) : explanationText(explanation, messageFile));
    return EXIT.fine;
  } finally {
    await dns?.close();
  }
}

function asJson(explanation: Explanation): string {
  return `${JSON.stringify(explanation, null, 2)}\n`;
}
