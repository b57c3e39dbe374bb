/** Addresses and text of others on their way into mail that we write. */

/** RFC 5321 §4.5.3.1: 64 octets and 255; nothing that could end a field, a list or a pair of angle brackets. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/;

/** Whether mail can be sent to this address as it stands: plain, ASCII, no quotes. */
export function isPlainAddress(address: string): boolean {
  return ADDRESS.test(address);
}

/** One line of at most `maxChars`: what others wrote cannot begin a line of its own, nor hide or turn round what follows. */
export function oneLine(text: string, maxChars: number): string {
  const line = text
    .slice(0, maxChars * 2)
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return line.length <= maxChars ? line : `${line.slice(0, maxChars).toWellFormed()}…`;
}

/** `Wed, 07 Jul 2021 18:40:11 +0000` (RFC 5322 §3.3), in UTC. */
export function mailDate(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', '+0000');
}
