/** Ways to break a promise, to be put together in `table.ts`. */
import { createHash } from 'node:crypto';
import type { Answered, Asked, Breakage } from './proxy.ts';

export type When = (asked: Asked) => boolean;

export const always: When = () => true;

export function on(method: string, ...parts: readonly (string | RegExp)[]): When {
  return (asked) =>
    asked.method === method &&
    parts.every((part) => (typeof part === 'string' ? asked.url.includes(part) : part.test(asked.url)));
}

/** A put of an object: of nothing below it, of no part, and no copy. */
export const putObject: When = (asked) =>
  asked.method === 'PUT' && asked.url.includes('x-id=PutObject') && !/[?&]tagging/.test(asked.url);
export const getObject = on('GET', 'x-id=GetObject');
export const deleteObject = on('DELETE', 'x-id=DeleteObject');
export const complete = on('POST', 'uploadId=');

function without(
  headers: Readonly<Record<string, string>>,
  names: readonly RegExp[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !names.some((pattern) => pattern.test(name))),
  );
}

/** Does not look at these headers of a request. */
export function ignores(...names: readonly RegExp[]): () => Breakage {
  return () => ({ ask: (asked) => ({ ...asked, headers: without(asked.headers, names) }) });
}

/** Does not say these headers. */
export function keepsSilent(when: When, ...names: readonly RegExp[]): () => Breakage {
  return () => ({
    answer: (answered, asked) =>
      when(asked) ? { ...answered, headers: without(answered.headers, names) } : answered,
  });
}

export function says(when: When, headers: Readonly<Record<string, string>>): () => Breakage {
  return () => ({
    answer: (answered, asked) =>
      when(asked) ? { ...answered, headers: { ...answered.headers, ...headers } } : answered,
  });
}

/** Takes a request with other headers than were sent. */
export function takes(when: When, headers: Readonly<Record<string, string>>): () => Breakage {
  return () => ({
    ask: (asked) => (when(asked) ? { ...asked, headers: { ...asked.headers, ...headers } } : asked),
  });
}

/** Says that all went well and does nothing. */
export function pretends(
  when: When,
  status = 200,
  body = '',
  headers: Record<string, string> = {},
): () => Breakage {
  return () => ({
    ask: (asked) => (when(asked) ? { status, headers, body: Buffer.from(body) } : asked),
  });
}

/** Answers one status where another one is due. */
export function mistakes(from: number, to: number, body?: string): () => Breakage {
  return () => ({
    answer: (answered) =>
      answered.status === from
        ? { ...answered, status: to, ...(body === undefined ? {} : { body: Buffer.from(body) }) }
        : answered,
  });
}

export function rewritesAnswer(when: When, from: RegExp | string, to: string): () => Breakage {
  return () => ({
    answer: (answered, asked) => (when(asked) ? withText(answered, from, to) : answered),
  });
}

export function rewritesBody(when: When, from: RegExp | string, to: string): () => Breakage {
  return () => ({ ask: (asked) => (when(asked) ? withText(asked, from, to) : asked) });
}

function withText<T extends Asked | Answered>(message: T, from: RegExp | string, to: string): T {
  const headers = without(message.headers, [/^x-amz-checksum/, /^x-amz-sdk-checksum/]);
  const body = Buffer.from(message.body.toString().replace(from, to));
  const sums = {
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
  return { ...message, headers: { ...headers, ...sums }, body };
}

/** Writes what a checksum speaks against, where the body is this one. */
export function believesChecksumOf(body: string): () => Breakage {
  return () => ({
    ask: (asked) =>
      asked.body.toString() === body
        ? { ...asked, headers: without(asked.headers, [/^x-amz-checksum-/]) }
        : asked,
  });
}

export function rewritesUrl(when: When, from: RegExp | string, to: string): () => Breakage {
  return () => ({
    ask: (asked) => (when(asked) ? { ...asked, url: asked.url.replaceAll(from, to) } : asked),
  });
}

export function ignoresQuery(when: When, name: string): () => Breakage {
  return () => ({
    ask: (asked) => {
      if (!when(asked)) return asked;
      const [path = '', query = ''] = asked.url.split('?', 2);
      const kept = query.split('&').filter((pair) => pair !== name && !pair.startsWith(`${name}=`));
      return { ...asked, url: `${path}?${kept.join('&')}` };
    },
  });
}

/** The same breakage from the second time on that `when` holds for a URL. */
export function secondTime(when: When, answer: Answered): () => Breakage {
  return () => {
    const seen = new Set<string>();
    return {
      ask: (asked) => {
        if (!when(asked)) return asked;
        const [path = ''] = asked.url.split('?', 1);
        if (seen.has(path)) return answer;
        seen.add(path);
        return asked;
      },
    };
  };
}

/** An error document as S3 writes it. */
export function errorAnswer(status: number, code: string): Answered {
  const body = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}
