/** Where in HTML: `mime.md` §5.2 as messages. The marks stand where every reader shows what is put in first, and last. */
import { type Encoding, html, type Made, made } from './spec.ts';

/** The body of an HTML message, and why it is as it is. */
const BODIES: readonly (readonly [string, string])[] = [
  [
    'a whole document',
    '<!DOCTYPE html>\n<html>\n<head><title>x</title></head>\n<body>\n⟦<p>Hi</p>\n⟧</body>\n</html>\n',
  ],
  ['a body tag with attributes', '<html><body bgcolor="#fff" style="margin:0">⟦<p>Hi</p>⟧</body></html>'],
  ['">" in an attribute', '<html><body title="a > b">⟦<p>Hi</p>⟧</body></html>'],
  ['">" in an attribute between apostrophes', "<html><body title='a > b'>⟦<p>Hi</p>⟧</body></html>"],
  ['an attribute without quotes', '<html><body bgcolor=#ffffff>⟦<p>Hi</p>⟧</body></html>'],
  ['capitals', '<HTML><HEAD></HEAD><BODY>⟦<P>Hi</P>⟧</BODY></HTML>'],
  ['a body tag over lines', '<html>\n<body\n  bgcolor="#fff"\n  link="blue"\n>⟦<p>Hi</p>⟧</body></html>'],
  ['no body tag', '⟦<p>Hi</p>⟧'],
  ['no tag at all', '⟦Hi there⟧'],
  ['html without body', '<html>⟦<p>Hi</p>⟧</html>'],
  ['head without body', '<html><head><title>x</title></head>⟦<p>Hi</p>⟧</html>'],
  ['a doctype only', '<!DOCTYPE html>⟦<p>Hi</p>⟧'],
  ['a body that is never closed', '<html><body>⟦<p>Hi</p>⟧'],
  ['html closed, body not', '<html><body>⟦<p>Hi</p>⟧</html>'],
  ['text after the end', '<html><body>⟦<p>Hi</p>⟧</body></html>\n<p>after</p>'],
  ['a comment after the end', '<html><body>⟦<p>Hi</p>⟧</body></html><!-- made by x -->'],
  ['two bodies: the first begins, the last ends', '<body>⟦<p>a</p></body><body><p>b</p>⟧</body>'],
  ['a body tag after text is late', '⟦<p>a</p><body><p>b</p>⟧</body>'],
  ['a body tag in a comment', '<!-- <body> --><body>⟦<p>Hi</p>⟧</body>'],
  ['an end tag in a comment', '<body>⟦<p>Hi</p><!-- </body> --><p>b</p>⟧</body>'],
  ['an end tag in a comment, and no other', '<body>⟦<p>Hi</p><!-- </body> -->⟧'],
  ['a body tag in a title', '<html><head><title><body></title></head><body>⟦<p>Hi</p>⟧</body></html>'],
  ['a body tag in a style', '<head><style>a:after{content:"<body>"}</style></head><body>⟦Hi⟧</body>'],
  ['a body tag in a script', '<head><script>var a="<body>"</script></head><body>⟦Hi⟧</body>'],
  ['an end tag in a script', '<body>⟦Hi<script>var a="</body>"</script>⟧</body>'],
  ['an end tag in a textarea', '<body>⟦<textarea></body></textarea>Hi⟧</body>'],
  ['an end tag in an attribute', '<body>⟦<p title="</body>">Hi</p>⟧</body>'],
  [
    'Outlook: a conditional comment in the head',
    '<html><head><!--[if mso]><xml></xml><![endif]--></head><body>⟦Hi⟧</body></html>',
  ],
  [
    'Outlook: a body tag in a conditional comment',
    '<!--[if mso]><body class="mso"><![endif]--><body>⟦Hi⟧</body>',
  ],
  [
    'Outlook: shown to all others',
    '<html><head><![if !mso]><style>p{}</style><![endif]></head><body>⟦Hi⟧</body></html>',
  ],
  [
    'Outlook: a conditional comment first in the body',
    '<body>⟦<!--[if mso]><table><![endif]--><p>Hi</p>⟧</body>',
  ],
  [
    'Outlook: names of its own',
    '<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang=EN-US link=blue>⟦<div class=WordSection1><p class=MsoNormal>Hi<o:p></o:p></p></div>⟧</body></html>',
  ],
  ['a style in the body', '<body>⟦<style>p{color:red}</style><p>Hi</p>⟧</body>'],
  ['a style without head or body', '<style>p{color:red}</style>⟦<p>Hi</p>⟧'],
  ['a meta without head', '<meta charset="utf-8">⟦<p>Hi</p>⟧'],
  ['a base without head', '<base href="https://example.org/">⟦<p>Hi</p>⟧'],
  ['a link without head', '<link rel="stylesheet" href="a.css">⟦<p>Hi</p>⟧'],
  ['a hidden preview text', '<body>⟦<div style="display:none">Preview</div><p>Hi</p>⟧</body>'],
  [
    'a newsletter in tables',
    '<body style="margin:0">⟦<table width="100%"><tr><td align="center"><table width="600"><tr><td>Hi</td></tr></table></td></tr></table>⟧</body>',
  ],
  ['a table that is never closed', '<body>⟦<table><tr><td>Hi⟧</body>'],
  ['a font that is never closed', '<body>⟦<font color="white">Hi⟧</body>'],
  ['a quotation', '<body>⟦<p>Yes</p><blockquote type="cite">No?</blockquote>⟧</body>'],
  ['right to left', '<html dir="rtl" lang="ar"><body dir="rtl">⟦<p>&#1605;</p>⟧</body></html>'],
  [
    'XHTML',
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>⟦<p>Hi</p>⟧</body></html>',
  ],
  ['blanks first', '   \n\n<html>\n\n<body>\n⟦<p>Hi</p>⟧</body></html>'],
  ['a comment first', '<!-- made by x -->\n<html><body>⟦<p>Hi</p>⟧</body></html>'],
  ['an empty body', '<html><body>⟦⟧</body></html>'],
  ['a body of blanks', '<html><body>⟦  \n  ⟧</body></html>'],
  ['an image only', '<body>⟦<img src="cid:a@x">⟧</body>'],
  ['blanks in the end tags', '<body>⟦<p>Hi</p>⟧</body ></html >'],
  ['a slash in the body tag', '<html><body/>⟦<p>Hi</p>⟧</body></html>'],
  ['entities', '<body>⟦<p>&lt;body&gt; &amp; &uuml;</p>⟧</body>'],
  ['a template', '<body>⟦<template><body></template><p>Hi</p>⟧</body>'],
  ['SVG with a title', '<body>⟦<svg><title>x</title></svg><p>Hi</p>⟧</body>'],
  ['an attribute that stands twice', '<html><body class="a" class="b">⟦Hi⟧</body></html>'],
  ['a bogus comment', '<?php echo 1 ?><html><body>⟦Hi⟧</body></html>'],
  ['a name that only begins like body', '⟦<bodyguard>Hi</bodyguard>⟧'],
  ['a name that only begins like head', '⟦<header>Hi</header>⟧'],
  [
    'a noscript in the head: what readers differ on comes after the banner',
    '<html><head>⟦<noscript><style>p{}</style></noscript></head><body>Hi⟧</body></html>',
  ],
];

const ENCODINGS: readonly Encoding[] = ['7bit', 'quoted-printable', 'base64'];

/** Each in one of the transfer encodings, in turn: `mime-edits` has all of them for each kind of part. */
export const HTML_BODIES: readonly Made[] = BODIES.map(([name, body], index) =>
  made(`HTML: ${name}`, html(body, { encoding: ENCODINGS[index % ENCODINGS.length] })),
);
