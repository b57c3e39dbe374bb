/** The section `dmarc` of the policy: what is done with inbound mail by what is known about who sent it. */
import type { AddressItem } from './address-items.ts';
import type { AddressPattern, RetryOr } from './types.ts';
import type { ReportsPolicy } from './types-reports.ts';

/** What is done with mail that fails. */
export type FailAction = 'default' | 'junk' | 'bounce' | 'drop';

/** What is decided; `neverJunk`: delivered without WorkMail's spam check, for mail that is proved alone. */
export type DmarcAction = FailAction | 'neverJunk';

/** By the policy that a domain publishes. */
export interface DmarcActions {
  readonly none: FailAction;
  readonly quarantine: FailAction;
  readonly reject: FailAction;
}

export interface DmarcPolicy {
  /** `monitor`: decide and log, change nothing. */
  readonly mode: 'monitor' | 'enforce';
  /** What is done with mail that fails, by the policy that its domain publishes. */
  readonly actions: DmarcActions;
  /** What is done when there is no evidence or it is ambiguous. */
  readonly unknown: 'default' | 'junk';
  /** What the sender reads of mail that is bounced. Absent: a sentence of Mailroom's. */
  readonly bounceText?: string;
  /** What is done instead of a bounce where nothing proves the envelope sender. */
  readonly bounceUnauthenticated: 'junk' | 'drop' | 'bounce';
  /** Mail whose From can be read as several authors; `strictest`: the strictest action among them, junk at least. */
  readonly severalAuthors: 'strictest' | 'junk' | 'drop';
  /** Whether the header field `X-Mailroom-Auth` says what was decided. */
  readonly header: boolean;
  readonly exceptions: readonly DmarcException[];
  /** Domains whose ARC seal is believed about what its owner saw (RFC 8617 §5.2). Lower case, A-labels. */
  readonly trustedSealers: readonly string[];
  readonly mailingLists: MailingListsPolicy;
  /** What applies to single domains instead of what they publish; the first entry that names one counts. */
  readonly domains: readonly DomainPolicy[];
  /** Absent: mail in the name of an own domain is as any other. */
  readonly ownDomains?: OwnDomainsPolicy;
  /** What applies to single recipients; the first entry that names one counts. */
  readonly recipients: readonly RecipientPolicy[];
  /** Absent: all mail. */
  readonly ramp?: { readonly share: number };
  /** What is done with mail under the name of somebody in `organization.protectedPeople`. Absent: it is only told. */
  readonly protectedPeople?: { readonly action: 'default' | 'junk' };
  /** Absent: domains that look like an own one are only told. */
  readonly lookAlikes?: LookAlikesPolicy;
  /** Whether it is told that the author never wrote to a recipient before. Absent: it is not looked up. */
  readonly firstContact?: boolean;
  /** Absent: no reports are made. */
  readonly reports?: ReportsPolicy;
  /** Absent: what is rewritten goes on without a seal. */
  readonly seal?: SealPolicy;
  readonly onTimeout: RetryOr<'default' | 'junk'>;
  readonly onTemporaryError: RetryOr<'default' | 'junk'>;
}

/** What must be proved about a message; one of all that is named is enough. At least one of the lists is not empty. */
export interface AuthenticatedBy {
  /** A signature of one of these domains (`d=`) passes. */
  readonly dkim: readonly string[];
  /** SPF passes for an envelope sender of one of these domains. */
  readonly spf: readonly string[];
  /** One of these sealed the message last, in a chain that passes, and saw DMARC pass for the domain in From. */
  readonly arc: readonly string[];
  /** It came through one of these gateways of `organization.gateways`. */
  readonly gateway: readonly string[];
}

/** Mail that fails DMARC and is wanted all the same. Bound to evidence: a From domain alone proves nothing. */
export interface DmarcException {
  readonly from: readonly AddressPattern[];
  /** The recipients for whom it holds. Absent: all. */
  readonly to?: readonly AddressItem[];
  readonly authenticatedBy: AuthenticatedBy;
  readonly action: 'default' | 'junk' | 'neverJunk';
  readonly reason: string;
  /** Who asked for it. */
  readonly owner?: string;
  /** Milliseconds since 1970 UTC: from then on it does not hold. */
  readonly expires?: number;
}

export interface MailingListsPolicy {
  /** Domains of lists: their signed mail gets an action one step milder. */
  readonly domains: readonly string[];
  /** Signed mail of any other list; `junk`: never more than junk. */
  readonly others: 'junk' | 'asOtherMail';
}

export interface DomainPolicy {
  /** `example.com`, or `*.example.com` for the domain and its subdomains. */
  readonly domains: readonly AddressPattern[];
  /** The policy that counts as published. */
  readonly treatAs?: 'none' | 'quarantine' | 'reject';
  readonly actions?: Partial<DmarcActions>;
  /** What is done with mail that is proved to be of these domains. */
  readonly whenProved: 'default' | 'neverJunk';
}

export interface OwnDomainsPolicy {
  /** What is done with mail that shows an own domain, or one below it, and is not proved. The stricter of this and `actions`. */
  readonly action: FailAction;
  /** Who sends in the name of an own domain without an aligned signature. */
  readonly allowedSenders: readonly AllowedSender[];
}

export interface AllowedSender {
  readonly authenticatedBy: AuthenticatedBy;
  readonly reason: string;
}

export interface RecipientPolicy {
  readonly to: readonly AddressItem[];
  readonly actions?: Partial<DmarcActions>;
  /** `monitor`: for these recipients nothing is done. */
  readonly mode: 'enforce' | 'monitor';
}

export interface LookAlikesPolicy {
  /** Domains to be guarded beside the own ones. */
  readonly domains: readonly string[];
  /** Domains that look like an own one and are not meant. */
  readonly allowed: readonly AddressPattern[];
  readonly action: 'default' | 'junk';
  /** Letters that may differ; 0: only what looks the same. */
  readonly maxDistance: number;
}

/** Whose seal (ARC) rewritten mail gets. The private key is no part of the policy. */
export interface SealPolicy {
  /** `d=`, lower case, A-labels. */
  readonly domain: string;
  /** `s=`: the public key is at `SELECTOR._domainkey.DOMAIN`. */
  readonly selector: string;
}

/** A mail relay of the organization's own, between the world and SES. */
export interface Gateway {
  readonly name: string;
  /** Networks that it sends from: `192.0.2.0/24`, `2001:db8::/32`, or one address. */
  readonly networks: readonly string[];
  /** The name that it writes its Authentication-Results under (RFC 8601 §2.5). Absent: it writes none to be believed. */
  readonly authservId?: string;
}

export interface ProtectedPerson {
  /** As it may stand before an address: `Jane Doe`. */
  readonly names: readonly string[];
  /** From which the person really writes, beside proved mail of an own domain. */
  readonly addresses: readonly string[];
}
