/** Messages that others collected: nothing in them may be taken for the word of SES, and From must be read or refused. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authorDomain, readSesEvidence } from '../../../shared/auth/index.ts';
import { parseMessage } from '../../../shared/mime/index.ts';

const corpora = process.env['MAILROOM_CORPORA'] ?? '';

function files(folder: string): string[] {
  if (!existsSync(join(corpora, folder))) return [];
  return globSync('**/*', { cwd: join(corpora, folder), withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.skipIf(corpora === '')('corpora (set MAILROOM_CORPORA to run)', () => {
  it('Authentication-Results of other systems are not evidence', () => {
    const all = files('auth/dkim_verifier');
    expect(all.length).toBeGreaterThan(40);
    for (const file of all) expect(readSesEvidence(parseMessage(readFileSync(file))).state).toBe('absent');
  });

  it('every message gets an answer', () => {
    const all = files('mime');
    expect(all.length).toBeGreaterThan(400);
    let one = 0;
    for (const file of all) {
      const message = parseMessage(readFileSync(file));
      if (authorDomain(message).kind === 'one') one += 1;
      expect(readSesEvidence(message).state).toBe('absent');
    }
    // Most files are parts and expectations without From; of the messages nearly all have one author.
    expect(one).toBeGreaterThan(300);
  });

  it('a From that is plain in dkim_verifier’s messages is read', () => {
    for (const file of files('auth/dkim_verifier/arh')) {
      expect(authorDomain(parseMessage(readFileSync(file))).kind).toBe('one');
    }
  });
});
