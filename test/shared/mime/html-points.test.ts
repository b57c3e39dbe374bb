import { describe, expect, it } from 'vitest';
import { findHtmlPoints } from '../../../shared/mime/html-points.ts';

/** `^` marks the top, `$` the bottom. */
const marked = (html: string): string => {
  const { top, bottom } = findHtmlPoints(html, 0);
  return `${html.slice(0, top)}^${html.slice(top, bottom)}$${html.slice(bottom)}`;
};

describe('where a banner and a footer go', () => {
  it.each([
    ['^$'],
    ['^hi$'],
    ['<html><body bgcolor="a>b">^hi$</body></html>'],
    ['<BODY\n>^x$</BODY\n>'],
    ['<body>^x$</body></html>tail'],
    ['<body>^One</body><body>Two$</body>'],
    ['^text <body>more$</body>'],
    ['<html><head></head>^$</html>'],
    ['<head><title><body></title></head>\n ^text<body>more$'],
    ['<!-- <body> --><body>^x$</body>'],
    ['<!--[if mso]><body><![endif]--><body>^x$</body>'],
    ['<![if !mso]><body>^x<![endif]>$</body>'],
    ['<body>^a<script>"</body>"</script>b$'],
    ['<body>^a<style></body></style>$</body>'],
    ['<body>^a<!--</body>-->$'],
    ['<template><body><p>x</template><body>^y$'],
    ['^<svg><body>$'],
    ['^&nbsp;x$'],
    ['<body/>^x$'],
    ['</body>^x$'],
  ])('%s', (expected) => {
    expect(marked(expected.replaceAll(/[\^$]/g, ''))).toBe(expected);
  });

  it.each([
    ['<body>^x$<!-- unclosed </body>'],
    ['<body>^x$<!-- unclosed --'],
    ['<body>^x$<!-- unclosed>'],
    ['<body>^x$<div foo="'],
    ['<body>^x$</bod'],
    ['<html>^$</bod\n'],
    ['^x$</'],
    ['^x$<!'],
    ['^x$<?php'],
    [' ^$<title>unclosed <body>'],
    ['^$<template>x'],
    ['^a$<plaintext>b'],
    ['<body>^a$<textarea></body>'],
    ['<body>^a$<xmp></body>'],
    ['<body>^a$<script>/* </body>'],
  ])('before what never ends: %s', (expected) => {
    expect(marked(expected.replaceAll(/[\^$]/g, ''))).toBe(expected);
  });

  it('after a byte order mark', () => {
    expect(findHtmlPoints('\xef\xbb\xbf<p>', 3)).toEqual({ top: 3, bottom: 6 });
  });

  it('in linear time on hostile markup', () => {
    const begun = performance.now();
    for (const piece of [
      '<',
      '<a',
      '</',
      '<!--',
      '<a b="',
      '<div>',
      '</titl',
      '<template>',
      '&',
      '</a "',
      '<x></x ',
    ]) {
      findHtmlPoints(`<title>${piece.repeat(200_000)}`, 0);
      findHtmlPoints(piece.repeat(200_000), 0);
    }
    expect(performance.now() - begun).toBeLessThan(6000);
  });
});
