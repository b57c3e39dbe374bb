/** A second name for a file, given in one step: of several who want a name at the same time, one gets it. */
import { linkSync } from 'node:fs';
import { hasCode } from './error-code.ts';

/** False when the name `to` is taken. */
export function linkFile(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}
