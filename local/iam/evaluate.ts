/**
 * Whether policies let a request through (IAM User Guide, "Policy evaluation logic"): what any statement denies is
 * denied; else what any allows is allowed; else it is denied because nobody allowed it. Documents of the caller and of
 * the resource are given together: within one account one of them suffices.
 */
import { matchesArn, matchesGlob } from './glob.ts';
import type {
  Condition,
  Operator,
  PolicyDocument,
  PolicyRequest,
  Principal,
  Principals,
  Statement,
  StatementPlace,
  Verdict,
} from './types.ts';

export { readPolicyDocument } from './read.ts';
export type { PolicyDocument, PolicyRequest, Principal, Verdict } from './types.ts';

function isAccountOf(principal: Extract<Principal, { kind: 'aws' }>, name: string): boolean {
  return (
    name === principal.account || /^arn:[a-z-]+:iam::(\d{12}):root$/.exec(name)?.[1] === principal.account
  );
}

/** Whether what is said to the whole account is said to this role or user as well. */
function meansEachOf(account: string, effect: Statement['effect'], request: PolicyRequest): boolean {
  return effect === 'Deny' || request.resourceAccount !== account;
}

function isAmong(principals: Principals, effect: Statement['effect'], request: PolicyRequest): boolean {
  if (principals === 'everyone') return true;
  const { principal } = request;
  switch (principal.kind) {
    case 'service':
      return principals.services.includes(principal.name);
    case 'aws':
      return principals.aws.some(
        (name) =>
          name === principal.arn ||
          (isAccountOf(principal, name) && meansEachOf(principal.account, effect, request)),
      );
    case 'anonymous':
      return false;
  }
}

type Compare = (wanted: string, given: string) => boolean;

const number =
  (compare: (given: number, wanted: number) => boolean): Compare =>
  (wanted, given) =>
    compare(Number(given), Number(wanted));
const sameText: Compare = (wanted, given) => wanted === given;
const sameLetters: Compare = (wanted, given) => wanted.toLowerCase() === given.toLowerCase();
const sameNumber = number((given, wanted) => given === wanted);

/** Whether the value of the request is of one value of the condition. */
const COMPARE: Readonly<Record<Exclude<Operator, 'Null'>, Compare>> = {
  StringEquals: sameText,
  StringNotEquals: sameText,
  StringEqualsIgnoreCase: sameLetters,
  StringNotEqualsIgnoreCase: sameLetters,
  StringLike: matchesGlob,
  StringNotLike: matchesGlob,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  ArnNotEquals: matchesArn,
  ArnNotLike: matchesArn,
  Bool: sameLetters,
  NumericEquals: sameNumber,
  NumericNotEquals: sameNumber,
  NumericLessThan: number((given, wanted) => given < wanted),
  NumericLessThanEquals: number((given, wanted) => given <= wanted),
  NumericGreaterThan: number((given, wanted) => given > wanted),
  NumericGreaterThanEquals: number((given, wanted) => given >= wanted),
};

/** IAM User Guide, "Condition operators": a negated one holds when no value is the request's, or it has no such key. */
function isNegated(operator: Operator): boolean {
  return operator.includes('Not');
}

function holds(condition: Condition, context: ReadonlyMap<string, string>): boolean {
  const given = context.get(condition.key);
  const { operator, values } = condition;
  if (operator === 'Null')
    return values.some((value) => (value.toLowerCase() === 'true') === (given === undefined));
  if (given === undefined) return condition.ifExists || isNegated(operator);
  const compare = COMPARE[operator];
  return values.some((wanted) => compare(wanted, given)) !== isNegated(operator);
}

function speaksOf(
  statement: Statement,
  request: PolicyRequest,
  context: ReadonlyMap<string, string>,
): boolean {
  const action = request.action.toLowerCase();
  return (
    (statement.principals === undefined || isAmong(statement.principals, statement.effect, request)) &&
    statement.actions.some((pattern) => matchesGlob(pattern.toLowerCase(), action)) &&
    statement.resources.some((pattern) => matchesGlob(pattern, request.resource)) &&
    statement.conditions.every((condition) => holds(condition, context))
  );
}

/** What the documents together say to the request, and the first statement that says it. */
export function evaluate(documents: readonly PolicyDocument[], request: PolicyRequest): Verdict {
  const context = new Map(Object.entries(request.context).map(([key, value]) => [key.toLowerCase(), value]));
  let allowed: StatementPlace | undefined;
  for (const [document, { statements }] of documents.entries()) {
    for (const [index, statement] of statements.entries()) {
      if (!speaksOf(statement, request, context)) continue;
      const by = { document, statement: index, sid: statement.sid };
      if (statement.effect === 'Deny') return { effect: 'deny', by };
      allowed ??= by;
    }
  }
  return allowed === undefined ? { effect: 'implicit-deny' } : { effect: 'allow', by: allowed };
}
