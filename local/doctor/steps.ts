/** The way through WorkMail's console for this very deployment: flow rules cannot be made over an API. */
import type { Direction } from '../flow/types.ts';
import { answerOf } from './ask.ts';
import { wantedDirections } from './checks/rules.ts';
import type { Deployed, FunctionFacts } from './deployed.ts';
import type { Finding } from './finding.ts';

/** What the rule for all mail calls: mailflow where it is deployed, else the one function that is. */
function ruleFunction({ functions }: Deployed): FunctionFacts | undefined {
  return (
    functions.find(({ logicalId }) => logicalId === 'Mailflow') ??
    functions.find(({ role }) => role === 'synchronous')
  );
}

const FALLBACK: Readonly<Record<Direction, string>> = {
  inbound: 'Deliver to junk folder',
  outbound: 'Default',
};

function ruleSteps(direction: Direction, arn: string): readonly string[] {
  return [
    `  ${direction === 'inbound' ? 'Inbound' : 'Outbound'} rules, Create:`,
    `    Rule name             mailroom-${direction}`,
    '    Action                Run Lambda',
    `    Lambda function       ${arn}`,
    '    Run synchronously     on',
    `    Fallback action       ${FALLBACK[direction]}`,
    '    Rule timeout          60 minutes',
    '    Sender domains        *',
    '    Destination domains   *',
  ];
}

/** Lines to follow; empty when there is no function that a rule could call. */
export function consoleSteps(deployed: Deployed): readonly string[] {
  const own = ruleFunction(deployed);
  if (own === undefined || deployed.organization.kind === 'absent') return [];
  const { region, organizationId, account = 'ACCOUNT' } = deployed;
  const arn =
    answerOf(own.configuration)?.FunctionArn ?? `arn:aws:lambda:${region}:${account}:function:${own.name}`;
  return [
    `In WorkMail's console (region ${region}), open the organization ${organizationId}, Organization settings:`,
    ...wantedDirections(deployed).flatMap((direction) => ruleSteps(direction, arn)),
  ];
}

/** Whether somebody has to go to the console, or to look there. */
export function needsSteps(findings: readonly Finding[]): boolean {
  return findings.some(({ id, level }) => (id === 'rules-known' || id === 'rule-present') && level !== 'ok');
}
