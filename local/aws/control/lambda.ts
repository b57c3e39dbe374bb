/** AWS Lambda's API beside Invoke: what a function is, who may call it, what happens to its failed events. */
import { join } from 'node:path';
import { type Answer, decodePathPiece, type Exchange, readBody } from '../exchange.ts';
import { isJsonObject, type JsonObject, jsonAnswer, jsonError, parseJson } from '../json.ts';
import type { Account, DeployedFunction, Permission } from './account.ts';
import type { FunctionCode } from './code.ts';
import { textOf } from './json-call.ts';
import { functionArnOf, resourcePolicyOf, statementOf } from './resource-policy.ts';

/** Lambda: a resource policy has at most 20 KB. */
const MAX_POLICY_BYTES = 20 * 1024;
/** A permission names a few things. Against: a body that fills the memory. */
const MAX_REQUEST_BYTES = 32 * 1024;
const FUNCTION_PATH = /^\/(2015-03-31|2019-09-25)\/functions(?:\/([^/]{1,420})(\/.*)?)?$/;
/** No bucket has such a name, so the path is free. */
export const CODE_PREFIX = '/~code/';
const CODE_FILE = /^([A-Za-z0-9_-]{1,64})\.zip$/;
const STATEMENT_ID = /^[A-Za-z0-9_-]{1,100}$/;

export interface LambdaSubject {
  readonly account: Account;
  readonly distDir: string;
  readonly zip: (folder: string) => Promise<FunctionCode>;
  /** Of the stand-in, for the link to a function's code. */
  readonly url: string;
}

/** A name, `name:qualifier` or an ARN: what counts here is the name. */
function nameIn(reference: string): string {
  const parts = reference.split(':');
  return (parts[0] === 'arn' ? parts[6] : parts[0]) ?? '';
}

function configuration(account: Account, one: DeployedFunction, code: FunctionCode): JsonObject {
  return {
    FunctionName: one.name,
    FunctionArn: functionArnOf(account, one.name),
    Runtime: one.runtime,
    Handler: 'index.handler',
    Description: one.description,
    CodeSize: code.zip.length,
    CodeSha256: code.sha256,
    Timeout: one.timeoutSeconds,
    MemorySize: one.memoryMb,
    LastModified: new Date(account.createdMs).toISOString(),
    Version: '$LATEST',
    Environment: { Variables: one.environment },
    Architectures: [one.architecture],
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function codeOf(subject: LambdaSubject, one: DeployedFunction): Promise<FunctionCode> {
  return subject.zip(join(subject.distDir, one.handler));
}

async function getFunction(subject: LambdaSubject, one: DeployedFunction): Promise<Answer> {
  return jsonAnswer(200, {
    Configuration: configuration(subject.account, one, await codeOf(subject, one)),
    Code: { RepositoryType: 'S3', Location: `${subject.url}${CODE_PREFIX}${one.name}.zip` },
  });
}

async function listFunctions(subject: LambdaSubject): Promise<Answer> {
  const { account } = subject;
  const all = account.functions.map(async (one) => configuration(account, one, await codeOf(subject, one)));
  return jsonAnswer(200, { Functions: await Promise.all(all) });
}

function missing(what: string): Answer {
  return jsonError(404, 'ResourceNotFoundException', what);
}

function getPolicy({ account }: LambdaSubject, one: DeployedFunction): Answer {
  const policy = resourcePolicyOf(account, one.name);
  if (policy === undefined) return missing('The resource you requested does not exist.');
  return jsonAnswer(200, { Policy: JSON.stringify(policy), RevisionId: '0' });
}

function readPermission(input: JsonObject): Permission | string {
  const [sid, action, principal] = [
    textOf(input, 'StatementId'),
    textOf(input, 'Action'),
    textOf(input, 'Principal'),
  ];
  if (sid === undefined || !STATEMENT_ID.test(sid)) return 'StatementId is missing or wrong.';
  if (action === undefined || principal === undefined) return 'Action and Principal are required.';
  const sourceArn = textOf(input, 'SourceArn');
  const sourceAccount = textOf(input, 'SourceAccount');
  return {
    sid,
    action,
    principal,
    ...(sourceArn === undefined ? {} : { sourceArn }),
    ...(sourceAccount === undefined ? {} : { sourceAccount }),
  };
}

async function addPermission(
  { account }: LambdaSubject,
  one: DeployedFunction,
  exchange: Exchange,
): Promise<Answer> {
  const body = await readBody(exchange.body, MAX_REQUEST_BYTES);
  const input = body === 'too-large' ? undefined : parseJson(body.toString());
  const permission = isJsonObject(input) ? readPermission(input) : 'The body is not a JSON object.';
  if (typeof permission === 'string') return jsonError(400, 'InvalidParameterValueException', permission);
  const { permissions } = account.state();
  const own = permissions[one.name] ?? [];
  if (own.some(({ sid }) => sid === permission.sid))
    return jsonError(
      409,
      'ResourceConflictException',
      `The statement id (${permission.sid}) provided already exists.`,
    );
  // What would not fit into Lambda's 20 KB of policy.
  if (JSON.stringify([...own, permission]).length > MAX_POLICY_BYTES)
    return jsonError(400, 'PolicyLengthExceededException', 'The final policy size is bigger than the limit.');
  account.change({ permissions: { ...permissions, [one.name]: [...own, permission] } });
  const statement = statementOf(permission, functionArnOf(account, one.name));
  return jsonAnswer(201, { Statement: JSON.stringify(statement) });
}

function removePermission({ account }: LambdaSubject, one: DeployedFunction, statement: string): Answer {
  const { permissions } = account.state();
  const own = permissions[one.name] ?? [];
  const rest = own.filter(({ sid }) => sid !== statement);
  if (rest.length === own.length) return missing(`Statement ${statement} is not found in resource policy.`);
  account.change({ permissions: { ...permissions, [one.name]: rest } });
  return { status: 204, headers: {} };
}

function eventInvokeConfig({ account }: LambdaSubject, one: DeployedFunction): Answer {
  const { eventInvoke, name } = one;
  const arn = `${functionArnOf(account, name)}:$LATEST`;
  if (eventInvoke === undefined) return missing(`The function ${arn} doesn't have an EventInvokeConfig`);
  const { maximumEventAgeSeconds, maximumRetryAttempts, onFailure } = eventInvoke;
  return jsonAnswer(200, {
    FunctionArn: arn,
    LastModified: account.createdMs / 1000,
    MaximumEventAgeInSeconds: maximumEventAgeSeconds,
    MaximumRetryAttempts: maximumRetryAttempts,
    DestinationConfig: {
      OnSuccess: {},
      OnFailure: onFailure === undefined ? {} : { Destination: onFailure },
    },
  });
}

function operate(
  subject: LambdaSubject,
  one: DeployedFunction,
  operation: string,
  exchange: Exchange,
): Promise<Answer> | Answer | undefined {
  switch (operation) {
    case 'GET ':
      return getFunction(subject, one);
    case 'GET /configuration':
      return codeOf(subject, one).then((code) => jsonAnswer(200, configuration(subject.account, one, code)));
    case 'GET /policy':
      return getPolicy(subject, one);
    case 'POST /policy':
      return addPermission(subject, one, exchange);
    case 'GET /event-invoke-config':
      return eventInvokeConfig(subject, one);
    case 'GET /aliases':
      return jsonAnswer(200, { Aliases: [] });
    default:
      break;
  }
  const statement = /^DELETE \/policy\/([A-Za-z0-9_-]{1,100})$/.exec(operation)?.[1];
  return statement === undefined ? undefined : removePermission(subject, one, statement);
}

/** Answers everything of `/…/functions` but an invocation. */
export async function handleLambdaControl(subject: LambdaSubject, exchange: Exchange): Promise<Answer> {
  const { method, rawPath } = exchange;
  const [, , reference, rest = ''] = FUNCTION_PATH.exec(rawPath) ?? [];
  if (reference === undefined)
    return FUNCTION_PATH.test(rawPath) && method === 'GET' ? listFunctions(subject) : unknownOperation();
  const name = nameIn(decodePathPiece(reference) ?? '');
  const one = subject.account.functions.find((candidate) => candidate.name === name);
  if (one === undefined) return missing(`Function not found: ${functionArnOf(subject.account, name)}`);
  return (await operate(subject, one, `${method} ${rest}`, exchange)) ?? unknownOperation();
}

function unknownOperation(): Answer {
  return jsonError(
    404,
    'UnknownOperationException',
    'The stand-in does not implement this operation of Lambda.',
  );
}

/** Answers the link to a function's code, which GetFunction gives. */
export async function handleCode(subject: LambdaSubject, exchange: Exchange): Promise<Answer> {
  const name = CODE_FILE.exec(exchange.rawPath.slice(CODE_PREFIX.length))?.[1];
  const one = subject.account.functions.find((candidate) => candidate.name === name);
  if (one === undefined || exchange.method !== 'GET') return missing('There is no such code.');
  const { zip } = await codeOf(subject, one);
  return { status: 200, headers: { 'content-type': 'application/zip' }, body: zip };
}
