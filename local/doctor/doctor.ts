/**
 * `mailroom doctor`: looks at everything between WorkMail and Mailroom and says what is wrong. It reads and changes
 * nothing. Each service is asked by itself: one that denies or does not answer leaves the others' findings alone.
 */
import type { RuleSet } from '../flow/rule-file.ts';
import type { FindingId } from './catalogue.ts';
import { checkAccount } from './checks/account.ts';
import { checkAvailability } from './checks/availability.ts';
import { checkCode } from './checks/code.ts';
import { checkEventLog } from './checks/event-log.ts';
import { checkFunctions } from './checks/functions.ts';
import { checkInvokeRights } from './checks/invoke-rights.ts';
import { checkJournalBucket, checkKept } from './checks/journal-bucket.ts';
import { checkPolicies } from './checks/policy.ts';
import { checkPolicyNeeds } from './checks/policy-needs.ts';
import { checkRewriteBucket } from './checks/rewrite-bucket.ts';
import { checkFlowRules } from './checks/rules.ts';
import { checkWorkMail } from './checks/workmail.ts';
import type { Clients } from './clients.ts';
import { type Deployed, readDeployed, type Target } from './deployed.ts';
import { type Finding, unknown } from './finding.ts';

export interface DoctorOptions extends Target {
  readonly clients: Clients;
  /** What a build of this checkout made, or `mailroom package`. */
  readonly distDir: string;
  /** The event log's group, where the administrator chose one. */
  readonly logGroup: string | undefined;
  /** The flow rules as they are in the console; undefined when nobody told. */
  readonly rules: RuleSet | undefined;
  readonly nowMs: number;
}

export interface Diagnosis {
  readonly deployed: Deployed;
  readonly findings: readonly Finding[];
  /** The event log's group, where it was found. */
  readonly eventLogGroup: string | undefined;
}

/** What is held against the id of the organization, with mends that contain it. */
const OF_THE_ORGANIZATION: ReadonlySet<FindingId> = new Set([
  'function-organization',
  'invoke-right',
  'invoke-pinned',
  'bucket-read',
  'bucket-organization',
]);

/** When there is no such organization, its id is what is wrong: a mend that contains it would break what works. */
function judged(finding: Finding, { organization }: Deployed): Finding {
  if (organization.kind !== 'absent' || finding.level === 'ok' || !OF_THE_ORGANIZATION.has(finding.id))
    return finding;
  return unknown(
    finding.id,
    finding.subject,
    'It cannot be judged without the organization.',
    'Mend "organization" first.',
  );
}

/** Asks everything. Never rejects because of what a service answers. */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { clients, distDir, logGroup, nowMs, rules } = options;
  const deployed = await readDeployed(clients, options);
  const [{ findings: policyFindings, policies }, bucket, workmail, journal, code, log] = await Promise.all([
    checkPolicies(clients, deployed),
    checkRewriteBucket(clients, deployed),
    checkWorkMail(clients, deployed),
    checkJournalBucket(clients, deployed),
    checkCode(deployed, distDir),
    checkEventLog(clients, deployed, logGroup, nowMs),
  ]);
  const [availability, flowRules] = await Promise.all([
    checkAvailability(clients, deployed, policies),
    checkFlowRules(clients, deployed, rules, { group: log.group, nowMs }),
  ]);
  const findings = [
    ...checkAccount(deployed),
    ...checkFunctions(deployed),
    ...code,
    ...checkInvokeRights(deployed),
    ...bucket,
    ...workmail,
    ...availability,
    ...checkKept(deployed, policies),
    ...journal,
    ...policyFindings,
    ...checkPolicyNeeds(deployed, policies),
    ...flowRules,
    ...log.findings,
  ].map((finding) => judged(finding, deployed));
  return { deployed, findings, eventLogGroup: log.group };
}
