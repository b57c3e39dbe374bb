/** Where held mail is and with which key it is released: what the stack gave to the functions. */

import { PermanentError } from '../../shared/errors.ts';
import type { Asked } from '../doctor/ask.ts';
import type { Clients } from '../doctor/clients.ts';
import { readStack, settingsOf, settingsUnknown } from '../doctor/deployed.ts';

export interface QuarantineSettings {
  readonly bucket: string;
  /** Undefined: nothing can be released so that it passes the rules. */
  readonly markKeyUri: string | undefined;
  /** Whom releases come from; undefined where the stack has no such address. */
  readonly from: string | undefined;
}

/** Throws PermanentError that says what is missing. */
export async function readSettings(clients: Clients, stackName: string): Promise<QuarantineSettings> {
  const { stack, functions } = await readStack(clients, stackName);
  if (stack.kind !== 'answer')
    throw new PermanentError(`the stack ${stackName} cannot be read: ${whyOf(stack)}`);
  const unknown = settingsUnknown(functions);
  if (unknown !== undefined) throw new PermanentError(`a function cannot be read: ${whyOf(unknown)}`);
  const [bucket] = settingsOf(functions, 'MAILROOM_KEEP_BUCKET');
  if (bucket === undefined)
    throw new PermanentError(`the stack ${stackName} keeps no mail for rules; its parameter is UseKeep=yes`);
  const from = stack.value.Parameters?.find(
    ({ ParameterKey }) => ParameterKey === 'NoticesFrom',
  )?.ParameterValue;
  return {
    bucket,
    markKeyUri: settingsOf(functions, 'MAILROOM_MARK_KEY_URI')[0],
    from: from === '' ? undefined : from,
  };
}

function whyOf(asked: Exclude<Asked<unknown>, { readonly kind: 'answer' }>): string {
  switch (asked.kind) {
    case 'absent':
      return 'there is none of this name in this region; name it with --stack';
    case 'denied':
      return `you need the right ${asked.action}`;
    case 'unanswered':
      return `${asked.action}: ${asked.why}`;
  }
}
