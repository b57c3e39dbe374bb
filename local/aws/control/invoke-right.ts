/** Whether WorkMail may call a function: its resource policy is asked, as AWS Lambda asks it before every call. */
import { evaluate } from '../../iam/evaluate.ts';
import type { InvokeOutcome, LambdaInvoker } from '../../types.ts';
import type { Account } from './account.ts';
import { functionArnOf, readResourcePolicy } from './resource-policy.ts';

/** What WorkMail calls a function for: a flow rule, or free/busy times. Each has a service principal of its own. */
export type Purpose = 'flow' | 'availability';

function principalOf({ organization: { region } }: Account, purpose: Purpose): string {
  return `${purpose === 'flow' ? '' : 'availability.'}workmail.${region}.amazonaws.com`;
}

/** The keys that WorkMail's own calls carry. */
function ownContext({ organization: { id, region, account } }: Account): Readonly<Record<string, string>> {
  return {
    'aws:SourceAccount': account,
    'aws:SourceArn': `arn:aws:workmail:${region}:${account}:organization/${id}`,
  };
}

function isLetIn(
  account: Account,
  name: string,
  purpose: Purpose,
  context: Readonly<Record<string, string>>,
): boolean {
  const request = {
    principal: { kind: 'service', name: principalOf(account, purpose) },
    action: 'lambda:InvokeFunction',
    resource: functionArnOf(account, name),
    context,
  } as const;
  return evaluate(readResourcePolicy(account, name), request).effect === 'allow';
}

/** Whether WorkMail may call the function for this organization. */
export function mayCall(account: Account, name: string, purpose: Purpose): boolean {
  return isLetIn(account, name, purpose, ownContext(account));
}

/** Whether a call that names neither account nor organization is let in. */
export function isAnonymousLetIn(account: Account, name: string, purpose: Purpose): boolean {
  return isLetIn(account, name, purpose, {});
}

/** As Lambda refuses a call; the function itself never hears of it. */
function refused(account: Account, name: string, purpose: Purpose): InvokeOutcome {
  const errorMessage = `${principalOf(account, purpose)} is not authorized to perform lambda:InvokeFunction on ${functionArnOf(account, name)} for this organization: no statement of its resource policy allows it`;
  return {
    durationMs: 0,
    coldStart: false,
    logs: [],
    kind: 'error',
    errorType: 'AccessDeniedException',
    errorMessage,
  };
}

/** Calls functions as WorkMail does: those that it may call now. A name that no function has is the invoker's to refuse. */
export function permittedInvoker(account: Account, purpose: Purpose, invoker: LambdaInvoker): LambdaInvoker {
  const isKnown = (name: string) => account.functions.some((one) => one.name === name);
  return {
    async invoke(name, event) {
      if (isKnown(name) && !mayCall(account, name, purpose)) return refused(account, name, purpose);
      return invoker.invoke(name, event);
    },
  };
}
