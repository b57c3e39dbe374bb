/** What can be said about the files that a message carries. `attachments.ts` lists them. */

/** What the first octets of a file say that it is. */
export interface RealType {
  readonly mediaType: string;
  /** Without the dot, lower case; the usual one first. */
  readonly extensions: readonly string[];
  /** Opening it runs a program: a binary, an installer, a script, a shortcut. */
  readonly executable: boolean;
}

export interface ArchiveEntry {
  /** As the archive has it: a path of its maker, with `/` between folders. It is never a path for us. */
  readonly name: string;
  readonly encrypted: boolean;
}

export interface ArchiveListing {
  readonly entries: readonly ArchiveEntry[];
  /** Every entry is listed. Not so when the archive is damaged, over a limit, or keeps its list compressed or encrypted. */
  readonly complete: boolean;
}

/** What is inside an attachment; found out when it is first asked for. */
export interface AttachmentContent {
  /** Decoded. */
  readonly bytes: Uint8Array;
  /** Undefined when the octets begin like nothing that is known here; text mostly is so. */
  readonly type: RealType | undefined;
  /** Undefined when it is no archive. */
  readonly archive: ArchiveListing | undefined;
  readonly passwordProtected: boolean;
  /** Why nobody can look inside; undefined when one can. */
  readonly unreadable: string | undefined;
}

export interface Attachment {
  /**
   * IMAP number of the part, empty for the message itself. A uuencoded file inside a text part has the part's path and
   * `~1`, `~2`, … in the order of the text.
   */
  readonly path: string;
  /** `message`: an attached message, of any transfer encoding. */
  readonly kind: 'part' | 'message' | 'uuencode';
  /** Every name that some mail program shows, decoded: `filename` and `name`, and each form of them where they differ. */
  readonly names: readonly string[];
  /** As the message claims it, lower case. */
  readonly mediaType: string;
  /** Shown in place or used by the HTML body: `inline`, or a Content-ID inside multipart/related. */
  readonly inline: boolean;
  /** Decoded. */
  readonly sizeBytes: number;
  /** Computed once. */
  content(): AttachmentContent;
  /** The attachments of an attached message; empty for any other. Their paths begin with this one's and `/`. */
  nested(): readonly Attachment[];
}
