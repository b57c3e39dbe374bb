/** Who may call each function: WorkMail for this organization, and nobody else. */
import { evaluate, type PolicyDocument } from '../../iam/evaluate.ts';
import { answerOf } from '../ask.ts';
import { type Deployed, type FunctionFacts, partsOfArn } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown, warn } from '../finding.ts';

/** An organization that nobody has. */
const STRANGER = 'm-00000000000000000000000000000000';

interface Caller {
  readonly documents: readonly PolicyDocument[];
  readonly service: string;
  readonly resource: string;
  readonly account: string;
  readonly organizationArn: (id: string) => string;
}

type Context = Readonly<Record<string, string>>;

function isLetIn(caller: Caller, context: Context): boolean {
  const principal = { kind: 'service', name: caller.service } as const;
  const request = { principal, action: 'lambda:InvokeFunction', resource: caller.resource, context };
  return evaluate(caller.documents, request).effect === 'allow';
}

function isAnybodyLetIn({ documents, resource }: Caller): boolean {
  const request = {
    principal: { kind: 'anonymous' },
    action: 'lambda:InvokeFunction',
    resource,
    context: {},
  } as const;
  return evaluate(documents, request).effect === 'allow';
}

/** The flow calls functions of its region; a provider may be elsewhere, so its permission names WorkMail's region. */
function callerOf(
  facts: FunctionFacts,
  documents: readonly PolicyDocument[],
  deployed: Deployed,
  account: string,
): Caller {
  const { region } = deployed;
  const prefix = facts.role === 'availability' ? 'availability.' : '';
  const own = partsOfArn(answerOf(facts.configuration)?.FunctionArn)?.region ?? region;
  return {
    documents,
    service: `${prefix}workmail.${region}.amazonaws.com`,
    resource:
      answerOf(facts.configuration)?.FunctionArn ?? `arn:aws:lambda:${own}:${account}:function:${facts.name}`,
    account,
    organizationArn: (id) => `arn:aws:workmail:${region}:${account}:organization/${id}`,
  };
}

function addPermission(caller: Caller, name: string, organizationId: string): string {
  return `aws lambda add-permission --function-name ${name} --statement-id workmail --action lambda:InvokeFunction --principal ${caller.service} --source-account ${caller.account} --source-arn ${caller.organizationArn(organizationId)}`;
}

function checkRight(caller: Caller, name: string, organizationId: string): Finding {
  const context = {
    'aws:SourceAccount': caller.account,
    'aws:SourceArn': caller.organizationArn(organizationId),
  };
  if (isLetIn(caller, context))
    return ok('invoke-right', name, 'WorkMail may call it for this organization.');
  return fail(
    'invoke-right',
    name,
    'WorkMail may not call it for this organization: every call fails and the fallback of the rule acts.',
    addPermission(caller, name, organizationId),
  );
}

function checkPinned(caller: Caller, name: string, organizationId: string): Finding {
  const arn = caller.organizationArn(organizationId);
  const mend = `Find the statement that is too wide (aws lambda get-policy --function-name ${name}), remove it (aws lambda remove-permission --function-name ${name} --statement-id ITS-SID), then: ${addPermission(caller, name, organizationId)}`;
  const open = (meaning: string) => fail('invoke-pinned', name, meaning, mend);
  if (isAnybodyLetIn(caller)) return open('Everybody may call it.');
  if (isLetIn(caller, {})) return open('A call that names neither account nor organization is let in.');
  if (isLetIn(caller, { 'aws:SourceArn': arn }))
    return open('A call that does not name the account is let in.');
  if (isLetIn(caller, { 'aws:SourceAccount': caller.account }))
    return open('A call that does not name the organization is let in.');
  const stranger = { 'aws:SourceAccount': caller.account, 'aws:SourceArn': caller.organizationArn(STRANGER) };
  if (isLetIn(caller, stranger))
    return warn(
      'invoke-pinned',
      name,
      'Every organization of this account may call it, not only this one.',
      mend,
    );
  return ok('invoke-pinned', name, 'Nobody else may call it.');
}

function checkOne(facts: FunctionFacts, deployed: Deployed): readonly Finding[] {
  const { policy, name } = facts;
  const { account, organizationId } = deployed;
  if (policy.kind !== 'answer')
    return [unasked('invoke-right', name, policy), unasked('invoke-pinned', name, policy)];
  if (account === undefined)
    return [unknown('invoke-right', name, 'The account is not known.', 'Mend "organization" first.')];
  const caller = callerOf(facts, policy.value, deployed, account);
  return [checkRight(caller, name, organizationId), checkPinned(caller, name, organizationId)];
}

export function checkInvokeRights(deployed: Deployed): readonly Finding[] {
  return deployed.functions.flatMap((facts) => checkOne(facts, deployed));
}
