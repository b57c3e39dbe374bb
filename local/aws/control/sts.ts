/** AWS STS: who is calling. The stand-in believes everybody; the caller is the account's administrator. */
import type { Answer } from '../exchange.ts';
import { element } from '../s3/xml.ts';
import type { Account } from './account.ts';
import { type QueryCall, queryAnswer, queryError } from './query.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function handleSts(account: Account, call: QueryCall): Answer {
  if (call.action !== 'GetCallerIdentity') return queryError(NAMESPACE, 'InvalidAction', call.action);
  const { account: number } = account.organization;
  return queryAnswer(NAMESPACE, call.action, [
    element('Arn', `arn:aws:iam::${number}:user/administrator`),
    element('UserId', 'AIDAADMINISTRATOR0000'),
    element('Account', number),
  ]);
}
