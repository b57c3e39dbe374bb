/** What the reader of reports takes at most. Reports come by mail from anybody (aggregate-reporting-32 §8.1). */

/** Of one XML document: some 50,000 records. Against: a gzip or zip bomb. */
export const MAX_XML_BYTES = 32 * 1024 * 1024;
/** Unpacked in all for one file or message. Against: many bombs in one message, each just below the limit. */
export const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
/** Containers in containers: `xml.gz` in a zip needs two. Against: archives nested without end. */
export const MAX_CONTAINERS = 3;
/** Attached messages in attached messages: a report that was forwarded twice. */
export const MAX_FORWARDS = 3;
/** Documents in one file or message. Against: an archive of a million empty files. */
export const MAX_DOCUMENTS = 100;
/** Against: a document of millions of tiny records, which needs more memory as values than as text. */
export const MAX_RECORDS = 100_000;
/** Elements open at one time; a report needs six. Against: nesting without end. */
export const MAX_XML_DEPTH = 16;
/** Elements in one child of the root. §3.1.3 asks for at most 100 signatures in a record, of five elements each. */
export const MAX_CHILD_ELEMENTS = 2_000;
/** Characters kept of one element; the rest is dropped. Against: one text of 30 MB in a million places. */
export const MAX_TEXT_CHARS = 2_048;
/** Messages of one record: sums stay exact. Against: a report that makes every other one look like nothing. */
export const MAX_COUNT = 10_000_000_000;
/** In one tag; namespaces are all that a report declares. Against: a tag of ten million attributes. */
export const MAX_ATTRIBUTES = 50;
/** Elements around the report and beside its records. Against: millions of empty ones, each a call of ours. */
export const MAX_OTHER_ELEMENTS = 1_000;
