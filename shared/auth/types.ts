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
      /** A null sender, a report, an automatic answer or list mail: nobody may be answered (RFC 3834 §2). */
      readonly automatic?: boolean;
    }
  /** No block at the top of the message, or no Authentication-Results in it. */
  | { readonly state: 'absent'; readonly why: string }
  /** Something in the block could have been written by the sender, or contradicts itself. */
  | {
      readonly state: 'ambiguous';
      readonly why: string;
      /**
       * What speaks against the message all the same, so that a sender gains nothing by making the evidence unclear.
       * `fails`: the last result, which stands behind everything a sender controls, says that DMARC failed.
       * `another-author`: SES judged another domain than the one that From shows.
       */
      readonly against?: 'fails' | 'another-author';
    };

/** The author domain of the From header (RFC 9989: exactly one), or why there is none. */
export type AuthorDomain =
  | {
      readonly kind: 'one';
      /** Lower case, A-labels. */
      readonly domain: string;
      /** The local part as written, `@`, `domain`. */
      readonly address: string;
    }
  | {
      readonly kind: 'none' | 'several' | 'unreadable';
      readonly why: string;
      /** Every domain that a reader could take for the author's, as far as they could be made out; a few at most. */
      readonly domains?: readonly string[];
    };

/** What a TXT look-up says; a temporary failure is thrown as TemporaryError. */
export type TxtAnswer =
  | { readonly kind: 'records'; readonly records: readonly string[] }
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' };

/** Looks up TXT at `name` (no trailing dot). Throws TemporaryError on time-out, SERVFAIL or abort. */
export type LookupTxt = (name: string, signal: AbortSignal) => Promise<TxtAnswer>;
