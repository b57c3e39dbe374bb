/** Sends a held message once more, with a release that lets it pass the rules: once, in time, and for one recipient. */
import { randomUUID } from 'node:crypto';
import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { createTransport } from 'nodemailer';
import type { AboutHeld } from '../../handlers/edge/keep/about.ts';
import { PermanentError } from '../../shared/errors.ts';
import { asAttachment, asItCame } from '../../shared/notice/redelivery.ts';
import { makeRelease, originalDigest, type ReleaseMac } from '../../shared/notice/release.ts';
import { domainOf } from '../../shared/policy/pattern.ts';
import { decideAwsError } from '../../shared/workmail/aws-errors.ts';

const SEND_TIMEOUT_MS = 120_000;

/**
 * `ses`: as an attachment of a message of ours, and what was to go out to the world as it is. `smtp`: as it came, to the
 * server that takes mail for the organization, with the null envelope sender.
 */
export type Way =
  | { readonly kind: 'ses'; readonly client: SESv2Client; readonly from: string | undefined }
  | { readonly kind: 'smtp'; readonly host: string; readonly port: number };

export interface ReleaseRequest {
  readonly about: AboutHeld;
  readonly original: Uint8Array;
  readonly to: string;
  readonly mac: ReleaseMac;
  readonly way: Way;
  readonly nowMs: number;
  readonly hours: number;
}

/** Throws PermanentError or TemporaryError when it was not taken. */
export async function release(request: ReleaseRequest): Promise<void> {
  const { original, to, mac, way, nowMs, hours } = request;
  const expires = Math.floor(nowMs / 1000) + hours * 3600;
  const claim = { recipient: to, digest: originalDigest(original), expires };
  const value = await makeRelease(claim, mac, AbortSignal.timeout(SEND_TIMEOUT_MS));
  if (way.kind === 'smtp') return overSmtp(way, asItCame(original, value), to);
  const { from, raw } = forSes(request, way.from, value);
  const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
  const command = new SendEmailCommand({
    ...(from === undefined ? {} : { FromEmailAddress: from }),
    Destination: { ToAddresses: [to] },
    Content: { Raw: { Data: raw } },
  });
  try {
    await way.client.send(command, { abortSignal: signal });
  } catch (error) {
    // The administrator's own account answers him: its words say which identity is missing.
    const why = error instanceof Error ? error.message : '';
    throw new PermanentError(`${decideAwsError(error, 'ses SendEmail', signal).message}: ${why}`);
  }
}

interface Composed {
  readonly from: string | undefined;
  readonly raw: Uint8Array;
}

function forSes(
  { about, original, to, nowMs }: ReleaseRequest,
  from: string | undefined,
  value: string,
): Composed {
  const own = [about.author, from].flatMap((address) => (address === undefined ? [] : [domainOf(address)]));
  // From an address of the organization, which SES sends for: the world gets what its user wrote. Colleagues get it
  // attached: SES gives what it sends a Message-ID of its own, and then the release would not fit any more.
  if (about.direction === 'outbound' && !own.includes(domainOf(to)))
    return { from: about.author, raw: asItCame(original, value) };
  if (from === undefined)
    throw new PermanentError('the stack has no NoticesFrom: name a sender with --from, or use --smtp');
  const raw = asAttachment({
    id: randomUUID(),
    from,
    to,
    author: about.author,
    subject: about.subject,
    text: TEXT,
    release: value,
    original,
    nowMs,
  });
  return { from, raw };
}

const TEXT = `The attached message was held back by the mail rules of your organization. An administrator has released it.

It is attached as it came. An answer to this message goes to its author.
`;

async function overSmtp(
  { host, port }: Extract<Way, { kind: 'smtp' }>,
  raw: Uint8Array,
  to: string,
): Promise<void> {
  const transport = createTransport({
    host,
    port,
    connectionTimeout: SEND_TIMEOUT_MS,
    greetingTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
    // Between mail servers encryption is taken where it is offered, and no certificate is asked for.
    tls: { rejectUnauthorized: false },
  });
  try {
    // RFC 3834 §3: nothing comes back to a null sender.
    await transport.sendMail({
      envelope: { from: '', to: [to], use8BitMime: true },
      raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
    });
  } catch (error) {
    throw new PermanentError(`${host}:${port}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    transport.close();
  }
}
