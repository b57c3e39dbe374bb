/** What WorkMail makes of the error of a mailbox: the words that it knows, and what each becomes for who asked over EWS. */
import type { CapError } from '../../shared/workmail/cap.ts';

/**
 * Administrator Guide, "Building the custom availability provider Lambda function". The guide prints the first and the
 * last; the others are the same words as EWS writes its response codes.
 */
const EWS_WORDS: Readonly<Record<CapError, string>> = {
  MailboxNotFound: 'ERROR_MAIL_RECIPIENT_NOT_FOUND',
  ErrorAvailabilityConfigNotFound: 'ERROR_AVAILABILITY_CONFIG_NOT_FOUND',
  ErrorServerBusy: 'ERROR_SERVER_BUSY',
  ErrorTimeoutExpired: 'ERROR_TIMEOUT_EXPIRED',
  ErrorResponseSchemaValidation: 'ERROR_RESPONSE_SCHEMA_VALIDATION',
  ErrorFreeBusyGenerationFailed: 'ERROR_FREE_BUSY_GENERATION_FAILED',
};

function isKnown(word: string): word is CapError {
  return Object.hasOwn(EWS_WORDS, word);
}

/** "Anything else" is a failure to generate the times. */
export function ewsWord(word: string): string {
  return EWS_WORDS[isKnown(word) ? word : 'ErrorFreeBusyGenerationFailed'];
}
