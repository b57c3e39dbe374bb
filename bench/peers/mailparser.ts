import { readFile } from 'node:fs/promises';
import { simpleParser } from 'mailparser';

/** Parses; the length of what it found shows that it did. */
export async function work(bytes: Buffer): Promise<number> {
  const mail = await simpleParser(bytes);
  return (mail.text ?? '').length + (mail.html === false ? 0 : mail.html.length);
}

/** Parses the message in a file. */
export async function handler(event: { readonly file: string }): Promise<number> {
  return work(await readFile(event.file));
}
