/**
 * Whether a recipient never had mail of an author before: one small object in S3 for each pair, written when their first
 * message comes. It holds the message's id, so that a retry of that message still finds a first one.
 *
 * The pair is only in the key, hashed: who may list the bucket does not read there who writes to whom. Mail that proves
 * its author by DMARC and mail that does not are different contacts, so that a forger neither makes himself known under
 * another's name nor makes a real partner look known before they ever wrote.
 */
import { createHmac } from 'node:crypto';
import { TemporaryError } from '../../shared/errors.ts';
import type { ObjectStore } from './object-store.ts';

export const CONTACTS_PREFIX = 'contacts/';
/** Asked for each message: mail for a crowd is nobody's first contact, and must not cost hundreds of requests. */
export const MAX_CONTACT_RECIPIENTS = 50;
const CALLS_AT_ONCE = 8;
/** Pairs of which this process knows the first message; the one longest known is forgotten first. */
const MAX_REMEMBERED = 10_000;
/** A message id has 120 characters at most. */
const MAX_ID_BYTES = 1_000;

export interface ContactQuestion {
  /** Of the author: exactly one, as the message names it. */
  readonly author: string;
  readonly proved: boolean;
  readonly recipients: readonly string[];
  readonly messageId: string;
}

export interface Contacts {
  /**
   * For each recipient whether this is the first message; undefined beyond MAX_CONTACT_RECIPIENTS. The pairs are known
   * from then on. Throws TemporaryError or PermanentError.
   */
  firstContact(question: ContactQuestion, signal: AbortSignal): Promise<readonly (boolean | undefined)[]>;
}

export interface ContactsOptions {
  readonly objectStore: ObjectStore;
  readonly bucket: string;
  /** Separates organizations that share a bucket. */
  readonly organizationId: string | undefined;
}

export function createContacts(options: ContactsOptions): Contacts {
  const firstIds = new Map<string, string>();
  return {
    async firstContact(question, signal) {
      const asked = question.recipients.slice(0, MAX_CONTACT_RECIPIENTS);
      const answers: (boolean | undefined)[] = question.recipients.map(() => undefined);
      const waiting = asked.entries();
      const work = async (): Promise<void> => {
        for (const [index, recipient] of waiting) {
          const key = keyOf(options.organizationId, question, recipient);
          const first = firstIds.get(key) ?? (await firstOf(options, key, question.messageId, signal));
          remember(firstIds, key, first);
          answers[index] = first === question.messageId;
        }
      };
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
      return answers;
    },
  };
}

function keyOf(organization: string | undefined, { author, proved }: ContactQuestion, recipient: string) {
  const pair = [proved ? 'proved' : 'claimed', author.toLowerCase(), recipient.toLowerCase()].join('\0');
  const digest = createHmac('sha256', `mailroom-contact ${organization ?? ''}`)
    .update(pair)
    .digest('hex');
  return `${CONTACTS_PREFIX}${digest}`;
}

/** The id of the first message of the pair, which may be this one. */
async function firstOf(
  { objectStore, bucket }: ContactsOptions,
  key: string,
  messageId: string,
  signal: AbortSignal,
): Promise<string> {
  const object = { bucket, key, body: Buffer.from(messageId), contentType: 'text/plain' };
  if ((await objectStore.putIfAbsent(object, signal)) === 'stored') return messageId;
  const there = await objectStore.get(bucket, key, MAX_ID_BYTES, signal);
  // It went between the two calls: the bucket's lifecycle, or a person.
  if (there === undefined) throw new TemporaryError('the contact was deleted meanwhile');
  return Buffer.from(there).toString();
}

function remember(firstIds: Map<string, string>, key: string, id: string): void {
  const [longest] = firstIds.keys();
  if (firstIds.size >= MAX_REMEMBERED && longest !== undefined) firstIds.delete(longest);
  firstIds.set(key, id);
}
