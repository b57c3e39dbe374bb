/** Daily: reports to the owners of domains about the mail that was seen in their names (RFC 9990, RFC 9991). */
import { createReportsHandler } from './handler.ts';

export const handler = createReportsHandler();
