/**
 * The other reading of "WorkMail replaces the content by the object": not at once, but when the message leaves. Who
 * deletes the object after the Put then loses the change, and nobody is told.
 */
import type { Tell } from './archive.ts';
import type { Work } from './engine.ts';
import { isRedirected, type PutGate } from './in-transit.ts';

type Read = () => Promise<Uint8Array | undefined>;

/**
 * Adds Puts whose object is read late. They are kept in this process only: it reads them before the decision goes on
 * record, and a decision that is not on record is made anew, with the function called again.
 */
export function withLateReads(gate: PutGate, works: ReadonlyMap<string, Work>, tell: Tell): PutGate {
  const pending = new Map<string, Read>();
  return {
    ...gate,
    async get(id) {
      return (await pending.get(id)?.()) ?? gate.get(id);
    },
    put(id, bytes) {
      pending.delete(id);
      return gate.put(id, bytes);
    },
    async putLate(id, read) {
      const work = works.get(id);
      if (isRedirected(work)) return 'frozen';
      if (work?.closed === false) {
        pending.set(id, read);
        tell(id, 'put', 'Its content will be replaced when it leaves.', { late: false });
        return 'stored';
      }
      const bytes = await read();
      return bytes === undefined ? 'not-found' : gate.put(id, bytes);
    },
    async close(work) {
      const { id } = work.entry;
      const read = pending.get(id);
      pending.delete(id);
      const bytes = await read?.();
      if (bytes !== undefined) await gate.put(id, bytes);
      else if (read !== undefined)
        tell(id, 'put', 'The object that was to replace its content is gone: it leaves as it was.', {
          late: true,
        });
      await gate.close(work);
    },
  };
}
