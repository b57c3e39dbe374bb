/** Bounds on what a chain may ask of a verifier. Each names the attack that it stops; none can be raised by a caller. */

/** RFC 8617 §4.2.1: the highest instance. Stops a chain that costs a verification for each of thousands of seals. */
export const MAX_SETS = 50;

/** Stops a chain whose seals are all of other domains, each a question to the DNS. Mail has three sealers at most. */
export const MAX_KEYS = 6;

/** Stops long chains of long fields: each seal covers all that stand before it, so the cost grows with the square. */
export const MAX_CHAIN_BYTES = 256 * 1024;
