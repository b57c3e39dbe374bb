/** Where disclaimers go, octet by octet. */
import { describe, expect, it } from 'vitest';
import { placeAtBottom, placeAtTop, type Region } from '../../../../shared/mime/body/placement.ts';

const wanted = ['ONE', 'TWO'].map((core, change) => ({ change, core: Buffer.from(core) }));

/** The part of the body between the bars. */
function region(marked: string): Region {
  const [before = '', within = '', after = ''] = marked.split('|');
  return {
    body: Buffer.from(before + within + after),
    start: before.length,
    end: before.length + within.length,
    isGap: (byte) => byte === 0x0a,
    wholeLines: true,
  };
}

function shown(marked: string, { missing, edge }: ReturnType<typeof placeAtTop>): string {
  let text = marked.replaceAll('|', '');
  const marks = [
    ...missing.map(({ at, wanted: all }) => [at, `+${all.length}`] as const),
    [edge, '^'] as const,
  ];
  for (const [at, mark] of marks.toSorted((a, b) => b[0] - a[0]))
    text = text.slice(0, at) + mark + text.slice(at);
  return text;
}

describe('the run at the top', () => {
  it.each([
    ['|Hello\n|', true, '^+2Hello\n'],
    ['|ONE\n\nTWO\n\nHello|', true, 'ONE\n\nTWO\n\n^Hello'],
    ['|ONE\n\nTWO\n\nHello|', false, '^+2ONE\n\nTWO\n\nHello'],
    ['|ONE\n\nHello|', true, 'ONE\n\n^+1Hello'],
    ['|ONE and\nmore|', true, '^+2ONE and\nmore'],
    // Not beyond the region, whatever stands there.
    ['|ONE\n\nTWO\n|\n\nHello', true, 'ONE\n\nTWO\n^\n\nHello'],
    ['|\n|\nONE', true, '^+2\n\nONE'],
  ])('%j, skipping those that are there: %s', (marked, skip, expected) => {
    expect(shown(marked, placeAtTop(region(marked), wanted, skip))).toBe(expected);
  });
});

describe('the run at the bottom', () => {
  it.each([
    ['|Hello\n|', true, 'Hello\n^+2'],
    ['|Hello\n\nONE\n\nTWO\n|', true, 'Hello\n\n^ONE\n\nTWO\n'],
    ['|Hello\n\nTWO\n|', true, 'Hello\n\n^+1TWO\n'],
    ['Hello\n\n|\n\nTWO\n|', true, 'Hello\n\n\n\n^+1TWO\n'],
    ['|Hello\n\nONE\n\nTWO|\nONE', false, 'Hello\n\nONE\n\nTWO^+2\nONE'],
  ])('%j, skipping those that are there: %s', (marked, skip, expected) => {
    expect(shown(marked, placeAtBottom(region(marked), wanted, skip))).toBe(expected);
  });
});
