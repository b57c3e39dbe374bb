import { join, relative, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBucketName, isKey, keyOfPath, keyPath } from '../../../../local/aws/s3/names.ts';

const pathOf = (key: string): string => {
  const { folders, file } = keyPath(key);
  return [...folders, file].join('/');
};

describe('where an object lies', () => {
  test.each([
    ['raw/0a1b.eml', 'raw/0a1b.eml'],
    ['event/00ff.json', 'event/00ff.json'],
    [
      'rewritten/00000000-0000-0000-0000-000000000001/42',
      'rewritten/00000000-0000-0000-0000-000000000001/42.',
    ],
    ['a', 'a.'],
    ['a/b', 'a/b.'],
    ['A.eml', '%41.eml'],
    ['..', '%2e%2e.'],
    ['../../etc/passwd', '%2e%2e/%2e%2e/etc/passwd.'],
    ['a//b', 'a/%nil/b.'],
    ['a/', 'a/%nil.'],
    ['.hidden', '%2ehidden.'],
    ['a.b/c.d', 'a%2eb/c.d'],
    ['x~meta.json', 'x%7emeta.json'],
    ['a\\b\0c', 'a%5cb%00c.'],
    ['ü', '%c3%bc.'],
  ])('%j -> %s', (key, path) => {
    expect(pathOf(key)).toBe(path);
    expect(keyOfPath(path.split('/'))).toBe(key);
  });

  const keys = fc.oneof(
    fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }),
    fc
      .array(
        fc.constantFrom('a', 'A', '.', '..', '/', '//', '~', '%', '%2e', 'ä', '\0', '\\', '~meta.json'),
        {
          minLength: 1,
          maxLength: 8,
        },
      )
      .map((parts) => parts.join('')),
    fc.string({ minLength: 200, maxLength: 400 }),
  );

  test('property: never outside, never hidden, no name too long', () => {
    fc.assert(
      fc.property(keys.filter(isKey), (key) => {
        const { folders, file } = keyPath(key);
        const inside = relative(resolve('/root/bucket'), resolve(join('/root/bucket', ...folders, file)));
        expect(inside.split(sep)).toEqual([...folders, file]);
        for (const name of [...folders, file]) {
          expect(name).toMatch(/^[a-z0-9_=+,%.-]+$/);
          expect(name.startsWith('.')).toBe(false);
          expect(name.length).toBeLessThan(220);
        }
        for (const folder of folders) expect(folder).not.toContain('.');
        expect(file).toContain('.');
      }),
      { numRuns: 500 },
    );
  });

  test('property: the key can be read from the path, unless a name was too long', () => {
    fc.assert(
      fc.property(keys.filter(isKey), (key) => {
        const path = pathOf(key);
        expect(keyOfPath(path.split('/'))).toBe(path.includes('%sha256-') ? undefined : key);
      }),
      { numRuns: 500 },
    );
  });

  test.each(['Capital.eml', 'a b.eml', 'plain', 'folder.d/x.eml', '%zz.', '%c3.', 'x~1', '.', ''])(
    'no key lies at %j',
    (path) => {
      expect(keyOfPath(path.split('/'))).toBeUndefined();
    },
  );

  test('property: another key, another path', () => {
    fc.assert(
      fc.property(keys.filter(isKey), keys.filter(isKey), (one, other) => {
        expect(pathOf(one) === pathOf(other)).toBe(one === other);
      }),
      { numRuns: 1000 },
    );
  });
});

test.each([
  ['mailroom-journal', true],
  ['a.b', true],
  ['ab', false],
  ['a..b', false],
  ['../x', false],
  ['.staging', false],
  ['Capital', false],
  ['x'.repeat(64), false],
])('bucket name %s: %s', (name, fine) => {
  expect(isBucketName(name)).toBe(fine);
});
