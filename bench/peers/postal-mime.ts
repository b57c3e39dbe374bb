import { readFile } from 'node:fs/promises';
import PostalMime from 'postal-mime';

/** Parses the message in a file; the length of what it found shows that it did. */
export async function handler(event: { readonly file: string }): Promise<number> {
  const mail = await PostalMime.parse(await readFile(event.file));
  return (mail.text ?? '').length + (mail.html ?? '').length;
}
