/** What stands beside a held message: who it was for, and why it is held. `mailroom quarantine` reads it. */
import { isRecord } from '../../../shared/workmail/json.ts';

export interface AboutHeld {
  readonly version: 1;
  readonly id: string;
  readonly rule: string;
  readonly reason?: string;
  readonly direction: 'inbound' | 'outbound';
  /** For whom it is held. */
  readonly recipients: readonly string[];
  /** WorkMail named more recipients than it told the function: they did not get it either. */
  readonly recipientsCut?: boolean;
  /** The address in From, where there is exactly one; what a sender claims. */
  readonly author?: string;
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly heldAt: string;
  /** WorkMail's, of the message in transit. */
  readonly messageId: string;
  readonly bytes: number;
  /** Of message.eml, in hexadecimal. */
  readonly sha256: string;
}

const TEXTS = ['id', 'rule', 'subject', 'heldAt', 'messageId', 'sha256'] as const;

/** Reads about.json; undefined when it is none. */
export function readAbout(text: string): AboutHeld | undefined {
  const value = parsed(text);
  return isAbout(value) ? value : undefined;
}

function isAbout(value: unknown): value is AboutHeld {
  if (!isRecord(value) || value['version'] !== 1 || typeof value['bytes'] !== 'number') return false;
  const { recipients, recipientsCut, direction, reason, author } = value;
  return (
    (recipientsCut === undefined || typeof recipientsCut === 'boolean') &&
    TEXTS.every((name) => typeof value[name] === 'string') &&
    (direction === 'inbound' || direction === 'outbound') &&
    [reason, author].every((text) => text === undefined || typeof text === 'string') &&
    Array.isArray(recipients) &&
    recipients.every((each) => typeof each === 'string')
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
