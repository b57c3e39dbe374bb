/**
 * A message's content for the sandboxed frame. Mail is hostile: the answer carries a Content-Security-Policy that runs
 * nothing and loads nothing, and the frame itself has an empty `sandbox`. Bytes need not survive here, so mailparser
 * reads them.
 */
import { escapeHtml } from './html.ts';

/** mailparser is not asked to read more than this: its memory is several times the message's. */
const MAX_VIEWED_BYTES = 8 * 1024 * 1024;
/** HTML beyond this is shown as text: a browser stalls on it. */
const MAX_HTML_CHARACTERS = 1024 * 1024;

export const SANDBOX_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'";

function asText(text: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><pre style="white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.5 system-ui,sans-serif">${escapeHtml(text)}</pre>`;
}

/** Making text of HTML takes mailparser time in the square of its depth, and nobody else is served meanwhile. */
const READING = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true };

/**
 * Elements whose address a browser may connect to before it asks the policy: Chromium does for a frame. Under another
 * name they mean nothing. Only the name is changed, so that no second reading of HTML, different from the browser's, is
 * needed to find them: a tag begins with `<` and the name, whatever follows.
 */
const CONNECTING = /<(?=(?:i?frame|link|object|embed|portal|fencedframe)[\s/>])/gi;

function withoutConnections(text: string): string {
  return text.replace(CONNECTING, '<x-');
}

/** A whole HTML document for the frame. Never rejects: what cannot be read is said. */
export async function contentDocument(bytes: Uint8Array): Promise<string> {
  if (bytes.length > MAX_VIEWED_BYTES) return asText('(too large to show; download it instead)');
  try {
    const { simpleParser } = await import('mailparser');
    const mail = await simpleParser(Buffer.from(bytes), READING);
    if (typeof mail.html !== 'string') return asText(mail.text ?? '(no text)');
    if (mail.html.length > MAX_HTML_CHARACTERS) return asText(mail.text ?? mail.html);
    return `<!doctype html><meta charset="utf-8">${withoutConnections(mail.html)}`;
  } catch (error) {
    return asText(
      `(this message could not be read for display: ${error instanceof Error ? error.message : 'unknown reason'})`,
    );
  }
}
