/** A function's resource policy: who may call it, as AWS Lambda writes it down and as IAM reads it. */
import { readPolicyDocument } from '../../iam/evaluate.ts';
import type { PolicyDocument } from '../../iam/types.ts';
import type { JsonObject } from '../json.ts';
import type { Account, Permission } from './account.ts';

export function functionArnOf(account: Account, name: string): string {
  const { region, account: number } = account.organization;
  return `arn:aws:lambda:${region}:${number}:function:${name}`;
}

/** Lambda Developer Guide, "Viewing resource-based IAM policies": the form that GetPolicy answers with. */
export function statementOf(permission: Permission, resource: string): JsonObject {
  const { sid, action, principal, sourceArn, sourceAccount } = permission;
  const named = /^\d{12}$/.test(principal)
    ? { AWS: `arn:aws:iam::${principal}:root` }
    : { [principal.startsWith('arn:') ? 'AWS' : 'Service']: principal };
  const condition = {
    ...(sourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': sourceAccount } }),
    ...(sourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': sourceArn } }),
  };
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : named,
    Action: action,
    Resource: resource,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

/** The policy as GetPolicy gives it; undefined when nobody was ever let in. */
export function resourcePolicyOf(account: Account, name: string): JsonObject | undefined {
  const permissions = account.state().permissions[name] ?? [];
  if (permissions.length === 0) return undefined;
  const resource = functionArnOf(account, name);
  const statements = permissions.map((permission) => statementOf(permission, resource));
  return { Version: '2012-10-17', Id: 'default', Statement: statements };
}

/** The same, to be asked. */
export function readResourcePolicy(account: Account, name: string): readonly PolicyDocument[] {
  const policy = resourcePolicyOf(account, name);
  return policy === undefined ? [] : [readPolicyDocument(policy)];
}
