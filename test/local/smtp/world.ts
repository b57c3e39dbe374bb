/** A small organization and a spool that remembers, for the tests of both servers. */

import type { AcceptedMessage, Directory, Spool } from '../../../local/types.ts';
import type { LogRecord } from '../../../shared/log.ts';

const MAILBOXES: Readonly<Record<string, readonly string[]>> = {
  'alice@example.com': ['alice@example.com'],
  'a.liddell@example.com': ['alice@example.com'],
  'bob@example.com': ['bob@example.com'],
  'staff@example.com': ['alice@example.com', 'bob@example.com'],
  'postmaster@example.com': ['bob@example.com'],
};

export const directory: Directory = {
  domains: ['example.com'],
  knows: (address) => Object.hasOwn(MAILBOXES, address.toLowerCase()),
  expand: (address) => MAILBOXES[address.toLowerCase()] ?? [],
  authenticate: (user, password) =>
    ['alice@example.com', 'bob@example.com'].includes(user) && password === 'pw',
};

export interface RememberingSpool extends Spool {
  readonly accepted: AcceptedMessage[];
  /** Called before a message counts as stored; may wait or reject. */
  before: () => Promise<void>;
}

export function rememberingSpool(): RememberingSpool {
  const accepted: AcceptedMessage[] = [];
  return {
    accepted,
    before: () => Promise.resolve(),
    async accept(message) {
      await this.before();
      accepted.push(message);
      return `id-${accepted.length}`;
    },
  };
}

export function rememberingLog(): {
  readonly records: LogRecord[];
  readonly log: (record: LogRecord) => void;
} {
  const records: LogRecord[] = [];
  return {
    records,
    log: (record) => {
      records.push(record);
    },
  };
}
