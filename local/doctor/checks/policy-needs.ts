/** Whether the stack gives the functions what the rules of the policy need: a bucket, a sender, the right to ask for groups. */
import type { Stack } from '@aws-sdk/client-cloudformation';
import { type Policy, policyNeeds } from '../../../shared/policy/index.ts';
import { answerOf } from '../ask.ts';
import type { Deployed } from '../deployed.ts';
import { type Finding, fail, ok } from '../finding.ts';

/** The functions that act by the rules. */
const RULE_FUNCTIONS: ReadonlySet<string> = new Set(['Mailflow', 'Rewrite']);

function parameter(stack: Stack | undefined, name: string): string | undefined {
  return stack?.Parameters?.find(({ ParameterKey }) => ParameterKey === name)?.ParameterValue;
}

/** Update which parameter, and why; a parameter that the stack does not tell is not judged. */
function missing(
  policy: Policy,
  stack: Stack | undefined,
): readonly (readonly [why: string, mend: string])[] {
  const needs = policyNeeds(policy);
  const from = policy.notices?.from ?? '';
  const sender = parameter(stack, 'NoticesFrom');
  const reportsFrom = policy.dmarc?.reports?.from;
  const reporter = parameter(stack, 'ReportsFrom');
  return [
    ...(needs.keepBucket && parameter(stack, 'UseKeep') === 'no'
      ? [['a bucket for what they keep', 'UseKeep=yes'] as const]
      : []),
    ...(policy.dmarc?.seal !== undefined && parameter(stack, 'MarkKeyParameter') === ''
      ? [['the key of seals, a SecureString NAME-arc', 'MarkKeyParameter=NAME'] as const]
      : []),
    ...(needs.sender && sender !== undefined && sender.toLowerCase() !== from.toLowerCase()
      ? [[`the right to send as ${from}`, `NoticesFrom=${from}`] as const]
      : []),
    ...(needs.directory && parameter(stack, 'UseGroups') === 'no'
      ? [['the right to ask who is in a group', 'UseGroups=yes'] as const]
      : []),
    ...(reportsFrom !== undefined && reporter !== undefined && reporter.toLowerCase() !== reportsFrom
      ? [[`a function that reports as ${reportsFrom}`, `ReportsFrom=${reportsFrom}`] as const]
      : []),
  ];
}

export function checkPolicyNeeds(
  { stack, functions, stackName }: Pick<Deployed, 'stack' | 'functions' | 'stackName'>,
  policies: readonly Policy[],
): readonly Finding[] {
  const known = answerOf(stack);
  if (known === undefined || !functions.some(({ logicalId }) => RULE_FUNCTIONS.has(logicalId))) return [];
  return policies.map((policy) => {
    const needs = missing(policy, known);
    if (needs.length === 0) return ok('policy-needs', stackName, 'The stack has what the rules need.');
    const what = needs.map(([why]) => why).join(', and ');
    const mend = needs.map(([, parameters]) => parameters).join(' ');
    return fail(
      'policy-needs',
      stackName,
      `Rules of the policy need ${what}, which the functions do not have: they keep, tell or find out nothing.`,
      `Update the stack with ${mend}, or take these rules out of the policy.`,
    );
  });
}
