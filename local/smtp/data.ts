import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { Log } from '../../shared/log.ts';
import { messageProblem } from '../native/limits.ts';
import { MAX_MESSAGE_BYTES, reply } from './listener.ts';

/** Messages that are being received and checked, all together: many large ones at once must not take the process's memory. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;

export type Collected =
  /** It counts against the limit until `release` is called. */
  | { readonly kind: 'whole'; readonly bytes: Uint8Array; readonly release: () => void }
  | { readonly kind: 'too-large' | 'no-room' };

/** Collects messages within one common limit. */
export interface Collector {
  /**
   * The octets between DATA and the final dot, dots unstuffed (RFC 5321 §4.5.2). Nothing is kept of a message that is
   * refused. Rejects when the client leaves before the end.
   */
  collect(stream: SMTPServerDataStream): Promise<Collected>;
}

export function createCollector(maxHeldBytes: number = MAX_HELD_BYTES): Collector {
  let held = 0;
  return {
    async collect(stream) {
      let chunks: Uint8Array[] = [];
      let size = 0;
      let refused: 'too-large' | 'no-room' | undefined;
      try {
        for await (const chunk of stream) {
          if (refused !== undefined || !(chunk instanceof Uint8Array)) continue;
          size += chunk.length;
          held += chunk.length;
          if (size > MAX_MESSAGE_BYTES) refused = 'too-large';
          else if (held > maxHeldBytes) refused = 'no-room';
          else chunks.push(chunk);
          if (refused === undefined) continue;
          // The client will not listen before it has sent the rest, which is read and thrown away.
          chunks = [];
          held -= size;
          size = 0;
        }
      } catch (error) {
        held -= size;
        throw error;
      }
      if (refused !== undefined) return { kind: refused };
      const release = (): void => {
        held -= size;
        size = 0;
      };
      return { kind: 'whole', bytes: Buffer.concat(chunks), release };
    },
  };
}

/**
 * Handles DATA: collects the message and hands it to `accept`, whose text becomes the 250 reply and whose error the
 * refusal. What it throws is answered 451, so that the client keeps the message; the log gets its kind, as its text may
 * hold an address.
 */
export function dataHandler(options: {
  readonly collector: Collector;
  readonly log: Log;
  /** The server, for the log. */
  readonly where: string;
  readonly accept: (session: SMTPServerSession, bytes: Uint8Array) => Promise<string | Error>;
}): NonNullable<SMTPServerOptions['onData']> {
  const { collector, log, where, accept } = options;
  const handle = async (
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
  ): Promise<string | Error> => {
    const collected = await collector.collect(stream);
    if (collected.kind === 'whole') {
      const problem = messageProblem(collected.bytes);
      // Slow name servers, chosen by the sender, make the checks that follow take long: until then the bytes are held.
      const answer =
        problem === undefined
          ? accept(session, collected.bytes)
          : Promise.resolve(reply(problem.code, problem.text));
      return answer.finally(collected.release);
    }
    if (collected.kind === 'no-room') return reply(452, '4.3.1 Too much mail at once, try again later');
    return reply(552, `5.3.4 The message is larger than ${MAX_MESSAGE_BYTES} bytes`);
  };
  return (stream, session, callback) => {
    handle(stream, session).then(
      (outcome) => (outcome instanceof Error ? callback(outcome) : callback(null, outcome)),
      (error: unknown) => {
        log({
          level: 'error',
          event: 'failure',
          where,
          why: error instanceof Error ? error.name : 'unknown',
        });
        callback(reply(451, '4.3.0 The message could not be stored, try again later'));
      },
    );
  };
}
