/**
 * What rules keep, before anything is changed or stopped: held messages, copies, attachments that a link takes the place
 * of. Everything is written only where nothing is, under keys that a retry makes again.
 */
import { createHash } from 'node:crypto';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { listAttachments } from '../../../shared/mime/attachments.ts';
import { headerField } from '../../../shared/mime/header.ts';
import { headerText } from '../../../shared/mime/header-text.ts';
import type { Message } from '../../../shared/mime/types.ts';
import type { Effect } from '../../../shared/policy/decision.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import type { AboutHeld } from './about.ts';
import { attachmentKey, idOf, quarantineId, quarantineKeys } from './keys.ts';

export interface KeepResult {
  /** Where an attachment can be had from now on, by the path of its part. */
  readonly links: ReadonlyMap<string, string>;
  /** What could not be kept: nothing may be stopped or taken out on its account. */
  readonly failed: readonly Effect[];
  /** Why trying again can help; absent where nothing failed, or for good. */
  readonly temporary?: TemporaryError;
}

type Kept<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** Of the header of a message that is listed; longer ones are cut. */
const MAX_SUBJECT_CHARS = 500;

/**
 * Keeps what the effects say, each by itself: what one cannot have does not keep the others from theirs. What cannot be
 * kept comes back in `failed`; what never can be is logged.
 */
export async function performKeeping(
  invocation: Invocation,
  message: FetchedMessage,
  effects: readonly Effect[],
): Promise<KeepResult> {
  const links = new Map<string, string>();
  const failed: Effect[] = [];
  let temporary: TemporaryError | undefined;
  for (const effect of effects) {
    try {
      if (effect.kind === 'quarantine') await holdBack(invocation, message, effect);
      else if (effect.kind === 'saveCopy') await saveCopy(invocation, message, effect);
      else if (effect.kind === 'saveAttachments') await saveAttachments(invocation, message, effect, links);
    } catch (error) {
      if (!(error instanceof PermanentError || error instanceof TemporaryError)) throw error;
      failed.push(effect);
      if (error instanceof TemporaryError) {
        temporary ??= error;
        continue;
      }
      const { kind, rule } = effect;
      const failure = { step: 'rewrite', kind: 'not-kept', what: kind, rule, reason: error.message } as const;
      invocation.log({ level: 'error', event: 'failure', ...failure, action: 'nothing-stopped' });
    }
  }
  return temporary === undefined ? { links, failed } : { links, failed, temporary };
}

async function holdBack(
  invocation: Invocation,
  message: FetchedMessage,
  effect: Kept<'quarantine'>,
): Promise<void> {
  const { event, deadline } = invocation;
  const { signal } = deadline;
  const id = quarantineId(event, effect);
  const keys = quarantineKeys(id);
  const bucket = bucketOf(invocation);
  const store = invocation.ports.objectStore;
  const body = message.bytes;
  await store.putIfAbsent({ bucket, key: keys.message, body, contentType: 'message/rfc822' }, signal);
  // Last, so that what is listed is there. Of a retry after a rewrite the first one stays, with the sender's bytes.
  const about = Buffer.from(`${JSON.stringify(aboutOf(invocation, message, effect, id))}\n`);
  const result = await store.putIfAbsent(
    { bucket, key: keys.about, body: about, contentType: 'application/json' },
    signal,
  );
  const { rule, recipients } = effect;
  invocation.log({
    level: 'info',
    event: 'quarantine',
    step: 'rewrite',
    result,
    rule,
    id,
    recipients: recipients.length,
    bytes: body.length,
  });
}

function aboutOf(
  { event, policy, ports }: Invocation,
  message: FetchedMessage,
  { rule, recipients }: Kept<'quarantine'>,
  id: string,
): AboutHeld {
  const author = message.author();
  const reason = policy.rules.find(({ name }) => name === rule)?.reason;
  return {
    version: 1,
    id,
    rule,
    ...(reason === undefined ? {} : { reason }),
    direction: event.flowDirection === 'OUTBOUND' ? 'outbound' : 'inbound',
    recipients: recipients.flatMap((index) => event.recipients[index] ?? []),
    ...(event.truncated ? { recipientsCut: true } : {}),
    ...(author.kind === 'one' ? { author: author.address } : {}),
    subject: subjectOf(message.parsed()),
    heldAt: new Date(ports.now()).toISOString(),
    messageId: event.messageId,
    bytes: message.bytes.length,
    sha256: createHash('sha256').update(message.bytes).digest('hex'),
  };
}

/** Decoded; empty where there is none. */
export function subjectOf(message: Message): string {
  const field = headerField(message.root.header, 'Subject');
  return field === undefined ? '' : headerText(message, field).slice(0, MAX_SUBJECT_CHARS).toWellFormed();
}

async function saveCopy(
  invocation: Invocation,
  { bytes }: FetchedMessage,
  { rule, folder }: Kept<'saveCopy'>,
): Promise<void> {
  const key = `copies/${folder}/${idOf(invocation.event, 'copy', rule)}.eml`;
  const object = { bucket: bucketOf(invocation), key, body: bytes, contentType: 'message/rfc822' };
  const result = await invocation.ports.objectStore.putIfAbsent(object, invocation.deadline.signal);
  logEffect(invocation, 'save-copy', rule, result, bytes.length);
}

async function saveAttachments(
  invocation: Invocation,
  message: FetchedMessage,
  { rule, paths, link }: Kept<'saveAttachments'>,
  links: Map<string, string>,
): Promise<void> {
  const bucket = bucketOf(invocation);
  const all = listAttachments(message.parsed());
  for (const [number, path] of paths.entries()) {
    const attachment = all.find((one) => one.path === path);
    if (attachment === undefined) throw new PermanentError('an attachment to keep is not in the message');
    const { bytes } = attachment.content();
    const digest = createHash('sha256').update(bytes).digest('hex');
    const id = idOf(invocation.event, 'attachments', rule, digest);
    const key = attachmentKey(id, number + 1, attachment.names[0]);
    // Not a type that a browser would run.
    const object = { bucket, key, body: bytes, contentType: 'application/octet-stream' };
    const result = await invocation.ports.objectStore.putIfAbsent(object, invocation.deadline.signal);
    if (!links.has(path)) links.set(path, `${link}${key}`);
    logEffect(invocation, 'save-attachment', rule, result, bytes.length);
  }
}

function bucketOf({ ports }: Invocation): string {
  if (ports.keepBucket === undefined) throw new PermanentError('MAILROOM_KEEP_BUCKET is not set');
  return ports.keepBucket;
}

function logEffect(
  invocation: Invocation,
  effect: 'save-copy' | 'save-attachment',
  rule: string,
  result: 'stored' | 'already-there',
  bytes: number,
): void {
  invocation.log({ level: 'info', event: 'effect', step: 'rewrite', effect, rule, result, bytes });
}
