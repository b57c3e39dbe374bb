/**
 * What opens bodies and attachments to tell what is inside: a fifth of the library with its knowledge of HTML and of file
 * formats, and needed for few messages. In one module, so that who starts cold can load it when it is asked for.
 */
import { listAttachments } from './attachments.ts';
import { attachmentText, bodyText } from './body-text.ts';

export const contentReaders = { attachmentText, bodyText, listAttachments } as const;
