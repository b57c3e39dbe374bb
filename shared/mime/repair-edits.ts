import type { RewriteResult } from './change-types.ts';
import { rewriteContent } from './rewrite.ts';
import type { Message } from './types.ts';

/**
 * What `rewriteContent` repairs with the option `repair`, and no change besides: for a message that is to go as it is, but has
 * lines that are too long to be sent.
 */
export function repairEdits(message: Message): Pick<RewriteResult, 'edits' | 'repaired'> {
  const { edits, repaired } = rewriteContent(message, [], { skipIfPresent: true, repair: true });
  return { edits, repaired };
}
