/** `mailroom doctor --probe`: what it needs, and the question whether it may. */
import { createInterface } from 'node:readline/promises';
import type { Clients } from '../doctor/clients.ts';
import type { Diagnosis } from '../doctor/doctor.ts';
import { type Finding, unknown } from '../doctor/finding.ts';
import { type ProbeOptions, probe } from '../doctor/probe.ts';
import type { RuleSet } from '../flow/rule-file.ts';
import { WrongUse } from './usage.ts';

export interface ProbeFlags {
  readonly smtp?: string;
  readonly to?: string;
  readonly from?: string;
  readonly yes: boolean;
}

export type ProbePlan = Pick<ProbeOptions, 'smtp' | 'to' | 'from'> & { readonly yes: boolean };

const ADDRESS = /^[^\s@<>]{1,64}@[^\s@<>]{1,253}$/;

/** Throws WrongUse when something is missing. */
export function planProbe({ smtp, to, from, yes }: ProbeFlags): ProbePlan {
  const place = /^(\[[0-9a-f:]+\]|[A-Za-z0-9.-]{1,253}):(\d{1,5})$/i.exec(smtp ?? '');
  const [, host, port] = place ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535)
    throw new WrongUse('--probe needs --smtp HOST:PORT, where mail for the organization is taken');
  if (to === undefined || !ADDRESS.test(to))
    throw new WrongUse('--probe needs --to, a mailbox that may get a message');
  if (from === undefined || !ADDRESS.test(from))
    throw new WrongUse('--probe needs --from, who the message says it is from');
  return { smtp: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }, to, from, yes };
}

async function mayBe({ smtp, to, from, yes }: ProbePlan): Promise<boolean> {
  if (yes) return true;
  if (process.stdin.isTTY !== true) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `Send one message from ${from} to ${to} through ${smtp.host}:${smtp.port}? (y/N): `;
    return /^y/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

function ownRuleNames(rules: RuleSet | undefined, { deployed }: Diagnosis): readonly string[] {
  const names = deployed.functions.map(({ name }) => name);
  return (rules?.rules.inbound ?? []).flatMap((rule) =>
    rule.action === 'runLambda' && names.some((name) => rule.function.split(':').includes(name))
      ? [rule.name]
      : [],
  );
}

/** Asks, sends, looks. */
export async function runProbe(
  plan: ProbePlan,
  clients: Clients,
  diagnosis: Diagnosis,
  rules: RuleSet | undefined,
): Promise<readonly Finding[]> {
  const group = diagnosis.eventLogGroup;
  if (group === undefined)
    return [
      unknown(
        'probe-arrived',
        plan.to,
        'Without the event log a probe cannot be followed.',
        'Mend "event-log-group" first.',
      ),
    ];
  if (!(await mayBe(plan)))
    return [unknown('probe-arrived', plan.to, 'Nothing was sent.', 'Answer with y, or give --yes.')];
  const { smtp, to, from } = plan;
  const ruleNames = ownRuleNames(rules, diagnosis);
  return probe({ clients, smtp, to, from, group, ruleNames, nowMs: Date.now() });
}
