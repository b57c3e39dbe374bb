/**
 * What Amazon SES does with a message on its way into WorkMail: it checks who sent it and writes the result on top.
 *
 *   SPF    (RFC 7208)  may this IP address send for the envelope sender's domain?
 *   DKIM   (RFC 6376)  which domains signed the message, and is it still as they signed it?
 *   ARC    (RFC 8617)  what did those who forwarded it see? SES evaluates it and does not show it.
 *   DMARC  (RFC 9989)  does one of these domains stand for the one in the From header, and what if not?
 */
import type { DnsResolver } from '../dns/resolver.ts';
import type { SmtpClient, Verdicts } from '../types.ts';
import { receiptIdOf, sesBlock } from './block.ts';
import { type Evaluation, evaluate } from './evaluate.ts';

export interface ReceiveInput {
  /** As the client sent it, whatever its line ends. */
  readonly bytes: Uint8Array;
  /** Empty for the null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly client: SmtpClient;
  readonly resolver: DnsResolver;
  readonly region: string;
  readonly now: Date;
  /** The id in the Received header: 40 characters of [a-z0-9], or any text to make one from. */
  readonly id: string;
}

export interface Received {
  /** SES's block, then the bytes as they came. */
  readonly bytes: Uint8Array;
  readonly verdicts: SesVerdicts;
  readonly evaluation: Evaluation;
}

export interface SesVerdicts extends Verdicts {
  readonly spam: 'PASS' | 'FAIL';
}

/** The generic test for unsolicited bulk e-mail: every spam filter takes mail that holds it for spam. */
const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

/** Evaluates a message and prepends SES's header block. DNS failures are verdicts; nothing is thrown for bad input. */
export async function receive(input: ReceiveInput): Promise<Received> {
  const evaluation = await evaluate(input);
  const spam = Buffer.from(input.bytes.buffer, input.bytes.byteOffset, input.bytes.byteLength).includes(GTUBE)
    ? 'FAIL'
    : 'PASS';
  const block = sesBlock({
    evaluation,
    mailFrom: input.mailFrom,
    recipient: input.recipients[0] ?? '',
    client: input.client,
    region: input.region,
    now: input.now,
    receiptId: /^[a-z0-9]{40}$/.test(input.id) ? input.id : receiptIdOf(input.id),
    spam,
  });
  return {
    bytes: Buffer.concat([Buffer.from(block, 'latin1'), input.bytes]),
    verdicts: { ...verdictsOf(evaluation), spam },
    evaluation,
  };
}

/** The words of SES's receipt: GRAY where there is nothing to check, PROCESSING_FAILED where checking failed. */
function verdictsOf(evaluation: Evaluation): Verdicts {
  const { dmarc } = evaluation;
  return {
    spf: verdictOf(evaluation.spf.result),
    dkim: dkimVerdict(evaluation.dkim.map((signature) => signature.result)),
    dmarc: verdictOf(dmarc.result),
    ...(dmarc.policy === undefined ? {} : { dmarcPolicy: dmarc.policy }),
  };
}

function verdictOf(word: Evaluation['spf']['result']): string {
  switch (word) {
    case 'pass':
      return 'PASS';
    case 'fail':
    case 'softfail':
      return 'FAIL';
    case 'none':
    case 'neutral':
      return 'GRAY';
    case 'permerror':
    case 'temperror':
      return 'PROCESSING_FAILED';
  }
}

/** One signature that holds is enough (RFC 6376 §6.1). */
function dkimVerdict(words: readonly Evaluation['dkim'][number]['result'][]): string {
  if (words.length === 0) return 'GRAY';
  if (words.includes('pass')) return 'PASS';
  return words.includes('temperror') ? 'PROCESSING_FAILED' : 'FAIL';
}
