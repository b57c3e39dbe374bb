import { readFile } from 'node:fs/promises';
import PostalMime from 'postal-mime';

/** Parses; the length of what it found shows that it did. */
export async function work(bytes: Buffer): Promise<number> {
  const mail = await PostalMime.parse(bytes);
  return (mail.text ?? '').length + (mail.html ?? '').length;
}

/** Parses the message in a file. */
export async function handler(event: { readonly file: string }): Promise<number> {
  return work(await readFile(event.file));
}
