/** AWS CloudFormation, read-only: the one stack that template.yaml makes, under the names that its parts have here. */
import type { Answer } from '../exchange.ts';
import { element, type XmlChild } from '../s3/xml.ts';
import type { Account, StackResource } from './account.ts';
import { type QueryCall, queryAnswer, queryError } from './query.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
const STATUS = 'CREATE_COMPLETE';

function members(children: readonly (readonly XmlChild[])[]): readonly XmlChild[] {
  return children.map((child) => element('member', child));
}

function stackArn(account: Account): string {
  const { region, account: number } = account.organization;
  return `arn:aws:cloudformation:${region}:${number}:stack/${account.stack.name}/00000000-0000-0000-0000-000000000000`;
}

function describeStack(account: Account): readonly XmlChild[] {
  const { name, parameters, outputs } = account.stack;
  return [
    element('StackId', stackArn(account)),
    element('StackName', name),
    element('StackStatus', STATUS),
    element('CreationTime', new Date(account.createdMs).toISOString()),
    element(
      'Parameters',
      members(
        Object.entries(parameters).map(([key, value]) => [
          element('ParameterKey', key),
          element('ParameterValue', value),
        ]),
      ),
    ),
    element(
      'Outputs',
      members(
        Object.entries(outputs).map(([key, value]) => [
          element('OutputKey', key),
          element('OutputValue', value),
        ]),
      ),
    ),
  ];
}

function describeResource(account: Account, resource: StackResource, time: string): readonly XmlChild[] {
  return [
    element('LogicalResourceId', resource.logicalId),
    element('PhysicalResourceId', resource.physicalId),
    element('ResourceType', resource.type),
    element(time, new Date(account.createdMs).toISOString()),
    element('ResourceStatus', STATUS),
  ];
}

function resources(account: Account, time: string): readonly XmlChild[] {
  return members(account.stack.resources.map((resource) => describeResource(account, resource, time)));
}

export function handleCloudFormation(account: Account, call: QueryCall): Answer {
  const { action, parameters } = call;
  const name = parameters.get('StackName');
  const known = ['DescribeStacks', 'DescribeStackResources', 'ListStackResources', 'GetTemplate'];
  if (!known.includes(action)) return queryError(NAMESPACE, 'InvalidAction', action);
  if (name !== null && name !== account.stack.name && name !== stackArn(account))
    return queryError(NAMESPACE, 'ValidationError', `Stack with id ${name} does not exist`);
  switch (action) {
    case 'DescribeStacks':
      return queryAnswer(NAMESPACE, action, [element('Stacks', members([describeStack(account)]))]);
    case 'DescribeStackResources':
      return queryAnswer(NAMESPACE, action, [element('StackResources', resources(account, 'Timestamp'))]);
    case 'ListStackResources':
      return queryAnswer(NAMESPACE, action, [
        element('StackResourceSummaries', resources(account, 'LastUpdatedTimestamp')),
      ]);
    default:
      return queryAnswer(NAMESPACE, action, [element('TemplateBody', account.stack.template)]);
  }
}
