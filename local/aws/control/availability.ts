/** The availability configurations of an organization: which provider answers for which domain, and WorkMail's test of it. */
import type { LambdaInvoker } from '../../types.ts';
import type { Answer } from '../exchange.ts';
import { isJsonObject, type JsonObject, jsonAnswer, jsonError } from '../json.ts';
import { type Account, type AvailabilitySetting, MAX_ENTRIES } from './account.ts';
import { isAnonymousLetIn, mayCall } from './invoke-right.ts';
import { type Operations, seconds, textOf } from './json-call.ts';

/** The model of CreateAvailabilityConfiguration. */
const DOMAIN = /^[a-zA-Z0-9.-]{3,255}$/;
const LAMBDA_ARN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:([A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9$_-]+)?$/;

export interface AvailabilitySubject {
  readonly account: Account;
  /** Absent: functions run elsewhere and cannot be called. */
  readonly invoker: LambdaInvoker | undefined;
  /** What TestAvailabilityConfiguration sends: the guide does not say. */
  readonly testEvent: JsonObject;
  readonly now: () => number;
}

type Provider = Pick<AvailabilitySetting, 'lambdaArn' | 'ews'>;

/** The provider that a request names, or why it names none. */
function readProvider(input: JsonObject): Provider | string {
  const lambda = input['LambdaProvider'];
  const ews = input['EwsProvider'];
  if (isJsonObject(lambda) === isJsonObject(ews))
    return 'Exactly one of EwsProvider and LambdaProvider is given.';
  if (isJsonObject(lambda)) {
    const arn = textOf(lambda, 'LambdaArn') ?? '';
    return LAMBDA_ARN.test(arn) ? { lambdaArn: arn } : 'LambdaArn is not the ARN of a function.';
  }
  if (!isJsonObject(ews)) return 'EwsProvider is not an object.';
  const endpoint = textOf(ews, 'EwsEndpoint');
  const username = textOf(ews, 'EwsUsername');
  if (endpoint === undefined || username === undefined) return 'EwsProvider has an endpoint and a user name.';
  return { ews: { endpoint, username } };
}

function listed(setting: AvailabilitySetting): JsonObject {
  const { domain, lambdaArn, ews, createdMs, modifiedMs } = setting;
  return {
    DomainName: domain,
    ProviderType: lambdaArn === undefined ? 'EWS' : 'LAMBDA',
    ...(lambdaArn === undefined ? {} : { LambdaProvider: { LambdaArn: lambdaArn } }),
    // The password is never given back.
    ...(ews === undefined ? {} : { EwsProvider: { EwsEndpoint: ews.endpoint, EwsUsername: ews.username } }),
    DateCreated: seconds(createdMs),
    DateModified: seconds(modifiedMs),
  };
}

function list({ account }: AvailabilitySubject): Answer {
  return jsonAnswer(200, { AvailabilityConfigurations: account.state().availability.map(listed) });
}

function noSuch(domain: string): Answer {
  return jsonError(400, 'ResourceNotFoundException', `There is no availability configuration for ${domain}.`);
}

function create({ account, now }: AvailabilitySubject, input: JsonObject): Answer {
  const domain = textOf(input, 'DomainName') ?? '';
  const provider = readProvider(input);
  if (!DOMAIN.test(domain)) return jsonError(400, 'InvalidParameterException', 'DomainName is not a domain.');
  if (typeof provider === 'string') return jsonError(400, 'InvalidParameterException', provider);
  const { availability } = account.state();
  if (availability.some((setting) => setting.domain === domain))
    return jsonError(400, 'NameAvailabilityException', `${domain} has a configuration.`);
  if (availability.length >= MAX_ENTRIES)
    return jsonError(400, 'LimitExceededException', 'There are too many configurations.');
  const setting = { domain, ...provider, createdMs: now(), modifiedMs: now() };
  account.change({ availability: [...availability, setting] });
  return jsonAnswer(200, {});
}

function update({ account, now }: AvailabilitySubject, input: JsonObject): Answer {
  const domain = textOf(input, 'DomainName') ?? '';
  const provider = readProvider(input);
  if (typeof provider === 'string') return jsonError(400, 'InvalidParameterException', provider);
  const { availability } = account.state();
  const old = availability.find((setting) => setting.domain === domain);
  if (old === undefined) return noSuch(domain);
  const setting = { domain, ...provider, createdMs: old.createdMs, modifiedMs: now() };
  account.change({ availability: availability.map((one) => (one === old ? setting : one)) });
  return jsonAnswer(200, {});
}

function remove({ account }: AvailabilitySubject, input: JsonObject): Answer {
  const domain = textOf(input, 'DomainName');
  // The operation has no error for a domain without a configuration: that is what was asked for.
  account.change({
    availability: account.state().availability.filter((setting) => setting.domain !== domain),
  });
  return jsonAnswer(200, {});
}

/** Why WorkMail could not call the function, or who else could; undefined when the policy is as it should be. */
function policyTrouble(account: Account, name: string): string | undefined {
  if (!mayCall(account, name, 'availability'))
    return 'WorkMail is not authorized to invoke the Lambda function.';
  if (isAnonymousLetIn(account, name, 'availability'))
    return 'The resource policy of the Lambda function allows anonymous access.';
  return undefined;
}

async function test(subject: AvailabilitySubject, input: JsonObject): Promise<Answer> {
  const { account, invoker, testEvent } = subject;
  const domain = textOf(input, 'DomainName');
  const kept = account.state().availability.find((setting) => setting.domain === domain);
  if (domain !== undefined && kept === undefined) return noSuch(domain);
  const provider = kept ?? readProvider(input);
  if (typeof provider === 'string') return jsonError(400, 'InvalidParameterException', provider);
  const failed = (reason: string) => jsonAnswer(200, { TestPassed: false, FailureReason: reason });
  if (provider.lambdaArn === undefined) return failed('The stand-in does not call EWS endpoints.');
  const name = LAMBDA_ARN.exec(provider.lambdaArn)?.[1] ?? '';
  if (!account.functions.some((one) => one.name === name))
    return failed('The Lambda function does not exist.');
  const trouble = policyTrouble(account, name);
  if (trouble !== undefined) return failed(trouble);
  const outcome = await invoker?.invoke(name, testEvent);
  if (outcome?.kind !== 'answer') return failed('The Lambda function did not answer.');
  return jsonAnswer(200, { TestPassed: true });
}

export const AVAILABILITY_OPERATIONS: Operations<AvailabilitySubject> = {
  ListAvailabilityConfigurations: list,
  CreateAvailabilityConfiguration: create,
  UpdateAvailabilityConfiguration: update,
  DeleteAvailabilityConfiguration: remove,
  TestAvailabilityConfiguration: test,
};
