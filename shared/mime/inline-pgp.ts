/** Inline OpenPGP (RFC 9580 §6.2, §7): armour inside a text, without any word in the header that says so. */
import { bufferOver } from './header.ts';

const PGP_BEGIN = Buffer.from('-----BEGIN PGP ', 'latin1');
/** Stops a body of thousands of mentions of the armour from being searched for long: the first few tell. */
const MAX_PGP_MENTIONS = 100;

/** RFC 9580 §6.2, §7: an armour header line at the start of a line, or first in an HTML element. */
export function inlinePgpReason(bytes: Uint8Array): 'signed' | 'encrypted' | undefined {
  const buffer = bufferOver(bytes);
  let at = buffer.indexOf(PGP_BEGIN);
  for (let mentions = 0; at !== -1 && mentions < MAX_PGP_MENTIONS; mentions++) {
    const before = at === 0 ? 0x0a : buffer[at - 1];
    const label = buffer.toString('latin1', at + PGP_BEGIN.length, at + PGP_BEGIN.length + 14);
    if (before === 0x0a || before === 0x0d || before === 0x3e) {
      if (label === 'SIGNED MESSAGE') return 'signed';
      if (label.startsWith('MESSAGE')) return 'encrypted';
    }
    at = buffer.indexOf(PGP_BEGIN, at + 1);
  }
  return undefined;
}
