/**
 * Everything that is known about who sent a message, gathered once and before anything is decided. Each part says how it is known:
 * verified here, or written by SES. Absent evidence is unknown, never a pass and never a fail.
 */
import type { DmarcDiscovery } from './dmarc/discover.ts';
import type { AuthorDomain, AuthResult, SesEvidence } from './types.ts';

/** What became of one DKIM-Signature (RFC 6376 §6.1; the words are those of RFC 8601 §2.7.1). */
export interface DkimEvidence {
  readonly result: 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror';
  /** A fixed code: why the result is what it is. `gateway`: a gateway's own result, for a signature that it may have broken. */
  readonly reason: string;
  /** `d=` in lower-case A-labels; undefined when the field cannot be read so far. */
  readonly domain: string | undefined;
  readonly selector: string | undefined;
  /** The domain of `i=`, `d=` by default. */
  readonly identityDomain: string | undefined;
  readonly algorithm: 'rsa-sha1' | 'rsa-sha256' | 'ed25519-sha256' | undefined;
  /** Bits of an RSA modulus. */
  readonly keyBits?: number;
  /** `l=` leaves octets of the body unsigned. */
  readonly partialBody: boolean;
  /** The key says t=y: its owner is testing, and a failure is as no signature (RFC 6376 §3.6.1). */
  readonly testing: boolean;
  /** Names in `h=`, lower case. */
  readonly signedFields: readonly string[];
}

/** One method's result in an Authentication-Results field (RFC 8601 §2.2). */
export interface MethodResult {
  /** Lower case. */
  readonly method: string;
  /** Lower case, as written otherwise. */
  readonly result: string;
  readonly reason: string | undefined;
  readonly properties: readonly { readonly type: string; readonly name: string; readonly value: string }[];
}

/** An Authentication-Results field (RFC 8601 §2.2), or ARC-Authentication-Results without its instance (RFC 8617 §4.1.1). */
export interface AuthenticationResults {
  readonly authservId: string;
  readonly version: number;
  readonly results: readonly MethodResult[];
}

/** One ARC Set (RFC 8617 §4.2). */
export interface ArcSetEvidence {
  readonly instance: number;
  /** `d=` of ARC-Seal, lower-case A-labels. */
  readonly sealer: string;
  /** `d=` of ARC-Message-Signature. */
  readonly signer: string;
  /** ARC-Authentication-Results; undefined when it does not follow RFC 8601. */
  readonly results: AuthenticationResults | undefined;
}

/** The Chain Validation Status (RFC 8617 §4.4, §5.2). */
export interface ArcEvidence {
  readonly result: 'none' | 'pass' | 'fail' | 'temperror';
  /** A fixed code. */
  readonly reason: string;
  /** By instance, from 1; only of a chain that passes, or that is open (`temperror`). */
  readonly sets: readonly ArcSetEvidence[];
  /**
   * What the newest signature leaves to anybody to change or to show otherwise, though the chain passes: such a chain says who
   * handled some message, not this one.
   */
  readonly open?: 'header' | 'from' | 'content' | 'body';
}

export interface SpfEvidence {
  readonly result: AuthResult;
  /** The domain that was checked: of MAIL FROM, or HELO for the null sender (RFC 7208 §2.4). */
  readonly domain: string | undefined;
  /** `own`: check_host here, with a client address that is known; `ses`, `gateway`: as SES or a gateway wrote it. */
  readonly source: 'own' | 'ses' | 'gateway';
  /** Whether the sender cannot have written it: the policy says that SES's block is always there, or the address is known otherwise. */
  readonly proved: boolean;
}

/** An identifier that is aligned with the Author Domain (dmarcbis-41 §4.4). */
export interface AlignedIdentifier {
  readonly by: 'dkim' | 'spf';
  readonly domain: string;
  /** `exact`: the same name, as strict alignment asks; `organization`: the same Organizational Domain. */
  readonly how: 'exact' | 'organization';
}

/** DMARC as evaluated here (dmarcbis-41 §5.3) or as SES wrote it. */
export interface DmarcEvidence {
  /** `unknown`: neither SES's word nor enough to evaluate it here. */
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror' | 'unknown';
  /** For a temporary error: `own` where asking again may settle it, `ses` where SES or a gateway wrote it. */
  readonly source: 'own' | 'ses' | 'none';
  /** A pass that a sender cannot have written: by a signature verified here, or by SES where its block is known to be there. */
  readonly proved: boolean;
  readonly aligned: readonly AlignedIdentifier[];
  /** What SES says where it is not what was found here; for the log. */
  readonly disagreement?: 'ses-pass-own-fail' | 'ses-fail-own-pass' | 'ses-none-own-record';
}

/** Marks of a mailing list (RFC 2369, RFC 2919) and whether its own signature passes. */
export interface ListEvidence {
  /** The domain in List-Id or List-Post, lower-case A-labels. */
  readonly domain: string | undefined;
  /** A signature that passes and is aligned with `domain`. */
  readonly signed: boolean;
}

export interface Evidence {
  readonly author: AuthorDomain;
  /** The display name in From, decoded; empty without one. Hostile text. */
  readonly displayName: string;
  readonly ses: SesEvidence;
  readonly dkim: readonly DkimEvidence[];
  /** Undefined where nothing depends on it, so that no DNS is asked for it. */
  readonly arc: ArcEvidence | undefined;
  readonly spf: SpfEvidence | undefined;
  /** Who handed the message in from outside: to SES, or to the gateway before it. `proved` as for `spf`. */
  readonly client?: { readonly address: string; readonly proved: boolean };
  readonly dmarc: DmarcEvidence;
  /** For the Author Domain: what it publishes. `temporary`: could not be looked up now. Undefined: not looked up, since nothing depends on it. */
  readonly discovery: DmarcDiscovery | 'temporary' | undefined;
  /** Where From has not one author: each domain that a reader could take for it, with what it publishes. */
  readonly candidates: readonly {
    readonly domain: string;
    readonly discovery: DmarcDiscovery | 'temporary';
  }[];
  readonly list: ListEvidence | undefined;
  /** The name of the gateway in `organization.gateways` that handed the message to SES, where that is proved. */
  readonly gateway: string | undefined;
  /** A null sender, a report, an automatic answer or list mail: nobody may be answered (RFC 3834 §2). */
  readonly automatic: boolean;
  /** DNS questions asked, answers from a cache included. */
  readonly queries: number;
  /** The message asks more of the DNS than one message may: what that left open stays open when it is asked again. */
  readonly refused?: true;
}
