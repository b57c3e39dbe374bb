/** What a rule may do, in the words of the policy. `actions/` holds the shape of each; `content-changes.ts` makes edits of them. */
import type { AddressItem } from './address-items.ts';
import type { AttachmentFilter } from './conditions/attachment-filter.ts';
import type { AddressPattern } from './types.ts';

export interface DisclaimerText {
  /** Plain text; used as it stands in text/plain parts, and, escaped, in HTML parts when `html` is absent. */
  readonly text: string;
  /** HTML fragment for text/html parts. */
  readonly html?: string;
}

/** A banner or footer. */
export interface DisclaimerAction extends DisclaimerText {
  /** For parts whose charset cannot hold `text`. */
  readonly ascii?: string;
  /** What replies get instead; `none`: nothing. Absent: the same. */
  readonly reply?: DisclaimerText | 'none';
  /** Whether an old copy in the quoted mail is taken out. Absent: it is. */
  readonly removeOld?: boolean;
}

/** Changes to the content: one content for every recipient. */
export type ContentAction =
  | ({ readonly kind: 'prependDisclaimer' } & DisclaimerAction)
  | ({ readonly kind: 'appendDisclaimer'; readonly position?: 'end' | 'aboveReply' } & DisclaimerAction)
  | { readonly kind: 'prependSubject'; readonly tag: string }
  | { readonly kind: 'setHeader' | 'addHeader'; readonly name: string; readonly value: string }
  | { readonly kind: 'removeHeader'; readonly name: string }
  | { readonly kind: 'removeAttachments'; readonly where: AttachmentFilter; readonly note?: string }
  | {
      readonly kind: 'replaceAttachments';
      readonly where: AttachmentFilter;
      readonly note: string;
      /** The attachments are kept, and `%%Link%%` in the note is this prefix and their key. `https://…/`. */
      readonly link?: string;
    }
  | { readonly kind: 'renameAttachments'; readonly where: AttachmentFilter; readonly to: string }
  | { readonly kind: 'defangLinks' | 'markLinks'; readonly exempt: readonly AddressPattern[] }
  | { readonly kind: 'prefixLinks'; readonly prefix: string; readonly exempt: readonly AddressPattern[] }
  | { readonly kind: 'restoreLinks'; readonly prefix: string }
  | { readonly kind: 'removeActiveContent' | 'convertToText' | 'removeAmp' }
  | { readonly kind: 'removeTracking'; readonly images: 'tracking' | 'remote' }
  | {
      readonly kind: 'wrapMessage';
      readonly text: string;
      readonly html?: string;
      readonly subject?: string;
    };

/** What becomes of the message, for each recipient. */
export type RecipientAction =
  | { readonly kind: 'rejectMessage'; readonly text: string; readonly status?: string }
  | { readonly kind: 'deleteMessage' | 'moveToJunk' | 'bypassSpamCheck' | 'useFallback' }
  | { readonly kind: 'quarantine'; readonly notify: QuarantineNotice }
  | { readonly kind: 'redirectTo' | 'addRecipients'; readonly addresses: readonly string[] }
  | { readonly kind: 'removeRecipients'; readonly patterns: readonly AddressItem[] };

/** Who is told that a message is held: the recipients for whom it is held, nobody, or these addresses. */
export type QuarantineNotice = 'recipient' | 'none' | readonly string[];

/** What is kept or told beside the message. */
export type KeepingAction =
  | { readonly kind: 'saveCopy'; readonly folder: string }
  | {
      readonly kind: 'notify';
      readonly to: readonly string[];
      readonly subject: string;
      readonly text: string;
      readonly includeHeader: boolean;
    };

export type Action = ContentAction | RecipientAction | KeepingAction;
