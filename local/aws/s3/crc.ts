/**
 * The two CRCs of S3 that Node does not bring: CRC-32C (Castagnoli, RFC 3720 §12.1) and CRC-64/NVME (NVM Express base
 * specification). Both are reflected; the 64-bit one works on two 32-bit halves, because BigInt is too slow per byte.
 */

const CASTAGNOLI = 0x82f63b78;
/** Reflected polynomial 0x9a6c9329ac4bc9b5, as halves. */
const NVME_HIGH = 0x9a6c9329;
const NVME_LOW = 0xac4bc9b5;

const table32 = new Uint32Array(256);
const tableHigh = new Uint32Array(256);
const tableLow = new Uint32Array(256);

for (let byte = 0; byte < 256; byte += 1) {
  let narrow = byte;
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    narrow = (narrow & 1) === 1 ? (narrow >>> 1) ^ CASTAGNOLI : narrow >>> 1;
    const odd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) {
      high ^= NVME_HIGH;
      low ^= NVME_LOW;
    }
  }
  table32[byte] = narrow;
  tableHigh[byte] = high;
  tableLow[byte] = low;
}

/** CRC-32C of `bytes`, continuing from `previous` (0 at the start), as an unsigned number. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (const byte of bytes) crc = (table32[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-64/NVME of `bytes`, continuing from `previous` (0n at the start), as an unsigned 64-bit number. */
export function crc64nvme(bytes: Uint8Array, previous = 0n): bigint {
  let high = ~Number(previous >> 32n);
  let low = ~Number(previous & 0xffffffffn);
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = (tableLow[index] ?? 0) ^ ((low >>> 8) | (high << 24));
    high = (tableHigh[index] ?? 0) ^ (high >>> 8);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}
