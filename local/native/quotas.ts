/** The quotas that act on a message once its rules have decided. */
import type { Engine } from '../flow/engine.ts';
import type { Decision, Entry } from '../flow/types.ts';
import { bounceFull } from './mailbox-use.ts';
import { bounceBeyondQuota } from './sending-quota.ts';

/** The decision with a bounce for whatever a quota refuses. A second time for the same message takes no more. */
export function applyQuotas(engine: Engine, entry: Entry, decision: Decision): Decision {
  const { mailboxUse, sendingCounts, contents, deps } = engine;
  const { organization } = deps;
  if (entry.direction === 'outbound') return bounceBeyondQuota(entry, decision, organization, sendingCounts);
  const bytes = engine.disk.size(contents.currentPath(entry.id)) ?? entry.bytes;
  return bounceFull(decision, organization, (mailbox) => mailboxUse.take(mailbox, entry.id, bytes));
}
