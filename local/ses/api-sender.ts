/**
 * What becomes of mail that is sent through SES's own API. It passes no rule on its way out: SES signs it, and WorkMail
 * has no part in it. For the organization's own addresses it comes in again as from anywhere, through the inbound rules;
 * for the world it is a file in `sent/`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryError } from '../../shared/errors.ts';
import { domainOf } from '../../shared/policy/pattern.ts';
import type { Assumptions } from '../assumptions.ts';
import type { ApiMail, ApiSender } from '../aws/control/ses-send.ts';
import type { DnsResolver } from '../dns/resolver.ts';
import { inTransitContent } from '../native/ses-headers.ts';
import type { Directory, Spool } from '../types.ts';
import { receive } from './receive.ts';
import { SES_CLIENT, type Signer } from './sign.ts';

export interface ApiSenderOptions {
  readonly directory: Pick<Directory, 'knows'>;
  readonly signer: Signer;
  readonly resolver: DnsResolver;
  readonly region: string;
  readonly sesHeaders: Assumptions['sesHeaders'];
  readonly dataDir: string;
}

export interface LateApiSender {
  readonly send: ApiSender;
  /** Where mail for the organization goes. Until it is said, every message is refused for now. */
  connect(spool: Spool): void;
}

/** The account is there before the mail flow is. */
export function createApiSender(options: ApiSenderOptions): LateApiSender {
  let spool: Spool | undefined;
  return {
    connect(given) {
      spool = given;
    },
    async send(mail) {
      if (spool === undefined) throw new TemporaryError('the flow does not run');
      return pass(options, spool, mail);
    },
  };
}

async function pass(options: ApiSenderOptions, spool: Spool, mail: ApiMail): Promise<string> {
  const { directory, signer, resolver, region } = options;
  const bytes = await signer.sign(mail.bytes, domainOf(mail.from));
  const mailFrom = signer.envelopeSender(bytes);
  const recipients = [...new Set(mail.recipients)];
  const inside = recipients.filter((address) => directory.knows(address.toLowerCase()));
  const world = recipients.filter((address) => !inside.includes(address));
  const id = mailFrom.split('@')[0] || randomUUID();
  if (world.length > 0) await keepSent(options.dataDir, id, { mailFrom, recipients: world, bytes });
  // SES makes a delivery of its own for each.
  for (const address of inside) {
    const envelope = { mailFrom, recipients: [address.toLowerCase()], client: SES_CLIENT };
    const received = await receive({
      ...envelope,
      bytes,
      resolver,
      region,
      now: new Date(),
      id: randomUUID(),
    });
    await spool.accept({
      ...envelope,
      direction: 'inbound',
      origin: 'world',
      ...inTransitContent(received.bytes, bytes, options.sesHeaders),
      verdicts: received.verdicts,
    });
  }
  return id;
}

interface Sent {
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly bytes: Uint8Array;
}

async function keepSent(dataDir: string, id: string, { mailFrom, recipients, bytes }: Sent): Promise<void> {
  const folder = join(dataDir, 'sent');
  await mkdir(folder, { recursive: true });
  const envelope = { messageId: id, mailFrom, recipients, route: 'ses', submittedBy: null };
  await writeFile(join(folder, `${id}.json`), `${JSON.stringify(envelope)}\n`);
  // Whole or not at all: whoever looks into the folder reads what ends in .eml.
  await writeFile(join(folder, `${id}.tmp`), bytes);
  await rename(join(folder, `${id}.tmp`), join(folder, `${id}.eml`));
}
