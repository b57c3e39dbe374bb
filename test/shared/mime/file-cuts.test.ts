/** Uuencoded files within a text, taken out or renamed. */
import { describe, expect, it } from 'vitest';
import { type FileCut, filePath, fileSplices } from '../../../shared/mime/file-cuts.ts';
import { applySplices } from '../../../shared/mime/splice.ts';

const FILE = 'begin 644 evil.exe\n#0V%T\n`\nend\n';
const TEXT = Buffer.from(`Hello\n${FILE}and\n${FILE}bye\n`);

function cut(cuts: readonly FileCut[], charset = 'utf-8'): readonly [string, readonly (readonly number[])[]] {
  const splices = fileSplices(TEXT, cuts, charset, '\r\n');
  return [applySplices(TEXT, splices).toString(), splices.map(({ changes }) => changes)];
}

describe('files in a text', () => {
  it.each<[string, readonly FileCut[], string, readonly (readonly number[])[]]>([
    ['nothing', [], `Hello\n${FILE}and\n${FILE}bye\n`, []],
    ['the first goes', [{ change: 3, number: 1 }], `Hello\nand\n${FILE}bye\n`, [[3]]],
    [
      'the second goes, with a note of two lines',
      [{ change: 0, number: 2, note: '\none\ntwo\n' }],
      `Hello\n${FILE}and\none\r\ntwo\r\nbye\n`,
      [[0]],
    ],
    [
      'the second gets a name',
      [{ change: 1, number: 2, name: 'a b.txt' }],
      `Hello\n${FILE}and\n${FILE.replace('evil.exe', 'a b.txt')}bye\n`,
      [[1]],
    ],
    [
      'of a name and a removal the removal counts',
      [
        { change: 0, number: 1, name: 'a.txt' },
        { change: 1, number: 1 },
        { change: 2, number: 1, note: 'gone' },
      ],
      `Hello\nand\n${FILE}bye\n`,
      [[1]],
    ],
    [
      'of two names the first counts',
      [
        { change: 0, number: 1, name: 'a.txt' },
        { change: 1, number: 1, name: 'b.txt' },
      ],
      `Hello\n${FILE.replace('evil.exe', 'a.txt')}and\n${FILE}bye\n`,
      [[0]],
    ],
    ['a file that is not there', [{ change: 0, number: 3 }], `Hello\n${FILE}and\n${FILE}bye\n`, []],
  ])('%s', (_name, cuts, text, changes) => {
    expect(cut(cuts)).toEqual([text, changes]);
  });

  it('a note in a charset that lacks its letters is in ASCII', () => {
    expect(cut([{ change: 0, number: 1, note: 'gr\u00fcn' }], 'us-ascii')[0]).toMatch(/^Hello\ngrun\r\nand/);
  });

  it.each([
    ['1.2~3', { part: '1.2', number: 3 }],
    ['~12', { part: '', number: 12 }],
    ['1.2', undefined],
    ['1~', undefined],
    ['1~1234567', undefined],
    ['a~1', undefined],
    ['1~1!2', undefined],
  ])('the path %s', (path, expected) => {
    expect(filePath(path)).toEqual(expected);
  });
});
