/** The author's domain as others read it: mailauth, and the two readers of mail that this project tests against. */
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { simpleParser } from 'mailparser';
import PostalMime, { type Address } from 'postal-mime';
import { authorDomain } from '../../../shared/auth/author.ts';
import { asciiDomain } from '../../../shared/auth/domain.ts';
import { parseMessage } from '../../../shared/mime/scan.ts';

export interface Authors {
  /** The one domain, or why there is none. */
  readonly ours: string;
  /** Each domain once, in the order of the field; `?` for an address whose domain is no name. */
  readonly mailauth: string;
  readonly mailparser: string;
  readonly postalMime: string;
}

function domains(addresses: readonly (string | undefined)[]): string {
  const names = addresses.map(
    (address = '') => asciiDomain(address.slice(address.lastIndexOf('@') + 1)) ?? '?',
  );
  return [...new Set(names)].join(' ');
}

function postalAddresses(from: Address | undefined): readonly (string | undefined)[] {
  if (from === undefined) return [];
  return from.group === undefined ? [from.address] : from.group.map(({ address }) => address);
}

async function nobody(): Promise<never> {
  throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
}

export async function authorsOf(bytes: Buffer): Promise<Authors> {
  const author = authorDomain(parseMessage(bytes));
  const verified = await dkimVerify(bytes, { resolver: nobody });
  const parsed = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true });
  const postal = await new PostalMime().parse(bytes);
  const listed = (parsed.from?.value ?? []).flatMap((entry) => entry.group ?? [entry]);
  return {
    ours: author.kind === 'one' ? author.domain : author.kind,
    mailauth: domains(verified.headerFrom),
    mailparser: domains(listed.map(({ address }) => address)),
    postalMime: domains(postalAddresses(postal.from)),
  };
}
