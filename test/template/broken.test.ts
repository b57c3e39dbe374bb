/**
 * Every check of the template bites: each file of broken/ is template.yaml with one thing wrong, and has the finding
 * that names resource and property.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { lintTemplate } from '../../local/template/lint.ts';
import { readTemplate } from '../../local/template/read.ts';
import { TemplateError } from '../../local/template/types.ts';
import { EVERYTHING, FACTS, resolved, TEMPLATE } from './given.ts';
import { specProblems } from './spec.ts';

const FOLDER = join(import.meta.dirname, 'broken');

interface Broken {
  readonly find: string;
  readonly replace: string;
  readonly finding: string;
}

function read(file: string): Broken {
  return parse(readFileSync(join(FOLDER, file), 'utf8'));
}

/** What cannot be worked out is a finding too. */
function findings(text: string): readonly string[] {
  try {
    const template = readTemplate(text);
    const spec = specProblems(template);
    return spec.length > 0 ? spec : lintTemplate(template, resolved(EVERYTHING, template), FACTS);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [error.message];
  }
}

const files = readdirSync(FOLDER).sort();

describe('a template with one thing wrong', () => {
  test.each(files)('%s', (file) => {
    const { find, replace, finding } = read(file);
    // The line to be broken is one of the template as it is now.
    expect(TEMPLATE.split(find)).toHaveLength(2);
    const found = findings(TEMPLATE.replace(find, () => replace));
    expect(found.filter((line) => line.includes(finding)).length, found.join('\n')).toBeGreaterThan(0);
  });

  test('is there for every kind of check', () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
  });
});
