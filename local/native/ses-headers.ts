/**
 * Whether a message in transit carries the header block that SES wrote on top of it: the assumption `sesHeaders`. When
 * it does not, functions and the Message Flow API see what the sender sent, and the block is put back on delivery.
 */
import type { Assumptions } from '../assumptions.ts';

export interface InTransitContent {
  readonly bytes: Uint8Array;
  /** What is put on top on delivery. */
  readonly sesBlock?: string;
}

/**
 * What goes into transit.
 * @param received SES's block, then what the client sent
 * @param sent what the client sent
 */
export function inTransitContent(
  received: Uint8Array,
  sent: Uint8Array,
  sesHeaders: Assumptions['sesHeaders'],
): InTransitContent {
  if (sesHeaders === 'present') return { bytes: received };
  const block = received.subarray(0, received.length - sent.length);
  return { bytes: sent, sesBlock: Buffer.from(block).toString('latin1') };
}

/** The content with the block on top. */
export function withSesBlock(sesBlock: string, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(sesBlock, 'latin1'), content]);
}
