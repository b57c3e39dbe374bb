/** Sends mail that Mailroom wrote, through Amazon SES. The client is imported at the first message. */
import type { SESv2Client, SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import { decideAwsError, SDK_REQUEST_HANDLER, withSignal } from '../../../shared/workmail/aws-errors.ts';

export interface OutgoingMail {
  /** The whole message. */
  readonly raw: Uint8Array;
  /** Of an identity that the function may send as. SES makes an envelope sender of its own: it takes no null one. */
  readonly from: string;
  readonly to: string;
}

/** Hands the message over. Throws TemporaryError or PermanentError (no right, no such identity, a sandbox). */
export type SendMail = (mail: OutgoingMail, signal: AbortSignal) => Promise<void>;

export function createSendMail(config: SESv2ClientConfig = {}): SendMail {
  let loading: Promise<{ sdk: typeof import('@aws-sdk/client-sesv2'); client: SESv2Client }> | undefined;
  const load = async () => {
    const sdk = await import('@aws-sdk/client-sesv2');
    const client = new sdk.SESv2Client({
      // A time-out says nothing of whether the message went out: one more try could send it twice.
      maxAttempts: 1,
      requestHandler: SDK_REQUEST_HANDLER,
      ...config,
    });
    return { sdk, client };
  };
  return async ({ raw, from, to }, signal) => {
    try {
      loading ??= load();
      const { sdk, client } = await loading;
      const command = new sdk.SendEmailCommand({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: { Raw: { Data: raw } },
      });
      await withSignal(client.send(command, { abortSignal: signal }), signal);
    } catch (error) {
      throw decideAwsError(error, 'ses SendEmail', signal);
    }
  };
}
