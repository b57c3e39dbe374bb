import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { authenticate } from 'mailauth';
import { SENDER } from '../sample.ts';

/** SPF, DKIM and DMARC of the message in a file, over DNS. */
export async function handler(event: { readonly file: string }): Promise<string> {
  const resolver = new Resolver();
  const server = process.env['MAILROOM_DNS'];
  if (server !== undefined) resolver.setServers([server]);
  const { client, mailFrom } = SENDER;
  const { dmarc } = await authenticate(await readFile(event.file), {
    sender: mailFrom,
    ip: client.address,
    helo: client.helo,
    mta: 'mx.example.com',
    disableArc: true,
    disableBimi: true,
    resolver: async (name, rrtype) => recordsOf(await resolver.resolve(name, rrtype)),
  });
  return dmarc === false ? 'none' : dmarc.status.result;
}

/** Of the types that are asked here the answer is always a list. */
function recordsOf(answer: unknown): string[] | string[][] {
  if (isList(answer)) return answer;
  throw new TypeError('the answer is no list');
}

function isList(answer: unknown): answer is string[] | string[][] {
  return Array.isArray(answer);
}
