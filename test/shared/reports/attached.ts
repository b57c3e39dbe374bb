/** What is in the attachment of a report that we wrote. */
import { gunzipSync } from 'node:zlib';

/** The XML of the message's one gzip file. */
export function gunzipped(message: string): string {
  const [, base64 = ''] =
    /\r\nContent-Type: application\/gzip\r\n(?:.+\r\n)*\r\n([\s\S]*?)--=_/.exec(message) ?? [];
  return gunzipSync(Buffer.from(base64, 'base64')).toString();
}
