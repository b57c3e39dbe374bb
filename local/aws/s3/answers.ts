/** The answers that several operations give. */
import type { Answer } from '../exchange.ts';
import { document, type XmlChild } from './xml.ts';

export function xmlAnswer(
  name: string,
  content: string | readonly XmlChild[],
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: document(name, content),
  };
}
