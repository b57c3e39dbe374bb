/**
 * Why PutRawMessageContent would refuse new content. The criteria and what is chosen where AWS does not publish them are in
 * `shared/mime/transit.ts`, so that the functions check before they call what is checked here.
 */
import { contentProblems, parseMessage } from '../../shared/mime/index.ts';

/**
 * Why WorkMail would answer MessageRejected, in words that say which criterion; undefined when it would take the message.
 * @param original as it came in; absent where immutable headers are not to be compared.
 */
export function rejectionOf(bytes: Uint8Array, original?: Uint8Array): string | undefined {
  const before = original === undefined ? undefined : parseMessage(original);
  return contentProblems(parseMessage(bytes), before)[0]?.text;
}
