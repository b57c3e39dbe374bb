/**
 * The organization that the stand-in plays: who has a mailbox, which functions there are, which email flow rules are
 * set. On WorkMail all of it is set in the console; here it is one file, `organization.yaml`.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PermanentError } from '../shared/errors.ts';
import { createReport, formatProblem } from '../shared/policy/report.ts';
import { readSource } from '../shared/policy/source.ts';
import type { Problem } from '../shared/policy/types.ts';
import type { Assumptions } from './assumptions.ts';
import { type AvailabilityProvider, checkAvailability } from './availability/settings.ts';
import type { MailboxRule } from './flow/mailbox-rule-shape.ts';
import { checkAddresses, checkFunctions } from './flow/organization-check.ts';
import { organizationShape, type ShapedOrganization } from './flow/organization-shape.ts';
import { checkFlowRules } from './flow/rule-check.ts';
import type { Direction, FlowRule } from './flow/types.ts';
import { checkNative, type NativeSettings, nativeSettings } from './native/settings.ts';
import type { GatewaySettings } from './smtp/gateway.ts';
import type { Directory, FunctionConfig } from './types.ts';

/** Everything about the organization; as a `Directory` it answers who is in it. */
/** Everybody in the directory; addresses in lower case. */
export interface People {
  readonly users: readonly { readonly address: string; readonly aliases: readonly string[] }[];
  readonly groups: readonly { readonly address: string; readonly members: readonly string[] }[];
}

export interface Organization extends Directory {
  /** `m-` and 32 hexadecimal digits. */
  readonly id: string;
  readonly alias: string;
  readonly region: string;
  /** 12 digits. */
  readonly account: string;
  /** Every mailbox's address, lower case. */
  readonly mailboxes: readonly string[];
  readonly functions: readonly FunctionConfig[];
  readonly rules: Readonly<Record<Direction, readonly FlowRule[]>>;
  readonly assumptions: Assumptions;
  /** `sink`: what a rule sends there is kept as a file. */
  readonly smtpGateway?: GatewaySettings | 'sink';
  /** Who is asked for free/busy times of other domains; absent when the file does not say. */
  readonly availability?: readonly AvailabilityProvider[];
  readonly native: NativeSettings;
  /** Users and groups as the file has them. */
  readonly people: People;
  isGroup(address: string): boolean;
  /** The mailbox's own rules, in their order. */
  mailboxRules(mailbox: string): readonly MailboxRule[];
}

export type ParsedOrganization =
  | { readonly ok: true; readonly organization: Organization; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the text of `organization.yaml`. Never throws: everything that is wrong comes back with its line. */
export function parseOrganization(text: string, fileName: string): ParsedOrganization {
  const report = createReport(fileName);
  const source = readSource(text, report);
  const shaped = source === undefined ? undefined : organizationShape.read(source, report);
  if (shaped === undefined) return { ok: false, problems: report.problems() };
  checkAddresses(shaped, report);
  const functions = checkFunctions(shaped, report);
  const { id, alias, region, account, domains, assumptions, smtpGateway } = shaped;
  const surroundings = { functions, region, account, hasGateway: smtpGateway !== undefined };
  const rules = checkFlowRules(shaped.flowRules ?? {}, surroundings, report);
  const around = { domains, functions, region, account };
  const availability = checkAvailability(shaped.availability, around, report);
  const mailboxes = shaped.users.map((user) => user.value.address);
  checkNative(shaped.native, mailboxes, report);
  const problems = report.problems();
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
  const settings = {
    id,
    alias,
    region,
    account,
    domains,
    mailboxes,
    functions,
    rules,
    assumptions,
    ...(smtpGateway === undefined ? {} : { smtpGateway }),
    ...(availability === undefined ? {} : { availability }),
    native: nativeSettings(shaped.native),
  };
  return { ok: true, organization: { ...settings, ...directoryOf(shaped) }, warnings: problems };
}

/**
 * Reads the file.
 * @throws PermanentError when it cannot be read or is wrong; the message lists every problem with file and line.
 */
export async function loadOrganization(path: string): Promise<Organization> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new PermanentError(
      `the file ${path} cannot be read: ${missing ? 'it is not there' : String(error)}`,
    );
  });
  const parsed = parseOrganization(text, path);
  if (parsed.ok) return parsed.organization;
  throw new PermanentError(parsed.problems.map(formatProblem).join('\n'));
}

type Known = Omit<Directory, 'domains'> & Pick<Organization, 'people' | 'isGroup' | 'mailboxRules'>;

function directoryOf(shaped: ShapedOrganization): Known {
  const mailboxOf = new Map<string, string>();
  const passwords = new Map<string, Buffer>();
  for (const { value } of shaped.users) {
    passwords.set(value.address, digest(value.password));
    for (const address of [value.address, ...(value.aliases ?? [])]) mailboxOf.set(address, value.address);
  }
  const rules = new Map(shaped.users.map(({ value }) => [value.address, value.mailboxRules ?? []]));
  const members = new Map((shaped.groups ?? []).map(({ value }) => [value.address, value.members]));
  // Compared with when the user is unknown, so that the answer takes as long.
  const nobody = digest('');
  return {
    people: {
      users: shaped.users.map(({ value: { address, aliases = [] } }) => ({ address, aliases })),
      groups: (shaped.groups ?? []).map(({ value: { address, members: listed } }) => ({
        address,
        members: listed,
      })),
    },
    knows: (address) => mailboxOf.has(address.toLowerCase()) || members.has(address.toLowerCase()),
    isGroup: (address) => members.has(address.toLowerCase()),
    mailboxRules: (mailbox) => rules.get(mailbox) ?? [],
    expand: (address) => expand(address.toLowerCase(), mailboxOf, members),
    authenticate(user, password) {
      const known = passwords.get(user.toLowerCase());
      const same = timingSafeEqual(known ?? nobody, digest(password));
      return known !== undefined && same;
    },
  };
}

/** Breadth first over groups in groups; one that contains itself is entered once. */
function expand(
  address: string,
  mailboxOf: ReadonlyMap<string, string>,
  members: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const seen = new Set([address]);
  const mailboxes = new Set<string>();
  // A Set visits what is added while it is walked.
  for (const current of seen) {
    const mailbox = mailboxOf.get(current);
    if (mailbox !== undefined) mailboxes.add(mailbox);
    for (const member of members.get(current) ?? []) seen.add(member);
  }
  return [...mailboxes];
}

/** Equal length for every password, as the comparison needs it. */
function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest();
}
