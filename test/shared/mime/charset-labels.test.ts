import { describe, expect, it, vi } from 'vitest';
import { DECODABLE_LABELS } from '../../../shared/mime/charset-labels.ts';
import { decodeEncodedWords } from '../../../shared/mime/encoded-words.ts';
import { fileName, headerField, headerText, parseMessage } from '../../../shared/mime/index.ts';

/** What the library asks of the platform, which is what costs. */
const asked = vi.hoisted(() => ({ decoders: 0, decodings: 0 }));

vi.mock('node:util', async (original) => {
  const util = await original<typeof import('node:util')>();
  class TextDecoder extends util.TextDecoder {
    override decode(...args: Parameters<InstanceType<typeof util.TextDecoder>['decode']>): string {
      asked.decodings++;
      return super.decode(...args);
    }
  }
  // A label that is refused counts too.
  const Counting = new Proxy(TextDecoder, {
    construct(target, args: [string?]) {
      asked.decoders++;
      return Reflect.construct(target, args);
    },
  });
  return { ...util, TextDecoder: Counting };
});

function count(run: () => void): { readonly decoders: number; readonly decodings: number } {
  asked.decoders = 0;
  asked.decodings = 0;
  run();
  return { ...asked };
}

const isTaken = (label: string): boolean => {
  try {
    new globalThis.TextDecoder(label);
    return true;
  } catch {
    return false;
  }
};

const FAMILIES = ['', 'l', 'latin', 'cp', 'x-cp', 'ibm', 'windows-', 'dos-', 'ms', 'iso-ir-', 'iso-8859-'];
const MORE_FAMILIES = [
  'iso8859-',
  'iso8859',
  'iso_8859-',
  'csisolatin',
  'ecma-',
  'asmo-',
  'koi8-',
  'utf-',
  'ucs-',
];

/** The labels themselves, spelt in other ways, and all numbers of the families that they come in. */
function candidates(): readonly string[] {
  const spelt = [...DECODABLE_LABELS].flatMap((label) => [
    label,
    ...['x-', 'cs', 'csiso'].map((prefix) => `${prefix}${label}`),
    ...['-e', '-i', ':1987', ':1988', ':1989'].map((suffix) => `${label}${suffix}`),
    label.replaceAll('-', ''),
    label.replaceAll('-', '_'),
    label.replaceAll('_', '-'),
  ]);
  const numbered = [...FAMILIES, ...MORE_FAMILIES].flatMap((family) =>
    Array.from({ length: 1300 }, (_, number) => `${family}${number}`),
  );
  return [...spelt, ...numbered];
}

describe('the labels of charsets', () => {
  it('are those that the platform takes', () => {
    expect([...DECODABLE_LABELS].filter((label) => !isTaken(label))).toEqual([]);
    expect(candidates().filter((label) => isTaken(label) && !DECODABLE_LABELS.has(label))).toEqual([]);
  });

  it('that are invented cost nothing but their own octets', () => {
    const invented = Array.from({ length: 5_000 }, (_, number) => `=?q${number}?Q?a?=`);
    const text = `${invented.join(' ')} =?utf-8?Q?=C3=A9?=`;
    const { decoders } = count(() => {
      expect(decodeEncodedWords(text)).toBe(`${invented.join(' ')} é`);
    });
    expect(decoders).toBeLessThan(5);
  });

  it('of parameters that nobody asks for are not looked at', () => {
    const parameters = Array.from({ length: 200 }, (_, number) => `; p${number}*=shift_jis''%83%65`).join('');
    const bytes = Buffer.from(`Content-Type: application/x${parameters}\r\n\r\n`);
    const { decodings } = count(() => {
      const message = parseMessage(bytes);
      expect(fileName(message, message.root)).toBeUndefined();
      expect(message.root.contentType.parameters.has('p7')).toBe(true);
      expect(message.root.contentType.parameters.has('p')).toBe(false);
    });
    expect(decodings).toBe(0);
    expect(parseMessage(bytes).root.contentType.parameters.get('p7')).toBe('テ');
  });
});

it('a header is decoded once, however many ask for it', () => {
  const message = parseMessage(Buffer.from('Subject: =?koi8-r?Q?=C1?= =?iso-8859-5?Q?=D1?=\r\n\r\n'));
  const field = headerField(message.root.header, 'Subject');
  if (field === undefined) throw new Error('no Subject');
  expect(count(() => expect(headerText(message, field)).toBe('аб')).decodings).toBeGreaterThan(0);
  expect(count(() => expect(headerText(message, field)).toBe('аб')).decodings).toBe(0);
});
