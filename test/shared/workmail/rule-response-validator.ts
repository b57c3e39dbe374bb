/**
 * What WorkMail checks in the answer of a synchronous rule, written from the guide and apart from the builder: gives
 * every reason for which the answer would be refused, and what each recipient would get.
 */
const INBOUND = ['BOUNCE', 'DROP', 'DEFAULT', 'BYPASS_SPAM_CHECK', 'MOVE_TO_JUNK'];
const OUTBOUND = ['BOUNCE', 'DROP', 'DEFAULT'];

export interface Outcome {
  readonly faults: readonly string[];
  /** `TYPE` or `BOUNCE text`; undefined: the fallback. */
  of(recipient: string): string | undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function judgeResponse(response: unknown, direction: string | undefined): Outcome {
  const faults: string[] = [];
  const listed = new Map<string, string>();
  let everyone: string | undefined;
  const text = JSON.stringify(response);
  if (Buffer.byteLength(text) > 256 * 1024) faults.push('over 256 KB');
  const parsed: unknown = JSON.parse(text);
  const actions = isObject(parsed) ? parsed['actions'] : undefined;
  if (!Array.isArray(actions)) return { faults: ['no actions'], of: () => undefined };
  if (actions.length > 10) faults.push('more than 10 actions');
  const seen = new Set<string>();
  for (const entry of actions) {
    const action: unknown = isObject(entry) ? entry['action'] : undefined;
    if (!isObject(entry) || !isObject(action)) {
      faults.push('no action');
      continue;
    }
    const key = checkAction(action, direction, faults);
    if (seen.has(key)) faults.push(`action twice: ${key}`);
    seen.add(key);
    const { recipients, allRecipients, ...rest } = entry;
    if (Object.keys(rest).join() !== 'action') faults.push('unknown member');
    if (allRecipients !== undefined && typeof allRecipients !== 'boolean')
      faults.push('allRecipients is no boolean');
    if (allRecipients === true) {
      if (everyone !== undefined) faults.push('allRecipients twice');
      everyone = key;
    }
    if (recipients === undefined && allRecipients !== true) faults.push('an action for nobody');
    if (recipients === undefined) continue;
    if (!Array.isArray(recipients) || recipients.length === 0) faults.push('recipients is no list');
    else {
      for (const recipient of recipients) {
        if (typeof recipient !== 'string' || recipient === '') faults.push('a recipient is no string');
        else if (listed.has(recipient)) faults.push('recipient twice');
        else listed.set(recipient, key);
      }
    }
  }
  if (listed.size > 500) faults.push('more than 500 recipients');
  return { faults, of: (recipient) => listed.get(recipient) ?? everyone };
}

function checkAction(
  action: Record<string, unknown>,
  direction: string | undefined,
  faults: string[],
): string {
  const { type, parameters, ...rest } = action;
  if (Object.keys(rest).length > 0) faults.push('unknown member of an action');
  const allowed = direction === 'INBOUND' ? INBOUND : OUTBOUND;
  if (typeof type !== 'string' || !allowed.includes(type)) {
    faults.push(`type ${String(type)}`);
    return String(type);
  }
  if (type !== 'BOUNCE') {
    if (parameters !== undefined) faults.push('parameters without BOUNCE');
    return type;
  }
  const message = isObject(parameters) ? parameters['bounceMessage'] : undefined;
  if (typeof message !== 'string' || message === '') faults.push('no bounceMessage');
  if (isObject(parameters) && Object.keys(parameters).length !== 1) faults.push('unknown parameter');
  return `BOUNCE ${String(message)}`;
}
