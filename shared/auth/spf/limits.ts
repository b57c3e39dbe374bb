/** Bounds of RFC 7208 §4.6.4 on what one check may ask of the DNS. Going over one is permerror. */

/** Stops records that include each other: include, a, mx, ptr, exists and redirect together. */
export const MAX_LOOKUP_TERMS = 10;

/** Stops a record that makes us ask somebody else's servers for names that do not exist. */
export const MAX_VOID_LOOKUPS = 2;

/** Stops one mx mechanism from being a hundred questions. More are an error. */
export const MAX_MX_NAMES = 10;

/** Stops an address with a thousand names. More are not looked at (§4.6.4). */
export const MAX_PTR_NAMES = 10;

/** Stops a record of 64 KB from being parsed; what fits into a DNS answer over UDP is far below (§3.4). */
export const MAX_RECORD_CHARS = 4_096;

/** Stops a MAIL FROM or HELO of kilobytes, which macros could repeat. RFC 5321 §4.5.3.1 allows 64, an @ and 255. */
export const MAX_IDENTITY_CHARS = 320;

/** Stops a record that is all terms: ten of them can ask the DNS, and networks are usually a few dozen. */
export const MAX_TERMS = 512;
