/**
 * Who may call what here. A function calls with credentials of its own and has the rights that the template gives it,
 * together with what a bucket's policy says; whoever else calls is the administrator of this machine and may do all.
 * The port has no TLS because it is on loopback; it plays one that has, so `aws:SecureTransport` is true.
 */
import { PermanentError } from '../../shared/errors.ts';
import type { Direction } from '../flow/types.ts';
import {
  evaluate,
  type PolicyDocument,
  type Principal,
  readPolicyDocument,
  type Verdict,
} from '../iam/evaluate.ts';
import { accessKeyId } from '../lambda/environment.ts';
import { partitionOf } from '../template/names.ts';
import type { Call } from './call.ts';
import type { Answer, Exchange } from './exchange.ts';
import { accessDenied } from './failures.ts';
import { parseJson } from './json.ts';
import { readBucketOwner, readBucketPolicy } from './s3/configuration.ts';
import type { Ground } from './s3/ground.ts';

export interface Place {
  readonly region: string;
  readonly account: string;
  /** The organization's id. */
  readonly organization: string;
}

/** The rights of functions, by name. A function that is not in it may do all, as one that is not Mailroom's. */
export type Rights = ReadonlyMap<string, readonly PolicyDocument[]>;

const CONTEXT = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/** The name of the function whose credentials a call has. */
export function callerOf(call: Pick<Call, 'accessKeyId'>, functions: Iterable<string>): string | undefined {
  for (const name of functions) if (accessKeyId(name) === call.accessKeyId) return name;
  return undefined;
}

/** `…:message/ORGANIZATION/incoming/ID`; the context says which way the message goes. */
export function messageArn(place: Place, direction: Direction, id: string): string {
  const context = direction === 'inbound' ? 'incoming' : 'outgoing';
  const { region, account, organization } = place;
  return `arn:${partitionOf(region)}:workmailmessageflow:${region}:${account}:message/${organization}/${context}/${id}`;
}

/** What a call is about, as policies name it; several where the direction of a message is not known. */
function resourcesOf(call: Call, place: Place, direction: Direction | undefined): readonly string[] {
  const { region, account } = place;
  const partition = partitionOf(region);
  switch (call.service) {
    case 's3':
      return [call.target === '' ? '*' : `arn:${partition}:s3:::${call.target}`];
    case 'workmailmessageflow': {
      const directions: readonly Direction[] =
        direction === undefined ? ['inbound', 'outbound'] : [direction];
      return directions.map((each) => messageArn(place, each, call.target));
    }
    case 'ssm':
      // The slash that a name begins with is not doubled.
      return [`arn:${partition}:ssm:${region}:${account}:parameter/${call.target.replace(/^\//, '')}`];
    case 'workmail':
      // Each call but ListOrganizations is about one; there is one here.
      return [`arn:${partition}:workmail:${region}:${account}:organization/${place.organization}`];
    case 'kms':
      return [
        call.target.startsWith('arn:')
          ? call.target
          : `arn:${partition}:kms:${region}:${account}:key/${call.target}`,
      ];
    case 'ses': {
      // The verified identity is the address or its domain.
      const domain = call.target.slice(call.target.indexOf('@') + 1);
      const identities = [...new Set([domain, call.target])];
      return identities.map((name) => `arn:${partition}:ses:${region}:${account}:identity/${name}`);
    }
    default:
      return [
        call.target === '' ? '*' : `arn:${partition}:${call.service}:${region}:${account}:${call.target}`,
      ];
  }
}

const HEADER_KEYS: Readonly<Record<string, string>> = {
  'if-none-match': 's3:if-none-match',
  'if-match': 's3:if-match',
  'x-amz-server-side-encryption': 's3:x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id': 's3:x-amz-server-side-encryption-aws-kms-key-id',
};
/** Whether a write makes an object, as against a part of one. */
const CREATES = new Set(['PutObject', 'CopyObject', 'CompleteMultipartUpload']);
const PREPARES = new Set(['CreateMultipartUpload', 'UploadPart']);

function contextOf(call: Call, exchange: Exchange): Record<string, string> {
  const context: Record<string, string> = { ...CONTEXT, ...call.context };
  if (call.service !== 's3') return context;
  for (const [name, key] of Object.entries(HEADER_KEYS)) {
    const value = exchange.headers[name];
    if (typeof value === 'string') context[key] = value;
  }
  const prefix = exchange.query.get('prefix');
  if (prefix !== null) context['s3:prefix'] = prefix;
  if (CREATES.has(call.operation)) context['s3:ObjectCreationOperation'] = 'true';
  if (PREPARES.has(call.operation)) context['s3:ObjectCreationOperation'] = 'false';
  return context;
}

/** The policy of a bucket, as one document or none. Throws PermanentError when it says what is not known here. */
function bucketDocuments(ground: Ground, bucket: string): readonly PolicyDocument[] {
  const text = readBucketPolicy(ground, bucket);
  return text === undefined ? [] : [readPolicyDocument(parseJson(text))];
}

export interface Asked {
  readonly ground: Ground;
  readonly place: Place;
  readonly call: Call;
  readonly exchange: Exchange;
  /** Of the message that a call to the Message Flow API is about. */
  readonly direction?: Direction | undefined;
}

/** The refusal that a function gets for a call that its rights do not cover; undefined when it may. */
export function refusalOf(
  asked: Asked,
  caller: string,
  documents: readonly PolicyDocument[],
): Answer | undefined {
  const { ground, place, call, exchange } = asked;
  const { account } = place;
  const role = `arn:${partitionOf(place.region)}:iam::${account}:role/${caller}`;
  const principal: Principal = { kind: 'aws', account, arn: role };
  const bucket = call.service === 's3' ? (call.target.split('/', 1)[0] ?? '') : '';
  const user = `User: arn:${partitionOf(place.region)}:sts::${account}:assumed-role/${caller}/${caller}`;
  const refuse = (resource: string, why: string): Answer =>
    accessDenied(
      call,
      `${user} is not authorized to perform: ${call.action} on resource: "${resource}" ${why}`,
    );
  const resources = resourcesOf(call, place, asked.direction);
  try {
    const all = [...documents, ...(bucket === '' ? [] : bucketDocuments(ground, bucket))];
    const context = contextOf(call, exchange);
    const verdicts = resources.map((resource) =>
      evaluate(all, { principal, action: call.action, resource, context, resourceAccount: account }),
    );
    if (verdicts.some(({ effect }) => effect === 'allow')) return undefined;
    return refuse(resources[0] ?? '*', reasonOf(verdicts[0], documents.length, call.action));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return refuse(resources[0] ?? '*', `because the bucket's policy cannot be evaluated: ${error.message}`);
  }
}

function reasonOf(verdict: Verdict | undefined, ownDocuments: number, action: string): string {
  if (verdict?.effect !== 'deny') return `because no identity-based policy allows the ${action} action`;
  const whose = (verdict.by?.document ?? 0) < ownDocuments ? 'an identity-based' : 'a resource-based';
  return `with an explicit deny in ${whose} policy`;
}

/**
 * Why WorkMail cannot read the object that a Put names, in words; undefined when it can. These are the conditions of
 * InvalidContentLocation: the bucket's region, its owner, and its policy, which is asked as
 * `workmail.REGION.amazonaws.com` that reads on behalf of this very message.
 */
export function unreadableForWorkMail(
  ground: Ground,
  place: Place,
  location: { readonly bucket: string; readonly key: string; readonly version: string | undefined },
  message: { readonly id: string; readonly direction: Direction | undefined },
): string | undefined {
  const { region, account } = place;
  const { bucket, key, version } = location;
  const owner = readBucketOwner(ground, bucket);
  if (owner === undefined) return 'there is no such bucket';
  if (owner.region !== region) return `the bucket is in ${owner.region}, the organization in ${region}`;
  if (owner.account !== account) return 'the bucket belongs to another account';
  const sources = (['inbound', 'outbound'] as const).filter((one) => (message.direction ?? one) === one);
  const action = version === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  try {
    const documents = bucketDocuments(ground, bucket);
    if (documents.length === 0) return 'the bucket has no policy that lets WorkMail read it';
    const allowed = sources.some((direction) => {
      const context = {
        ...CONTEXT,
        'aws:SourceAccount': account,
        'aws:SourceArn': messageArn(place, direction, message.id),
        'aws:PrincipalIsAWSService': 'true',
      };
      const principal: Principal = { kind: 'service', name: `workmail.${region}.amazonaws.com` };
      const resource = `arn:${partitionOf(region)}:s3:::${bucket}/${key}`;
      return evaluate(documents, { principal, action, resource, context }).effect === 'allow';
    });
    return allowed
      ? undefined
      : `the bucket's policy does not let workmail.${region}.amazonaws.com do ${action}`;
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return `the bucket's policy cannot be evaluated (${error.message})`;
  }
}
