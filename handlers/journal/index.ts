/** Asynchronous rule: every message as a compliance record. */
import { createJournalHandler } from '../edge/journal.ts';

export const handler = createJournalHandler();
