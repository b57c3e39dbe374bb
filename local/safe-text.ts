/** Text of others on the administrator's terminal. */

/** Control, format and bidirectional characters: written by the sender, they could repaint the terminal. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with every such character spelled out. */
export function safe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
