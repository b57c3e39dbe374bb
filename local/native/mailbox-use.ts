/**
 * How full each mailbox is. The guide: mail to a full mailbox is bounced. Use is the sum of the files in the mailbox's
 * Maildir folders, looked at once and counted on; before anything is refused it is looked at again, because the user
 * may have deleted mail since. What was promised room and is not delivered yet counts too.
 */
import type { Disk } from '../flow/disk.ts';
import { folderPath, foldersOf } from '../flow/maildir.ts';
import type { Decision, RecipientDecision } from '../flow/types.ts';
import type { Organization } from '../organization.ts';

/** RFC 3463 §3.3: X.2.2, mailbox full. */
export const MAILBOX_FULL = { text: 'The mailbox is full.', status: '5.2.2' } as const;

export interface MailboxUse {
  /** Takes room for a message in a mailbox; false when there is not enough. A second time for the same message is no more. */
  take(mailbox: string, id: string, bytes: number): boolean;
  /** The message is where it belongs, and seen when its mailboxes are looked at. */
  delivered(id: string): void;
}

export function createMailboxUse(
  disk: Disk,
  dataDir: string,
  quotaOf: (mailbox: string) => number,
): MailboxUse {
  const used = new Map<string, number>();
  /** By mailbox, then by message. */
  const promised = new Map<string, Map<string, number>>();
  const look = (mailbox: string): number => {
    let bytes = 0;
    for (const size of promised.get(mailbox)?.values() ?? []) bytes += size;
    for (const folder of foldersOf(disk, dataDir, mailbox)) {
      for (const part of ['new', 'cur']) {
        const directory = `${folderPath(dataDir, mailbox, folder)}/${part}`;
        for (const name of disk.list(directory)) bytes += disk.size(`${directory}/${name}`) ?? 0;
      }
    }
    used.set(mailbox, bytes);
    return bytes;
  };
  return {
    take(mailbox, id, bytes) {
      const mine = promised.get(mailbox) ?? new Map<string, number>();
      if (mine.has(id)) return true;
      const quota = quotaOf(mailbox);
      let now = used.get(mailbox) ?? look(mailbox);
      if (now + bytes > quota) now = look(mailbox);
      if (now + bytes > quota) return false;
      used.set(mailbox, now + bytes);
      promised.set(mailbox, mine.set(id, bytes));
      return true;
    },
    delivered(id) {
      for (const messages of promised.values()) messages.delete(id);
    },
  };
}

/** The decision with a bounce in the place of each delivery to a mailbox without room. */
export function bounceFull(
  decision: Decision,
  organization: Organization,
  hasRoom: (mailbox: string) => boolean,
): Decision {
  const full = new Set(decision.deliveries.map(({ mailbox }) => mailbox).filter((one) => !hasRoom(one)));
  if (full.size === 0) return decision;
  const recipients = new Map<string, RecipientDecision>();
  for (const item of decision.recipients) {
    const isDelivered = item.to === 'inbox' || item.to === 'junk';
    const bounced = isDelivered
      ? organization.expand(item.recipient).filter((mailbox) => full.has(mailbox))
      : [];
    const isGroup = organization.isGroup(item.recipient);
    const refused = { to: 'bounce', why: 'the mailbox is full', notice: MAILBOX_FULL } as const;
    recipients.set(item.recipient, bounced.length === 0 || isGroup ? item : { ...item, ...refused });
    // Of a group only the members without room are bounced, each by its own address.
    for (const mailbox of isGroup ? bounced : []) {
      if (!recipients.has(mailbox))
        recipients.set(mailbox, { recipient: mailbox, action: 'BOUNCE', ...refused });
    }
  }
  return {
    ...decision,
    recipients: [...recipients.values()],
    deliveries: decision.deliveries.filter(({ mailbox }) => !full.has(mailbox)),
  };
}
