/** Bounds on what signatures may ask of a verifier. Each names the attack that it stops; none can be raised by a caller. */

/** Stops a header of megabytes, which each signature may cover: a longer one is not searched for signatures at all. */
export const MAX_HEADER_BYTES = 256 * 1024;

/** Stops a header of a hundred thousand fields of three bytes, each an object to keep. */
export const MAX_HEADER_FIELDS = 10_000;

/** Stops a signature field of megabytes. Real ones have two kilobytes; an RSA signature of 8,192 bits takes 1.4. */
export const MAX_SIGNATURE_BYTES = 32 * 1024;

/** Stops a tag-list of thousands of tags, each an entry of a map. RFC 6376 knows fourteen. */
export const MAX_TAGS = 100;

/** Stops an `h=` of thousands of names, each looked for in the header. Real ones list some thirty. */
export const MAX_SIGNED_NAMES = 500;

/** Stops a selector or an identity of kilobytes from being kept; no name in DNS is longer (RFC 1035 §2.3.4). */
export const MAX_NAME_CHARS = 253;

/** Stops an `i=` whose local part is kilobytes; RFC 5321 §4.5.3.1.1 allows 64 octets, quoted-printable makes three of each. */
export const MAX_LOCAL_PART_CHARS = 64 * 3;

/** Stops key records padded to 64 KB, the most that DNS carries. An RSA key of 8,192 bits takes 1.5. */
export const MAX_KEY_RECORD_CHARS = 8 * 1024;

/** Stops dozens of key records under one name, each tried (RFC 6376 §6.1.2 step 4). */
export const MAX_KEY_RECORDS = 3;

/** RFC 8301 §3.2: shorter RSA keys are never valid, since anybody can compute the private one. */
export const MIN_RSA_BITS = 1024;

/** Stops keys whose one verification takes milliseconds. RFC 8301 §3.2 asks for 4,096 at least. */
export const MAX_RSA_BITS = 8192;

/** Stops an RSA exponent as long as the modulus: one verification would cost as much as two hundred. 65,537 is what keys have. */
export const MAX_RSA_EXPONENT = 2n ** 33n;
