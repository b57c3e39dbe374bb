/** The canonical forms of RFC 6376 §3.4 by strings and patterns, without a thought for size: what the fast ones are held against. */

export type Form = 'simple' | 'relaxed';

/** `text` holds one character an octet. */
export function naiveBody(text: string, form: Form): string {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  const kept =
    form === 'simple' ? lines : lines.map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  while (kept.at(-1) === '') kept.pop();
  if (kept.length === 0) return form === 'simple' ? '\r\n' : '';
  return `${kept.join('\r\n')}\r\n`;
}

/** A field without its last line end. */
export function naiveField(text: string, form: Form): string {
  const crlf = text.replace(/\r?\n/g, '\r\n');
  if (form === 'simple') return crlf;
  const colon = crlf.indexOf(':');
  const name = crlf.slice(0, colon).replace(/[ \t]+$/, '');
  const value = crlf.slice(colon + 1).replace(/\r\n/g, '');
  return `${name.toLowerCase()}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')}`;
}
