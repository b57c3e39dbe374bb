import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMultistatus } from '../../../shared/calendar/multistatus.ts';

const multistatus = (content: string): string =>
  `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">${content}</d:multistatus>`;
const response = (content: string): string => `<d:response><d:href>/a</d:href>${content}</d:response>`;
const data = (text: string, status = '200 OK'): string =>
  `<d:propstat><d:prop><c:calendar-data>${text}</c:calendar-data></d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`;

describe('a multistatus', () => {
  test('gives its texts: entities, CDATA, white space between', () => {
    const xml = multistatus(
      `\n ${response(data('a &amp; b&#13;\n'))} ${response(data('<![CDATA[<c>]]>d'))}${response(data('', '404 Not Found'))}`,
    );
    expect(readMultistatus(xml)).toEqual({ kind: 'resources', texts: ['a & b\r\n', '<c>d'] });
  });

  test('may be empty, and may leave prefixes out', () => {
    expect(readMultistatus('<multistatus xmlns="DAV:"/>')).toEqual({ kind: 'resources', texts: [] });
  });

  test('a resource that went away is left out', () => {
    const xml = multistatus(
      `${response('<d:status>HTTP/1.1 404 Not Found</d:status>')}${response(data('a'))}`,
    );
    expect(readMultistatus(xml)).toEqual({ kind: 'resources', texts: ['a'] });
  });

  test.each([
    ['a resource that is refused', response('<d:status>HTTP/1.1 403 Forbidden</d:status>'), 'failed'],
    ['a cut answer (507)', response('<d:status>HTTP/1.1 507 Insufficient Storage</d:status>'), 'failed'],
    ['data that is refused', response(data('', '403 Forbidden')), 'unreadable'],
    ['a bare response', response(''), 'unreadable'],
  ])('%s makes the whole a failure', (_, content, reason) => {
    expect(readMultistatus(multistatus(`${response(data('a'))}${content}`))).toMatchObject({
      kind: 'failure',
      reason,
    });
  });

  test.each([
    ['nothing', ''],
    ['text', 'BEGIN:VCALENDAR'],
    ['HTML', '<html><body>Sign in</body></html>'],
    ['another namespace', '<multistatus xmlns="urn:x"/>'],
    ['a cut document', multistatus(response(data('a'))).slice(0, -10)],
    ['an undeclared prefix', '<d:multistatus/>'],
    ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${multistatus('')}`],
    ['an entity that is not one of XML', multistatus(response(data('&b;')))],
    ['nesting without end', '<a>'.repeat(100_000)],
    ['a second root', `${multistatus('')}${multistatus('')}`],
  ])('%s is unreadable', (_, xml) => {
    expect(readMultistatus(xml)).toMatchObject({ kind: 'failure', reason: 'unreadable' });
  });

  test('any text gives an answer', () => {
    const pieces = fc.constantFrom(
      '<d:response>',
      '</d:response>',
      data('x'),
      '<d:status>HTTP/1.1 200 OK</d:status>',
      '&amp;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<',
      '>',
      'a',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        expect(['resources', 'failure']).toContain(readMultistatus(multistatus(parts.join(''))).kind);
      }),
      { numRuns: 500 },
    );
  });
});
