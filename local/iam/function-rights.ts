/** What the functions of a template may do: the policies of each, as documents that can be evaluated. */
import { PermanentError } from '../../shared/errors.ts';
import { handlerOf } from '../aws/control/stack.ts';
import {
  isList,
  isMap,
  type ResolvedResource,
  type ResolvedTemplate,
  type TemplateValue,
} from '../template/types.ts';
import { type PolicyDocument, readPolicyDocument } from './evaluate.ts';

const FUNCTION = 'AWS::Serverless::Function';
const MANAGED_POLICY = 'AWS::IAM::ManagedPolicy';
const ROLE = 'AWS::IAM::Role';

function documentOf(
  template: ResolvedTemplate,
  owner: ResolvedResource,
  policy: TemplateValue,
): PolicyDocument {
  const place = `Resources.${owner.logicalId}.Properties.Policies`;
  if (isMap(policy) && policy['Statement'] !== undefined) return readPolicyDocument(policy);
  const managed = [...template.resources.values()].find(
    ({ type, arn, logicalId, physicalName }) =>
      type === MANAGED_POLICY && [arn, logicalId, physicalName].some((name) => name === policy),
  );
  // A policy of AWS's own or a template of SAM's: what it allows is not in this template.
  if (managed === undefined)
    throw new PermanentError(`${place}: ${JSON.stringify(policy)} is not in the template`);
  return readPolicyDocument(managed.properties['PolicyDocument']);
}

/** The role of the template that a function names; SAM gives a role of `Policies` only to a function without one. */
function roleOf(template: ResolvedTemplate, owner: ResolvedResource): ResolvedResource | undefined {
  const { Role } = owner.properties;
  return [...template.resources.values()].find(({ type, arn }) => type === ROLE && arn === Role);
}

function roleRights(template: ResolvedTemplate, role: ResolvedResource): readonly PolicyDocument[] {
  const { ManagedPolicyArns = [], Policies = [] } = role.properties;
  const inline = isList(Policies) ? Policies : [Policies];
  return [
    ...(isList(ManagedPolicyArns) ? ManagedPolicyArns : [ManagedPolicyArns]).map((policy) =>
      documentOf(template, role, policy),
    ),
    ...inline.map((policy) => readPolicyDocument(isMap(policy) ? policy['PolicyDocument'] : policy)),
  ];
}

/**
 * The documents of one function, by the logical id of its resource.
 * @throws PermanentError for a policy that is not in the template, or says what the evaluator does not know.
 */
export function functionRights(template: ResolvedTemplate, logicalId: string): readonly PolicyDocument[] {
  const resource = template.resources.get(logicalId);
  if (resource?.type !== FUNCTION) throw new PermanentError(`the template has no function ${logicalId}`);
  const role = roleOf(template, resource);
  if (role !== undefined) return roleRights(template, role);
  const policies = resource.properties['Policies'];
  if (policies === undefined) return [];
  return (isList(policies) ? policies : [policies]).map((policy) => documentOf(template, resource, policy));
}

/**
 * The rights of an organization's functions by name: those of the template's function with the same handler. A function
 * whose handler the template does not know is not in it.
 */
export function rightsOfFunctions(
  template: ResolvedTemplate,
  functions: readonly { readonly name: string; readonly handler: string }[],
): ReadonlyMap<string, readonly PolicyDocument[]> {
  const rights = new Map<string, readonly PolicyDocument[]>();
  for (const { logicalId, type, properties } of template.resources.values()) {
    if (type !== FUNCTION) continue;
    const handler = handlerOf(properties['CodeUri']);
    for (const each of functions)
      if (each.handler === handler) rights.set(each.name, functionRights(template, logicalId));
  }
  return rights;
}
