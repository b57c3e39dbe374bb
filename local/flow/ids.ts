/**
 * Names of messages and calls. A message's id is a UUID of version 7 (RFC 9562 §5.7), so that ids sort by arrival.
 * Whatever a message gives rise to has an id computed from its own: after a crash the same thing gets the same name,
 * and what is there already is seen to be there.
 */
import { createHash } from 'node:crypto';
import type { ChildRole } from './types.ts';

/** @param nowMs Unix time in ms. @param random 16 random bytes. */
export function messageId(nowMs: number, random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUIntBE(Math.max(0, Math.floor(nowMs)), 0, 6);
  return toUuid(bytes);
}

/** The id of the internal copy or the bounce of a message; it sorts with its parent. */
export function childId(parentId: string, role: ChildRole): string {
  const bytes = createHash('sha256').update(`${parentId} ${role}`).digest().subarray(0, 16);
  const parent = Buffer.from(parentId.replaceAll('-', ''), 'hex');
  parent.copy(bytes, 0, 0, 6);
  return toUuid(bytes);
}

/** The same for every try of one rule on one message, 40 hexadecimal digits as in recorded events. */
export function invocationId(id: string, rule: string): string {
  return createHash('sha256').update(`${id} ${rule}`).digest('hex').slice(0, 40);
}

/** Whether it can be one of our ids; everything else must not become part of a path. */
export function isMessageId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function toUuid(bytes: Buffer): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
