/** What is known about who sent a message. Absent evidence is unknown: never a pass, never a fail. */

/** Results of RFC 8601 §2.7, as SES writes them. */
export type AuthResult =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'temperror'
  | 'permerror'
  | 'policy';

/** The Authentication-Results that SES wrote, or why there is none to believe. */
export type SesEvidence =
  | {
      readonly state: 'present';
      readonly spf:
        | { readonly result: AuthResult; readonly envelopeFromDomain: string | undefined }
        | undefined;
      /** One per signature; `domain` is that of header.i (its AUID), lower case. */
      readonly dkim: readonly { readonly result: AuthResult; readonly domain: string | undefined }[];
      readonly dmarc: { readonly result: AuthResult; readonly headerFromDomain: string | undefined };
    }
  /** No block at the top of the message, or no Authentication-Results in it. */
  | { readonly state: 'absent'; readonly why: string }
  /** Something in the block could have been written by the sender, or contradicts itself. */
  | { readonly state: 'ambiguous'; readonly why: string };

/** The author domain of the From header (RFC 9989: exactly one), or why there is none. */
export type AuthorDomain =
  | { readonly kind: 'one'; readonly domain: string; readonly address: string }
  | { readonly kind: 'none' | 'several' | 'unreadable'; readonly why: string };

/** What a TXT look-up says; a temporary failure is thrown as TemporaryError. */
export type TxtAnswer =
  | { readonly kind: 'records'; readonly records: readonly string[] }
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' };

/** Looks up TXT at `name` (no trailing dot). Throws TemporaryError on time-out, SERVFAIL or abort. */
export type LookupTxt = (name: string, signal: AbortSignal) => Promise<TxtAnswer>;
