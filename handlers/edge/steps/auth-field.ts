/**
 * The header field that tells readers and mailbox rules what DMARC decided. It means something only where nobody outside
 * can write one: so every field of that name which a message brings along goes, and ours stands above all others.
 */
import { headerFields } from '../../../shared/mime/header.ts';
import type { HeaderChange, Message, RewriteResult } from '../../../shared/mime/types.ts';

export const AUTH_FIELD = 'X-Mailroom-Auth';

/** Whether a message brings along such a field, which is not ours. */
export function bringsAuthField({ root }: Message): boolean {
  return headerFields(root.header, AUTH_FIELD).length > 0;
}

/** The changes for the value; none without one. They come after those of rules, which cannot undo them then. */
export function authChanges(value: string | undefined): readonly HeaderChange[] {
  if (value === undefined) return [];
  return [
    { kind: 'removeHeader', name: AUTH_FIELD },
    { kind: 'addHeader', name: AUTH_FIELD, value },
  ];
}

/**
 * Where it is not certain which lines are the header's, nothing is taken out of it, and a sender can bring that about on
 * purpose. A line that reads like our field is no loss wherever it stands, so these go all the same.
 */
export function strangersOut(message: Message, { edits }: RewriteResult): RewriteResult['edits'] {
  const free = ({ start, end }: { readonly start: number; readonly end: number }) =>
    edits.every(({ span }) => span.end <= start || span.start >= end);
  const strangers = headerFields(message.root.header, AUTH_FIELD).filter(free);
  return [
    ...edits,
    ...strangers.map(({ start, end }) => ({ span: { start, end }, replacement: new Uint8Array() })),
  ];
}
