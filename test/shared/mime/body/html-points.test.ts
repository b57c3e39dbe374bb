import { describe, expect, it } from 'vitest';
import { findHtmlPoints } from '../../../../shared/mime/body/html-points.ts';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { cpuTime } from '../../../support/cpu-time.ts';
import { html as changed } from './support.ts';

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

  it.each(['utf-7', 'x-utf7', 'iso-2022-jp', 'ISO2022CN', 'HZ-GB-2312'])(
    'first of all, where the page says that octets before may be no ASCII: %s',
    (charset) => {
      const banner: BodyChange = { kind: 'prependDisclaimer', text: 'TOP' };
      const body = (name: string): string =>
        `<html><meta http-equiv=content-type content="text/html; charset=${name}"><title>+ADw-/title+AD4-</title><body>x`;
      expect(changed(body(charset), banner)).toMatch(/^\n<table /);
      expect(changed(body('utf-8'), banner)).toMatch(/<body>\n<table /);
      expect(changed(`${body('utf-8')}charset=${charset}`, banner)).toMatch(/<body>\n<table /);
    },
  );

  it('after a byte order mark', () => {
    expect(findHtmlPoints('\xef\xbb\xbf<p>', 3)).toEqual({ top: 3, bottom: 6 });
  });

  it('in linear time on hostile markup', () => {
    const pieces = [
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
    ];
    const findAll = (): void => {
      for (const piece of pieces) {
        findHtmlPoints(`<title>${piece.repeat(100_000)}`, 0);
        findHtmlPoints(piece.repeat(100_000), 0);
      }
    };
    expect(cpuTime(findAll)).toBeLessThan(6000);
  });
});
