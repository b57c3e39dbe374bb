import { readFile } from 'node:fs/promises';
import { simpleParser } from 'mailparser';

/** Parses the message in a file; the length of what it found shows that it did. */
export async function handler(event: { readonly file: string }): Promise<number> {
  const mail = await simpleParser(await readFile(event.file));
  return (mail.text ?? '').length + (mail.html === false ? 0 : mail.html.length);
}
