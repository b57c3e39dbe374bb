/** Header bytes as text, for the readers of this folder. */

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** UTF-8 (RFC 6532 §3.2) where the bytes are that, else one character a byte. */
export function decodeHeaderBytes(bytes: Uint8Array): { readonly text: string; readonly utf8: boolean } {
  try {
    return { text: strictUtf8.decode(bytes), utf8: true };
  } catch {
    return {
      text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'),
      utf8: false,
    };
  }
}

/** RFC 5322 §2.2.3: a line end before white space is folding and vanishes. */
export function unfold(text: string): string {
  return text.replaceAll('\r\n', '').replaceAll('\n', '');
}

/** Every run of blanks and tabs as one blank, none at the ends: text that was folded in two ways compares equal. */
export function collapseSpace(text: string): string {
  return text.replace(/[ \t]+/g, ' ').trim();
}

/** NUL, a bare CR and the other controls that no writer of ours puts into a header, and that readers treat differently. */
export function hasControl(unfolded: string): boolean {
  for (let index = 0; index < unfolded.length; index += 1) {
    const code = unfolded.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
