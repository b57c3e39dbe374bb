/**
 * The services through which an administrator looks at an account and changes it: STS, WorkMail, Lambda, CloudWatch
 * Logs, CloudFormation and SES, as far as `mailroom doctor` and its readers ask. Whatever else is called is refused by
 * name. A call to another region than the organization's finds nothing, as on AWS.
 */
import type { LambdaInvoker } from '../../types.ts';
import { type Answer, type Exchange, header } from '../exchange.ts';
import type { JsonObject } from '../json.ts';
import { INVOKE_PATH } from '../lambda-api.ts';
import type { Account } from './account.ts';
import { handleCloudFormation } from './cloudformation.ts';
import { createCodeStore } from './code.ts';
import { handleJson } from './json-call.ts';
import { CODE_PREFIX, handleCode, handleLambdaControl } from './lambda.ts';
import { LOGS_OPERATIONS, LOGS_TARGET, type LogLine } from './logs.ts';
import { queryError, readQuery } from './query.ts';
import { handleSes } from './ses.ts';
import type { ApiSender } from './ses-send.ts';
import { handleSts } from './sts.ts';
import { WORKMAIL_OPERATIONS, WORKMAIL_TARGET } from './workmail.ts';

const CREDENTIAL = /Credential=[^/\s]*\/\d{8}\/([a-z0-9-]{1,32})\/([a-z0-9-]{1,32})\/aws4_request/;
/** As the credential scope of a signature names them. */
const SERVICES = ['sts', 'workmail', 'logs', 'cloudformation', 'ses', 'lambda'] as const;

/** Where a call goes: a service in the region that the client signed for, or the link to a function's code, which carries no signature. */
export type ControlScope =
  | { readonly service: (typeof SERVICES)[number]; readonly region: string }
  | { readonly service: 'code' };

export interface ControlOptions {
  readonly account: Account;
  readonly distDir: string;
  readonly invoker?: LambdaInvoker;
  readonly testEvent: JsonObject;
  readonly readLog: (group: string) => Promise<readonly LogLine[]>;
  /** Takes mail that is sent through SES; without it SES sends nothing. */
  readonly send?: ApiSender;
  readonly now?: () => number;
}

export interface Control {
  handle(scope: ControlScope, exchange: Exchange): Promise<Answer>;
}

/** Whether a request is for one of these services; an invocation of a function is not. */
export function controlScope(exchange: Exchange): ControlScope | undefined {
  if (exchange.rawPath.startsWith(CODE_PREFIX)) return { service: 'code' };
  const [, region, name] = CREDENTIAL.exec(header(exchange, 'authorization') ?? '') ?? [];
  const service = SERVICES.find((known) => known === name);
  if (service === undefined || region === undefined || INVOKE_PATH.test(exchange.rawPath)) return undefined;
  return { service, region };
}

/** The same account, with nothing in it: what another region holds. */
function elsewhere(account: Account, region: string): Account {
  return {
    ...account,
    organization: { ...account.organization, id: '', region, people: { users: [], groups: [] } },
    functions: [],
    stack: { name: '', template: '', parameters: {}, resources: [], outputs: {} },
    state: () => ({ dmarcEnforced: false, permissions: {}, availability: [], logGroups: [], identities: [] }),
  };
}

async function handleQuery(
  service: 'sts' | 'cloudformation',
  account: Account,
  exchange: Exchange,
): Promise<Answer> {
  const call = await readQuery(exchange);
  if (call === undefined) return queryError('', 'RequestTooLarge', 'The request is too large.');
  return service === 'sts' ? handleSts(account, call) : handleCloudFormation(account, call);
}

export function createControl(options: ControlOptions): Control {
  const { distDir, testEvent, readLog: read, invoker, send, now = Date.now } = options;
  const zip = createCodeStore();
  return {
    async handle(scope, exchange) {
      const url = `http://${header(exchange, 'host') ?? ''}`;
      if (scope.service === 'code')
        return handleCode({ account: options.account, distDir, url, zip }, exchange);
      const isHere = scope.region === options.account.organization.region;
      const account = isHere ? options.account : elsewhere(options.account, scope.region);
      switch (scope.service) {
        case 'sts':
        case 'cloudformation':
          return handleQuery(scope.service, account, exchange);
        case 'workmail':
          return handleJson(
            WORKMAIL_OPERATIONS,
            WORKMAIL_TARGET,
            { account, invoker, testEvent, now },
            exchange,
          );
        case 'logs':
          return handleJson(LOGS_OPERATIONS, LOGS_TARGET, { account, read, now }, exchange);
        case 'ses':
          return handleSes(account, send, exchange);
        case 'lambda':
          return handleLambdaControl({ account, distDir, url, zip }, exchange);
      }
    },
  };
}
