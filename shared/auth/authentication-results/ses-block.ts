/**
 * Finds the fields that SES wrote on top of a message when it came in from outside.
 *
 * From the top: Return-Path (not always), Received by inbound-smtp.REGION.amazonaws.com, the spam and virus verdicts
 * (only where scanning is on), Received-SPF, Authentication-Results, X-SES-RECEIPT. Everything below was there before
 * and may be forged line by line, so only this run of fields counts, from byte 0 without a gap. Fields named
 * X-Mailroom-*, which our own handlers put on top when they rewrite, are stepped over.
 */
import type { HeaderField, Message } from '../../mime/types.ts';
import { collapseSpace, decodeHeaderBytes, hasControl, unfold } from '../text.ts';

export type SesBlock =
  | {
      readonly state: 'found';
      /** Unfolded, white space collapsed. */
      readonly receivedSpf: string;
      readonly authenticationResults: string;
      /** Empty where SES does not scan. */
      readonly spamVerdict: string;
      readonly virusVerdict: string;
      /** Return-Path is there and empty. */
      readonly nullSender: boolean;
      /** Something in the block that SES would not write. */
      readonly odd: string | undefined;
    }
  | { readonly state: 'absent'; readonly why: string };

/** Against a field of megabytes at the top. An envelope sender has 256 characters (RFC 5321 §4.5.3.1.3), a HELO 255. */
const MAX_FIELD_BYTES = 32_768;
/** Against a top that is nothing but fields in our own name. */
const MAX_OWN_FIELDS = 64;

const OWN_PREFIX = 'x-mailroom-';
const SES_HOST = / by inbound-smtp\.[a-z]{2}(?:-[a-z]{1,16}){1,3}-\d{1,2}\.amazonaws\.com with /;
const BETWEEN: ReadonlySet<string> = new Set([
  'x-ses-spam-verdict',
  'x-ses-virus-verdict',
  'received-spf',
  'authentication-results',
]);

/** Reads the root header's fields. Never throws. */
export function findSesBlock(message: Message): SesBlock {
  const fields = message.root.header.fields;
  let at = 0;
  while (at < MAX_OWN_FIELDS && fields[at]?.lowerName.startsWith(OWN_PREFIX)) at += 1;
  if (!startsAtTop(fields)) return { state: 'absent', why: 'the message does not begin with a header field' };
  const returnPath = fields[at]?.lowerName === 'return-path' ? fields[at] : undefined;
  if (returnPath !== undefined) at += 1;
  const received = fields[at];
  if (received?.lowerName !== 'received' || !SES_HOST.test(` ${fieldText(message, received).text}`))
    return { state: 'absent', why: 'the topmost Received is not of SES' };
  const block = collect(fields, at + 1);
  if (typeof block === 'string') return { state: 'absent', why: block };
  const results = block.get('authentication-results');
  if (results === undefined) return { state: 'absent', why: 'no Authentication-Results in the block of SES' };
  const textOf = (name: string): string => {
    const found = block.get(name);
    return found === undefined ? '' : fieldText(message, found.first).text;
  };
  const whole = fields.slice(0, fields.indexOf(results.last) + 2);
  return {
    state: 'found',
    receivedSpf: textOf('received-spf'),
    spamVerdict: textOf('x-ses-spam-verdict'),
    virusVerdict: textOf('x-ses-virus-verdict'),
    authenticationResults: fieldText(message, results.last).text,
    nullSender: returnPath !== undefined && fieldText(message, returnPath).text === '<>',
    odd: oddity(message, whole, block),
  };
}

function startsAtTop(fields: readonly HeaderField[]): boolean {
  return fields[0]?.start === 0;
}

interface Occurrences {
  readonly first: HeaderField;
  readonly last: HeaderField;
}

/** The fields between Received and X-SES-RECEIPT by name, or why they are no block. */
function collect(fields: readonly HeaderField[], from: number): Map<string, Occurrences> | string {
  const block = new Map<string, Occurrences>();
  // Twice as many as there are names: enough to see that one comes twice.
  for (const field of fields.slice(from, from + 2 * BETWEEN.size + 1)) {
    if (field.lowerName === 'x-ses-receipt') return block;
    if (!BETWEEN.has(field.lowerName)) return 'a field that SES does not write stands in its block';
    block.set(field.lowerName, { first: block.get(field.lowerName)?.first ?? field, last: field });
  }
  return 'no X-SES-RECEIPT ends the block of SES';
}

function oddity(
  message: Message,
  whole: readonly HeaderField[],
  block: ReadonlyMap<string, Occurrences>,
): string | undefined {
  for (const { first, last } of block.values()) {
    if (first !== last) return 'a field comes twice in the block of SES';
  }
  if (!block.has('received-spf')) return 'no Received-SPF in the block of SES';
  let end = 0;
  for (const field of whole) {
    // A gap, or a name that is not followed by its colon at once: another reader may see other fields here.
    if (field.start !== end || field.value.start !== field.start + field.name.length + 1)
      return 'a field in the block of SES is not written plainly';
    const { why } = fieldText(message, field);
    if (why !== undefined) return why;
    end = field.end;
  }
  return undefined;
}

function fieldText(message: Message, field: HeaderField): { text: string; why?: string } {
  const { start, end } = field.value;
  // Of a field that is too long the end is kept: there stands the result that SES writes last.
  const cut = Math.max(start, end - MAX_FIELD_BYTES);
  const text = unfold(decodeHeaderBytes(message.bytes.subarray(cut, end)).text);
  if (cut > start) return { text: collapseSpace(text), why: 'a field in the block of SES is too long' };
  if (hasControl(text)) return { text: collapseSpace(text), why: 'a control character in the block of SES' };
  return { text: collapseSpace(text) };
}
