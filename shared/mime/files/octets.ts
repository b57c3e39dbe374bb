/** Numbers at an offset of hostile octets. Beyond the end there are zeros, so a reader checks bounds where it loops. */

/** 16 bits, little endian. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** 32 bits, little endian, not negative. */
export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) + u16(bytes, at + 2) * 0x10000;
}

/** 64 bits, little endian. Beyond 2^53 it is not exact; it is then beyond every file as well. */
export function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) + u32(bytes, at + 4) * 0x1_0000_0000;
}

/** 32 bits, big endian, not negative. */
export function u32be(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) * 0x1000000 +
    (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  );
}

/** Whether these octets (a latin1 string) stand at the offset. */
export function standsAt(bytes: Uint8Array, octets: string, at: number): boolean {
  if (at < 0 || at + octets.length > bytes.length) return false;
  for (let index = 0; index < octets.length; index++) {
    if (bytes[at + index] !== octets.charCodeAt(index)) return false;
  }
  return true;
}
