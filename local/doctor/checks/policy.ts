/** The policy that the functions load: can it be read, is it valid, does it know the organization's domains? */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { ListMailDomainsCommand } from '@aws-sdk/client-workmail';
import { parseS3Uri } from '../../../handlers/edge/resource.ts';
import { formatProblem, type Policy, readPolicy } from '../../../shared/policy/index.ts';
import { type Asked, allPages, ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import { type Deployed, settingsOf, settingsUnknown } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown, warn } from '../finding.ts';

/** A policy is read into memory; handlers take no longer one either. */
const MAX_POLICY_BYTES = 1024 * 1024;
/** As many problems are shown; `mailroom check` shows them all. */
const MAX_PROBLEMS = 3;

export interface CheckedPolicies {
  readonly findings: readonly Finding[];
  /** Those that are valid. */
  readonly policies: readonly Policy[];
}

/** Undefined for one that is too long, of which no more is read. */
async function readObject(
  clients: Clients,
  bucket: string,
  key: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { Body, ContentLength = 0 } = await clients.s3.send(command, { abortSignal });
  if (ContentLength <= MAX_POLICY_BYTES) return Body?.transformToString('utf-8') ?? '';
  if (Body instanceof Readable) Body.destroy();
  return undefined;
}

/** The text of the policy at `uri`, as the function would read it; undefined when it is too long for that. */
function readText(clients: Clients, uri: string): Promise<Asked<string | undefined>> {
  const s3 = parseS3Uri(uri);
  if (s3 !== undefined)
    return ask('s3:GetObject', (signal) => readObject(clients, s3.bucket, s3.key, signal));
  if (uri.startsWith('ssm://'))
    return ask('ssm:GetParameter', async (abortSignal) => {
      const command = new GetParameterCommand({ Name: uri.slice('ssm://'.length), WithDecryption: true });
      return (await clients.ssm.send(command, { abortSignal })).Parameter?.Value ?? '';
    });
  // A stand-in's functions read a file of this machine.
  if (existsSync(uri)) return ask('reading the file', () => readFile(uri, 'utf8'));
  return Promise.resolve({
    kind: 'unanswered',
    action: 'reading the policy',
    why: `${uri} is in the function's own code`,
  });
}

async function checkDomains(
  clients: Clients,
  { organizationId }: Deployed,
  uri: string,
  policy: Policy,
): Promise<Finding> {
  const asked = await ask('workmail:ListMailDomains', (abortSignal) =>
    allPages(async (token) => {
      const input = { OrganizationId: organizationId, ...(token === undefined ? {} : { NextToken: token }) };
      const page = await clients.workmail.send(new ListMailDomainsCommand(input), { abortSignal });
      return { items: page.MailDomains ?? [], token: page.NextToken };
    }),
  );
  if (asked.kind !== 'answer') return unasked('policy-domains', uri, asked);
  const names = asked.value.flatMap(({ DomainName }) =>
    DomainName === undefined ? [] : [DomainName.toLowerCase()],
  );
  const own = new Set(policy.organization.domains);
  const left = names.filter((name) => !own.has(name) && !name.endsWith('.awsapps.com'));
  const strange = policy.organization.domains.filter((name) => !names.includes(name));
  if (left.length === 0 && strange.length === 0)
    return ok('policy-domains', uri, "Its domains are the organization's.");
  const parts = [
    ...(left.length === 0
      ? []
      : [`it does not list ${left.join(', ')}, so that mail from there counts as outside`]),
    ...(strange.length === 0 ? [] : [`it lists ${strange.join(', ')}, which WorkMail does not have`]),
  ];
  return warn(
    'policy-domains',
    uri,
    `Its domains are not the organization's: ${parts.join('; ')}.`,
    'Set "organization: domains:" in the policy.',
  );
}

function invalid(uri: string, why: string): Finding {
  return fail(
    'policy-valid',
    uri,
    `It is wrong, so the functions keep the last good one, or pass mail on unchanged: ${why}`,
    'Mend the file ("mailroom check FILE" shows every problem) and upload it again.',
  );
}

function missing(uri: string): Finding {
  return fail(
    'policy-readable',
    uri,
    'There is no policy at this place: mail is passed on unchanged.',
    'Upload the policy there, or update the stack with the right PolicyUri and PolicyArn.',
  );
}

async function checkOne(clients: Clients, deployed: Deployed, uri: string): Promise<CheckedPolicies> {
  const text = await readText(clients, uri);
  if (text.kind === 'absent') return { findings: [missing(uri)], policies: [] };
  if (text.kind !== 'answer') return { findings: [unasked('policy-readable', uri, text)], policies: [] };
  const readable = ok('policy-readable', uri, 'It can be read.');
  if (text.value === undefined)
    return {
      findings: [readable, invalid(uri, `it is longer than ${MAX_POLICY_BYTES} bytes.`)],
      policies: [],
    };
  const parsed = await readPolicy(text.value, 'policy.yaml');
  if (!parsed.ok) {
    const errors = parsed.problems.filter(({ severity }) => severity === 'error');
    const shown = errors.slice(0, MAX_PROBLEMS).map(formatProblem).join('; ');
    return { findings: [readable, invalid(uri, shown)], policies: [] };
  }
  const valid = ok('policy-valid', uri, 'It is valid.');
  const domains = await checkDomains(clients, deployed, uri, parsed.policy);
  return { findings: [readable, valid, domains], policies: [parsed.policy] };
}

function notTold({ functions }: Deployed): Finding {
  const denied = settingsUnknown(functions);
  if (denied !== undefined) return unasked('policy-readable', 'POLICY_URI', denied);
  return unknown(
    'policy-readable',
    'POLICY_URI',
    'The functions are told no place: they read a policy.yaml that was packed with their code.',
    'Update the stack with PolicyUri, so that a rule changes without a deployment.',
  );
}

export async function checkPolicies(clients: Clients, deployed: Deployed): Promise<CheckedPolicies> {
  const uris = settingsOf(deployed.functions, 'POLICY_URI');
  if (uris.length === 0 && deployed.functions.length > 0)
    return { findings: [notTold(deployed)], policies: [] };
  const all = await Promise.all(uris.map((uri) => checkOne(clients, deployed, uri)));
  return {
    findings: all.flatMap(({ findings }) => findings),
    policies: all.flatMap(({ policies }) => policies),
  };
}
