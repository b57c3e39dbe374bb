/** Bounds on what a message may ask of the parser. Each names the attack that it stops; none can be raised by a caller. */

/** Stops a message of millions of empty parts, each costing an object of ours for four bytes of theirs. */
export const MAX_PARTS = 10_000;

/** Stops multiparts nested by the thousand: every walk over a tree may rely on this depth. */
export const MAX_DEPTH = 100;

/** Stops a header that is the whole message, each of whose lines is looked at on its own. */
export const MAX_HEADER_BYTES = 4 * 1024 * 1024;

/** Stops millions of three-byte fields (`a:` and a line end), each costing an object. Later fields are not listed. */
export const MAX_HEADER_FIELDS = 100_000;

/** Stops one structured field (Content-Type, Content-Disposition) of megabytes; what follows is not read. */
export const MAX_STRUCTURED_VALUE_BYTES = 64 * 1024;

/** Stops a parameter list written to fill a map, or a file name in thousands of RFC 2231 sections. */
export const MAX_PARAMETERS = 200;

/** A delimiter must fit on a line (RFC 5322 §2.1.1); RFC 2046 §5.1.1 says 70, which real mail exceeds. */
export const MAX_BOUNDARY_BYTES = 990;

/** RFC 5322 §2.1.1: a line without its line end. No edit makes a longer one. */
export const MAX_LINE_BYTES = 998;

/** Stops a text body that would cost more to decode, tokenize and search than an invocation lasts. */
export const MAX_EDITABLE_BODY_BYTES = 40 * 1024 * 1024;

/** Stops a header of thousands of Subject fields from growing by a tag in each. */
export const MAX_TAGGED_SUBJECTS = 10;

/** Stops "Re: Re: Re: …" from being walked for as long as the sender likes. */
export const MAX_REPLY_PREFIXES = 50;

/** Stops an archive of millions of empty entries, each costing an object. WorkMail's limit of 40 MB lets in 800,000. */
export const MAX_ARCHIVE_ENTRIES = 10_000;

/** Stops an archive whose names are megabytes each: names are kept as strings and matched with patterns. */
export const MAX_ARCHIVE_NAME_BYTES = 1024 * 1024;

/** Stops a list that is packed to unfold to gigabytes: what may be unpacked of an archive to read its list of names. */
export const MAX_UNPACKED_LIST_BYTES = 8 * 1024 * 1024;

/** Stops a file that looks like the end of an archive at every fourth octet from being tried at each. */
export const MAX_ARCHIVE_ENDS = 16;

/**
 * Stops a body of millions of tags, or of attributes in one, each of which a transform would look at. The largest real bodies
 * have some ten thousands. Where a text is only put in this does not count: a banner is not to be had out of the way like that.
 */
export const MAX_HTML_TOKENS = 250_000;

/** Stops a text of a hundred thousand uuencoded files of one octet, each an object that rules are asked about. */
export const MAX_UUENCODED_FILES = 100;

/** Stops a message in a message in a message: how deep the attachments of attached messages are listed. */
export const MAX_ATTACHED_DEPTH = 8;

/** Stops a message with attached messages in each part, each with attached messages: all that are listed of one message. */
export const MAX_ATTACHMENTS = 20_000;

/** Stops a text of tens of megabytes from being searched with each pattern of a policy, a thousand times over. */
export const MAX_TEXT_CHARS = 2 * 1024 * 1024;
