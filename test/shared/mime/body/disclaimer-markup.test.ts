import { describe, expect, it } from 'vitest';
import { htmlDisclaimer } from '../../../../shared/mime/body/disclaimer-markup.ts';

const style = { eol: '\n', boundaries: ['b1'] } as const;
const of = (text: string, html?: string): string =>
  htmlDisclaimer({ kind: 'prependDisclaimer', text, ...(html === undefined ? {} : { html }) }, style);
/** What stands in the cell. */
const within = (html: string): string =>
  of('x', html)
    .replace(/^[\s\S]*?<td[^>]*>\n/, '')
    .replace(/\n<\/td>[\s\S]*$/, '');

describe('the markup of a disclaimer', () => {
  it.each([
    ['External: \u05d4\u05d5\u05d3\u05e2\u05d4', 'ltr', 'left'],
    ['1. \u05d4\u05d5\u05d3\u05e2\u05d4 External', 'rtl', 'right'],
    ['\u0631\u0633\u0627\u0644\u0629', 'rtl', 'right'],
    ['!', 'ltr', 'left'],
  ])('%j runs %s in a page of either direction', (text, direction, side) => {
    const cell = /<td [^>]*>/.exec(of(text))?.[0];
    expect(cell).toContain(`dir="${direction}"`);
    expect(cell).toContain(`direction:${direction}!important; unicode-bidi:isolate!important`);
    expect(cell).toContain(`text-align:${side}!important`);
    expect(cell).toContain(`;text-align:${side};`);
  });

  it('keeps a distance from the text beside it, for Outlook too', () => {
    expect(of('x')).toContain(
      'margin:0 0 8px!important; width:100%;border-collapse:collapse;margin:0 0 8px"',
    );
    const footer = htmlDisclaimer({ kind: 'appendDisclaimer', text: 'x' }, style);
    expect(footer).toContain('margin:8px 0 0!important; ');
    expect(footer).toContain(';margin:8px 0 0"');
  });

  it.each([
    ['<b>a</b>', '<b style="all:revert!important">a</b>'],
    [
      "<a href='x' style='color:red; font-family:\"A;B\"'>a</a>",
      '<a href=\'x\' style=\'all:revert!important; color:red!important; font-family:"A;B"!important; color:red; font-family:"A;B"\'>a</a>',
    ],
    [
      '<p style="margin:0 !important">',
      '<p style="all:revert!important; margin:0!important; margin:0 !important">',
    ],
    // `all` would take back what these say.
    [
      '<img width=100 src=cid:1>',
      '<img style="visibility:visible!important; opacity:1!important; position:static!important" width=100 src=cid:1>',
    ],
    // Not to be taken apart for certain.
    ['<i style="color:&#114;ed">a</i>', '<i style="color:&#114;ed">a</i>'],
    ['<i style=color:red>a</i>', '<i style=color:red>a</i>'],
    ['<style>b{color:red}</style><b>a</b>', '<style>b{color:red}</style><b>a</b>'],
    ['<!-- <b> --><br/>', '<!-- <b> --><br style="all:revert!important"/>'],
  ])('elements of its own are out of reach of style sheets: %s', (html, expected) => {
    expect(within(html)).toBe(expected);
  });

  it('has no line that is too long, or that is a delimiter', () => {
    const markup = of('x', `<p title="${'a '.repeat(3000)}">--b1\n--b1--</p>`);
    for (const line of markup.split('\n')) {
      expect(line.length).toBeLessThan(990);
      expect(line).not.toMatch(/^--b1/);
    }
  });
});
