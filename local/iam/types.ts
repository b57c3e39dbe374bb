/**
 * Policy documents of AWS Identity and Access Management, as far as the policies of mail flow use them, and questions
 * to them. What the evaluator does not know is refused when the document is read: a statement that was skipped in
 * silence would make a closed bucket out of an open one.
 */

/** Who asks. */
export type Principal =
  /** An AWS service that acts for an account: `workmail.REGION.amazonaws.com`. */
  | { readonly kind: 'service'; readonly name: string }
  /** A role or user; `arn` is that of the role (`arn:aws:iam::ACCOUNT:role/NAME`). */
  | { readonly kind: 'aws'; readonly account: string; readonly arn: string }
  | { readonly kind: 'anonymous' };

export interface PolicyRequest {
  readonly principal: Principal;
  /** `s3:GetObject`. */
  readonly action: string;
  /** The ARN. */
  readonly resource: string;
  /**
   * The account that owns the resource. There an Allow to that whole account lets no role in by itself: it leaves the
   * choice to the account's own policies (IAM User Guide, "AWS account principals"). Without it such an Allow counts,
   * as it does for whoever in another account gives out rights of his own.
   */
  readonly resourceAccount?: string;
  /** Condition keys with their one value, `aws:SecureTransport: true`. Upper and lower case of the keys do not count. */
  readonly context: Readonly<Record<string, string>>;
}

/** One operator of a condition with one key. All of a statement's conditions must hold, one value of each suffices. */
export interface Condition {
  readonly operator: Operator;
  /** With the suffix IfExists: it holds where the request has no such key. */
  readonly ifExists: boolean;
  /** In lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** Undefined in the policy of an identity: it is that identity's. */
  readonly principals: Principals | undefined;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

export type Principals =
  | 'everyone'
  | { readonly services: readonly string[] /** ARNs or account numbers. */; readonly aws: readonly string[] };

/** As `readPolicyDocument` makes it of the JSON or YAML value. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

/** Counted from 0. */
export interface StatementPlace {
  readonly document: number;
  readonly statement: number;
  readonly sid: string | undefined;
}

/** `implicit-deny`: no statement speaks of it. */
export interface Verdict {
  readonly effect: 'allow' | 'deny' | 'implicit-deny';
  /** The statement that decided. */
  readonly by?: StatementPlace;
}

export const OPERATORS = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'ArnEquals',
  'ArnLike',
  'ArnNotEquals',
  'ArnNotLike',
  'Bool',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'Null',
] as const;

export type Operator = (typeof OPERATORS)[number];
