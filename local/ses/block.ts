import { createHash } from 'node:crypto';
import { internetDate } from '../header-lines.ts';
import type { SmtpClient } from '../types.ts';
import type { Evaluation, SpfWord } from './evaluate.ts';

export interface BlockInput {
  readonly evaluation: Evaluation;
  readonly mailFrom: string;
  /** Who the Received header says it is for; SES names one. */
  readonly recipient: string;
  readonly client: SmtpClient;
  readonly region: string;
  readonly now: Date;
  /** 40 characters of [a-z0-9]. */
  readonly receiptId: string;
  readonly spam: 'PASS' | 'FAIL';
}

const CRLF = '\r\n';
/** RFC 5321 §4.5.3.1 has no longer path or domain; what is cut here can only be an attack on the line length. */
const MAX_COPIED_CHARS = 320;
const RECEIPT_CHARS = 512;

/**
 * The header block that SES puts on top of a message it received: the same fields, order, words and folding. SES copies
 * the envelope sender and the HELO name as they came, semicolons and `dmarc=pass` included, and so does this: readers
 * must cope. They cannot leave their line: control characters and all beyond ASCII become `?`.
 */
export function sesBlock(input: BlockInput): string {
  const { evaluation, client, region, receiptId } = input;
  const spf = spfClause(evaluation, client);
  const name = copied(client.name);
  return [
    `Return-Path: <${copied(input.mailFrom)}>`,
    `Received: from ${copied(client.helo)} (${name} [${copied(client.address)}])`,
    ` by inbound-smtp.${region}.amazonaws.com with SMTP id ${receiptId}`,
    ` for ${copied(input.recipient)};`,
    ` ${internetDate(input.now.getTime())} (UTC)`,
    `X-SES-Spam-Verdict: ${input.spam}`,
    'X-SES-Virus-Verdict: PASS',
    `Received-SPF: ${spf};`,
    'Authentication-Results: amazonses.com;',
    ` spf=${spf};`,
    ...evaluation.dkim.map((signature) => ` ${dkimClause(signature)};`),
    ` ${dmarcClause(evaluation.dmarc)};`,
    `X-SES-RECEIPT: AEFBQUFBQUFB${filler(`${receiptId} receipt`, RECEIPT_CHARS)}`,
    `X-SES-DKIM-SIGNATURE: ${ownSignature(receiptId, input.now)}`,
    '',
  ].join(CRLF);
}

/** An id as SES makes them, 40 characters of [a-z0-9]; the same seed gives the same id. */
export function receiptIdOf(seed: string): string {
  const digits = createHash('sha512').update(seed).digest();
  return Array.from(digits.subarray(0, 40), (byte) => (byte % 36).toString(36)).join('');
}

function spfClause({ spf }: Evaluation, client: SmtpClient): string {
  const words = spfWords(spf.result, copied(spf.domain), copied(client.address));
  const client_ = `client-ip=${copied(client.address)}`;
  const from = `envelope-from=${copied(spf.envelopeFrom)}`;
  return `${spf.result} (spfCheck: ${words}) ${client_}; ${from}; helo=${copied(client.helo)}`;
}

function spfWords(result: SpfWord, domain: string, address: string): string {
  switch (result) {
    case 'pass':
      return `domain of ${domain} designates ${address} as permitted sender`;
    case 'fail':
      return `domain of ${domain} does not designate ${address} as permitted sender`;
    case 'softfail':
      return `transitioning domain of ${domain} does not designate ${address} as permitted sender`;
    case 'neutral':
    case 'none':
      return `${address} is neither permitted nor denied by domain of ${domain}`;
    case 'permerror':
    case 'temperror':
      return 'Error in processing SPF Record';
  }
}

/** A domain that holds what separates clauses is no domain: SES never showed one, and a result must not be forged with it. */
function dkimClause(signature: Evaluation['dkim'][number]): string {
  if (!isPlainDomain(signature.domain)) return 'dkim=permerror';
  return `dkim=${signature.result} header.i=@${signature.domain}`;
}

function dmarcClause(dmarc: Evaluation['dmarc']): string {
  if (dmarc.headerFrom === undefined) return `dmarc=${dmarc.result}`;
  if (!isPlainDomain(dmarc.headerFrom)) return 'dmarc=permerror';
  return `dmarc=${dmarc.result} header.from=${dmarc.headerFrom}`;
}

function isPlainDomain(domain: string): boolean {
  return /^[a-z0-9._-]{1,253}$/i.test(domain);
}

function copied(text: string): string {
  return text.slice(0, MAX_COPIED_CHARS).replace(/[^ -~]/g, '?');
}

/** SES's own seal has a key that nobody knows; only its shape is of use here. */
function ownSignature(receiptId: string, now: Date): string {
  const time = Math.floor(now.getTime() / 1000);
  const fields = 'From:To:Cc:Bcc:Subject:Date:Message-ID:MIME-Version:Content-Type:X-SES-RECEIPT';
  return (
    `a=rsa-sha256; q=dns/txt; b=${filler(`${receiptId} b`, 171)}=; c=relaxed/simple; ` +
    `s=ug7nbtf4gccmlpwj322ax3p6ow6yfsug; d=amazonses.com; t=${time}; v=1; ` +
    `bh=${filler(`${receiptId} bh`, 43)}=; h=${fields};`
  );
}

/** Base64 characters that look like a value and mean nothing; the same seed gives the same ones. */
function filler(seed: string, chars: number): string {
  let text = '';
  for (let round = 0; text.length < chars; round += 1)
    text += createHash('sha512').update(`${seed} ${round}`).digest('base64url').replace(/[-_]/g, '/');
  return text.slice(0, chars);
}
