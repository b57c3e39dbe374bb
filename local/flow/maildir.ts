/**
 * Mailboxes as Maildir: `mailboxes/ADDRESS/FOLDER/{tmp,new,cur}`, one file for each message, which any mail program
 * with Maildir reads. A message always gets the same name in a mailbox, so that delivering it again after a crash
 * finds it there, also when the user's program has moved it from `new` to `cur` and added flags.
 */
import { type Disk, makeDurableDirectory } from './disk.ts';
import type { Entry } from './types.ts';

/** The folders that every mailbox has; rules of a mailbox may add others. */
export const FOLDERS: readonly string[] = ['Inbox', 'Junk'];

/** @param folder one of `FOLDERS`, or as `folderName` of mailbox-rule-shape.ts has checked it. */
export function folderPath(dataDir: string, mailbox: string, folder: string): string {
  return `${mailboxPath(dataDir, mailbox)}/${folder}`;
}

function mailboxPath(dataDir: string, mailbox: string): string {
  // Addresses of the organization file: no "/" and no ".." can stand in them but as part of a longer name.
  return `${dataDir}/mailboxes/${mailbox.replaceAll('/', '%2F')}`;
}

/** Every folder that the mailbox has, also those that its rules, or the user's mail program, have made. */
export function foldersOf(disk: Disk, dataDir: string, mailbox: string): readonly string[] {
  const path = mailboxPath(dataDir, mailbox);
  return disk.list(path).filter((name) => disk.exists(`${path}/${name}/new`));
}

/** Makes a folder that is not there yet; it survives a power cut. */
export async function makeFolder(
  disk: Disk,
  dataDir: string,
  mailbox: string,
  folder: string,
): Promise<void> {
  const path = folderPath(dataDir, mailbox, folder);
  if (disk.exists(`${path}/new`)) return;
  for (const part of ['tmp', 'cur', 'new']) await makeDurableDirectory(disk, dataDir, `${path}/${part}`);
}

/** The file's name, the same for ever: time, id, host, as Maildir has it. */
export function maildirName(entry: Entry): string {
  return `${Math.floor(entry.receivedAt / 1000)}.${entry.id}.mailroom`;
}

/**
 * Gives the file at `source` its name in the folder. False when it was there already. The name survives a power cut
 * only after `syncDirectory` of the folder's `new`.
 * @param again whether this may not be the first time, so that `cur` must be looked through.
 */
export function deliver(disk: Disk, folder: string, source: string, name: string, again: boolean): boolean {
  // Maildir: a name in `cur` is the name in `new`, then ":2," and flags.
  if (again && disk.list(`${folder}/cur`).some((other) => other === name || other.startsWith(`${name}:`)))
    return false;
  return disk.link(source, `${folder}/new/${name}`);
}
