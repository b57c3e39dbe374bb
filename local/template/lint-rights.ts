/** Who may do what: policies that name what they allow, and services that are let in for one account and source. */
import { PermanentError } from '../../shared/errors.ts';
import { type PolicyDocument, readPolicyDocument } from '../iam/evaluate.ts';
import type { Statement } from '../iam/types.ts';
import { isList, isMap, type ResolvedResource, type ResolvedTemplate, type TemplateValue } from './types.ts';

/** Wildcards that stay, `LOGICALID ACTION` or `LOGICALID RESOURCE`, and why. */
const REASONS: ReadonlyMap<string, string> = new Map([]);

/**
 * Services that a role lets in without a source. Lambda gives its own calls for a function's role no source to pin;
 * who may hand a role to Lambda is iam:PassRole's matter.
 */
const UNPINNED: ReadonlySet<string> = new Set(['lambda.amazonaws.com']);

/** Whose rest may be a wildcard: what comes after is made while mail flows, and the part before names its owner. */
const NAMED: readonly RegExp[] = [
  /^arn:[a-z-]+:s3:::[a-z0-9-]+\/[a-z]+\/\*$/,
  /^arn:[a-z-]+:workmailmessageflow:[a-z0-9-]+:\d{12}:message\/m-[0-9a-f]{32}\/(incoming|outgoing)\/\*$/,
  /^arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:log-group:[\w/-]+:\*$/,
  // Which set an identity has, its owner says in SES, whenever he likes; whom mail is from, the statement's condition.
  /^arn:[a-z-]+:ses:[a-z0-9-]+:\d{12}:configuration-set\/\*$/,
];

interface Placed {
  readonly owner: ResolvedResource;
  readonly place: string;
  readonly document: PolicyDocument;
  readonly kind: 'identity' | 'resource' | 'trust';
}

type Source = readonly [property: string, value: TemplateValue | undefined, kind: Placed['kind']];

function sources({ type, properties }: ResolvedResource): readonly Source[] {
  if (type === 'AWS::IAM::ManagedPolicy')
    return [['PolicyDocument', properties['PolicyDocument'], 'identity']];
  if (type === 'AWS::S3::BucketPolicy' || type === 'AWS::SQS::QueuePolicy')
    return [['PolicyDocument', properties['PolicyDocument'], 'resource']];
  if (type !== 'AWS::IAM::Role') return [];
  const inline = isList(properties['Policies']) ? properties['Policies'] : [];
  return [
    ['AssumeRolePolicyDocument', properties['AssumeRolePolicyDocument'], 'trust'],
    ...inline.map(
      (policy, index): Source => [
        `Policies.${index}.PolicyDocument`,
        isMap(policy) ? policy['PolicyDocument'] : undefined,
        'identity',
      ],
    ),
  ];
}

/** A trust policy has no Resource: its role is it. */
function complete(value: TemplateValue | undefined, kind: Placed['kind']): TemplateValue | undefined {
  if (kind !== 'trust' || !isMap(value) || !isList(value['Statement'])) return value;
  const statements = value['Statement'].map((one) => (isMap(one) ? { Resource: 'the role', ...one } : one));
  return { ...value, Statement: statements };
}

function statementFindings(placed: Placed, statement: Statement, index: number): readonly string[] {
  const { owner, kind } = placed;
  const place = `${placed.place}.Statement.${index}`;
  if (statement.effect === 'Deny') return [];
  const allowed = (what: string): boolean => REASONS.has(`${owner.logicalId} ${what}`);
  const actions = statement.actions
    .filter((action) => action.includes('*') && !allowed(action))
    .map((action) => `${place}.Action: ${action} allows more than is called`);
  const resources = statement.resources
    .filter((arn) => arn.includes('*') && !allowed(arn) && !NAMED.some((pattern) => pattern.test(arn)))
    .map((arn) => `${place}.Resource: ${arn} names too little`);
  return [...actions, ...resources, ...(kind === 'identity' ? [] : principalFindings(statement, place))];
}

function principalFindings(statement: Statement, place: string): readonly string[] {
  const { principals, conditions } = statement;
  if (principals === 'everyone') return [`${place}.Principal: lets everybody in`];
  const services = principals?.services.filter((name) => !UNPINNED.has(name)) ?? [];
  if (services.length === 0) return [];
  return ['aws:sourceaccount', 'aws:sourcearn']
    .filter((key) => !conditions.some((one) => one.key === key && !one.ifExists && one.operator !== 'Null'))
    .map((key) => `${place}.Condition: ${services.join(', ')} is let in without ${key}`);
}

/** Findings about every policy document of the template, and about what the evaluator does not understand. */
export function policyFindings({ resources }: ResolvedTemplate): readonly string[] {
  return [...resources.values()].flatMap((owner) =>
    sources(owner).flatMap(([property, value, kind]) => {
      const place = `Resources.${owner.logicalId}.Properties.${property}`;
      try {
        const document = readPolicyDocument(complete(value, kind));
        const placed: Placed = { owner, place, document, kind };
        return document.statements.flatMap((statement, index) => statementFindings(placed, statement, index));
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        return [`${place}: ${error.message}`];
      }
    }),
  );
}

const WORKMAIL = {
  principal: /^(availability\.)?workmail\.[a-z0-9-]+\.amazonaws\.com$/,
  source: /^arn:[a-z-]+:workmail:[a-z0-9-]+:\d{12}:organization\/m-[0-9a-f]{32}$/,
  // In words, of the source.
  what: 'one organization',
};
/** What is to happen daily: one rule of the stack's own. */
const SCHEDULE = {
  principal: /^events\.amazonaws\.com$/,
  source: /^arn:[a-z-]+:events:[a-z0-9-]+:\d{12}:rule\/[\w.-]+$/,
  what: 'one rule',
};

/** WorkMail calls the functions, for one organization of one account, and a schedule of the stack what is daily. */
export function permissionFindings({ resources }: ResolvedTemplate): readonly string[] {
  return [...resources.values()]
    .filter(({ type }) => type === 'AWS::Lambda::Permission')
    .flatMap(({ logicalId, properties }) => {
      const place = `Resources.${logicalId}.Properties`;
      const { Principal, SourceAccount, SourceArn, Action } = properties;
      const caller = [WORKMAIL, SCHEDULE].find(({ principal }) => principal.test(String(Principal)));
      const { source, what } = caller ?? WORKMAIL;
      return [
        ...(caller === undefined ? [`${place}.Principal: is not WorkMail`] : []),
        ...(/^\d{12}$/.test(String(SourceAccount)) ? [] : [`${place}.SourceAccount: is not one account`]),
        ...(source.test(String(SourceArn)) ? [] : [`${place}.SourceArn: is not ${what}`]),
        ...(Action === 'lambda:InvokeFunction' ? [] : [`${place}.Action: is more than a call`]),
      ];
    });
}
