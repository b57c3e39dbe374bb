import { expect, test } from 'vitest';
import { contentDocument } from '../../../local/page/content-view.ts';

test.each([
  '<iframe src=x>',
  '<IFRAME/src=x>',
  '<frame\nsrc=x>',
  '<link rel=preconnect href=x>',
  '<object>',
  '<embed\tsrc=x>',
])('%j is no such element any more', async (element) => {
  const shown = await contentDocument(Buffer.from(`Content-Type: text/html\r\n\r\n<p>a</p>${element}`));
  expect(shown).toContain(`<x-${element.slice(1)}`);
  expect(shown).toContain('<p>a</p>');
});
