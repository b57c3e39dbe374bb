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
    ['<!DOCTYPE html PUBLIC "a" "b"><html lang=en><head ><meta a=">" b=\'>\' c=d><link/></head>\n<body>^x$'],
    ['<?xml version="1.0"?><style><!-- a{} --></style><script>var a</script><body>^x$'],
    ['<!--[if mso]><noscript><xml><o:A>9</o:A></xml></noscript><![endif]--><body>^x$'],
    ['<!--[if mso]><body class="a"><![endif]--><!--[if !mso]><!--><body>^x<!--<![endif]-->$'],
    ['^<svg><body>$'],
    ['^&nbsp;x$'],
    ['<body/>^x$'],
    ['</body>^x$'],
  ])('%s', (expected) => {
    expect(marked(expected.replaceAll(/[\^$]/g, ''))).toBe(expected);
  });

  it.each([
    // What follows is in an element that is not shown, for readers who follow the HTML Standard.
    '<!--><div hidden><!-- --><body>x',
    '<!---><div hidden>--><body>x',
    '<!-- --!><div hidden>--><body>x',
    '<![CDATA[><div hidden>]]><body>x',
    '<title/><!--</title><div hidden>--></title><body>x',
    '<style/></style><div hidden></style><body>x',
    '<script><!--<script></script><body>--></script><body>x',
    '<title></title a="></title>"><body>x',
    '</head a=">"><body>x',
    '<template><svg><template></svg></template><div hidden></template><body>x',
    '<template><body></template><body>x',
    // For readers who run scripts, for whom this is text.
    '<noscript><p>a</p></noscript><body>x',
    // For Outlook, which reads conditional comments.
    '<!--[if mso]><div style="mso-hide:all"><![endif]--><body>x',
    '<!--[if mso]><style><![endif]--><body>x</style>y',
    // For everyone.
    '<div style="display:none"><body>x',
    '</p><body>x',
    '<meta<body>x',
    '<\0body><body>x',
  ])('before what may hide it: %j', (html) => {
    expect(findHtmlPoints(`<html>${html}`, 0).top).toBe('<html>'.length);
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
      '<!--a-->',
      '<!--[if mso]><xml></xml>-->',
      '<style></style',
      '<meta a="',
      '</body>',
      '<?',
    ]) {
      findHtmlPoints(`<title>${piece.repeat(200_000)}`, 0);
      findHtmlPoints(piece.repeat(200_000), 0);
    }
    expect(performance.now() - begun).toBeLessThan(6000);
  });
});
