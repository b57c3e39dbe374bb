/**
 * HTML as different programs write it: the elements, styles and odd corners of each are theirs, the words are ours. What is
 * quoted says "Earlier words", so that it can be told from the answer above it, which says "My answer".
 */

export interface Body {
  readonly maker: string;
  readonly html: string;
}

const body = (maker: string, html: string): Body => ({ maker, html });

export const EARLIER = 'Earlier words that somebody wrote on Monday.';
export const ANSWER = 'My answer: the figures are right, thank you.';

const MSO_STYLE = `<style><!-- @font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif;}
a:link, span.MsoHyperlink {color:#0563C1; text-decoration:underline;}
@page WordSection1 {size:612.0pt 792.0pt; margin:72.0pt 72.0pt 72.0pt 72.0pt;}
div.WordSection1 {page:WordSection1;} --></style>`;

const OFFICE: readonly Body[] = [
  body(
    'Outlook for Windows, a reply',
    `<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">
<head><meta http-equiv="Content-Type" content="text/html; charset=us-ascii"><meta name="Generator" content="Microsoft Word 15 (filtered medium)">
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]-->${MSO_STYLE}<!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head>
<body lang="EN-US" link="#0563C1" vlink="#954F72" style="word-wrap:break-word"><div class="WordSection1"><p class="MsoNormal">${ANSWER}<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>
<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Bo Example &lt;bo@example.net&gt;<br><b>Sent:</b> Monday, November 16, 2026 9:00 AM<br><b>To:</b> Ada Example<br><b>Subject:</b> figures<o:p></o:p></p></div></div><p class="MsoNormal">${EARLIER}<o:p></o:p></p></div></body></html>`,
  ),
  body(
    'Outlook on the web, a reply',
    `<html><head><meta http-equiv="Content-Type" content="text/html; charset=us-ascii"><style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style></head>
<body dir="ltr"><div class="elementToProof" style="font-family: Aptos, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);">${ANSWER}</div><div id="appendonsend"></div>
<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>From:</b> Bo Example &lt;bo@example.net&gt;<br><b>Sent:</b> Monday, November 16, 2026 9:00 AM<br><b>Subject:</b> figures</font><div>&nbsp;</div></div>
<div dir="ltr">${EARLIER}</div></body></html>`,
  ),
  body(
    'Outlook for Mac',
    `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>${MSO_STYLE}</head><body lang="EN-GB" link="#0563C1" vlink="#954F72"><div class="WordSection1"><p class="MsoNormal"><span style="font-size:11.0pt">${ANSWER}</span></p><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b><span style="font-size:12.0pt;color:black">From: </span></b><span style="font-size:12.0pt;color:black">Bo Example</span></p></div><p class="MsoNormal">${EARLIER}</p></div></body></html>`,
  ),
  body(
    'Outlook for iOS',
    `<html><head><meta http-equiv="Content-Type" content="text/html; charset=us-ascii"></head><body><div style="direction: ltr; font-family: -apple-system, HelveticaNeue; font-size: 12pt;" data-ogsc="">${ANSWER}</div><div id="ms-outlook-mobile-signature"><div>Get <a href="https://aka.example/o0ukef">Outlook for iOS</a></div></div><div id="mail-editor-reference-message-container"><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg"><font face="Calibri"><b>From:</b> Bo Example</font></div><div>${EARLIER}</div></div></body></html>`,
  ),
  body(
    'Exchange, a notice of its own',
    `<html><head><meta http-equiv="Content-Type" content="text/html; charset=us-ascii"></head><body><p><b><font color="#000066" size="3" face="Arial">Your mailbox is almost full.</font></b></p><font color="#000000" size="2" face="Tahoma"><table border="0" cellpadding="0" cellspacing="0" width="100%"><tr><td bgcolor="#FFD200" width="90%">&nbsp;</td><td>&nbsp;</td></tr></table><p>Please reduce its size.</p></font></body></html>`,
  ),
];

const WEB: readonly Body[] = [
  body(
    'Gmail, a reply',
    `<div dir="ltr"><div class="gmail_default" style="font-family:arial,helvetica,sans-serif">${ANSWER}</div></div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Nov 16, 2026 at 9:00 AM Bo &lt;<a href="mailto:bo@example.net">bo@example.net</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div dir="ltr">${EARLIER}</div></blockquote></div>`,
  ),
  body('Gmail, plain', `<div dir="ltr">${ANSWER}<div><br></div></div>`),
  body(
    'Yahoo Mail, a reply',
    `<html><head></head><body><div class="ydp1yahoo-style-wrap" style="font-family:Helvetica Neue, Helvetica, Arial, sans-serif;font-size:16px;"><div dir="ltr" data-setdir="false">${ANSWER}</div><div><br></div></div><div id="ydpyahoo_quoted_1" class="ydpyahoo_quoted yahoo_quoted"><div style="font-family:'Helvetica Neue', Helvetica, Arial, sans-serif;font-size:13px;color:#26282a;"><div>On Monday, November 16, 2026, Bo wrote:</div><div>${EARLIER}</div></div></div></body></html>`,
  ),
  body(
    'GMX and Web.de, a reply',
    `<html><head></head><body><div style="font-family: Verdana;font-size: 12.0px;"><div>${ANSWER}</div><div>&nbsp;<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5; word-wrap: break-word;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b>&nbsp;Montag, 16. November 2026<br><b>Von:</b>&nbsp;&quot;Bo&quot;</div><div name="quoted-content">${EARLIER}</div></div></div></div></body></html>`,
  ),
  body(
    'Zoho Mail, a reply',
    `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"><html><head><meta content="text/html;charset=UTF-8" http-equiv="Content-Type"></head><body ><div style="font-family: Verdana, Arial, Helvetica, sans-serif; font-size: 10pt;"><div>${ANSWER}</div><div class="zmail_extra_hr" style="border-top: 1px solid rgb(204, 204, 204); height: 0px; margin-top: 10px;"><br></div><div class="zmail_extra" data-zbluepencil-ignore="true"><div id="Zm-_Id_-Sgn1">---- On Mon, 16 Nov 2026 Bo wrote ---</div><blockquote style="margin: 0px;"><div>${EARLIER}</div></blockquote></div></div><br></body></html>`,
  ),
  body(
    'Proton Mail, a reply',
    `<div style="font-family: Arial, sans-serif; font-size: 14px; color: rgb(0, 0, 0); background-color: rgb(255, 255, 255);">${ANSWER}</div><div class="protonmail_quote">On Monday, November 16th, 2026, Bo wrote:<br><blockquote class="protonmail_quote" type="cite"><div>${EARLIER}</div></blockquote></div>`,
  ),
  body(
    'Roundcube, a reply',
    `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN" "http://www.w3.org/TR/REC-html40/loose.dtd"><html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" /></head><body style='font-size: 10pt; font-family: Verdana,Geneva,sans-serif'><p>${ANSWER}</p><p id="reply-intro">On 2026-11-16 09:00, Bo wrote:</p><blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0"><div>${EARLIER}</div></blockquote></body></html>`,
  ),
];

const PROGRAMS: readonly Body[] = [
  body(
    'Apple Mail, a reply',
    `<html><head><meta http-equiv="content-type" content="text/html; charset=us-ascii"></head><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">${ANSWER}<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>On 16. Nov 2026, at 09:00, Bo wrote:</div><br class="Apple-interchange-newline"><div>${EARLIER}</div></blockquote></div><br></body></html>`,
  ),
  body(
    'Apple Mail on a phone',
    `<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">${ANSWER}<div><br><div dir="ltr">Sent from my phone</div><div dir="ltr"><br><blockquote type="cite">On 16. Nov 2026, at 09:00, Bo wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">${EARLIER}</div></blockquote></div></body></html>`,
  ),
  body(
    'Thunderbird, a reply',
    `<!DOCTYPE html>\n<html>\n  <head>\n    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n  </head>\n  <body>\n    <p>${ANSWER}</p>\n    <div class="moz-cite-prefix">Am 16.11.26 um 09:00 schrieb Bo:<br></div>\n    <blockquote type="cite" cite="mid:a@example.net"><pre wrap="" class="moz-quote-pre">${EARLIER}</pre></blockquote>\n    <div class="moz-signature">-- <br>Ada</div>\n  </body>\n</html>`,
  ),
  body(
    'Thunderbird, colours of the writer',
    `<html><head><meta http-equiv="content-type" content="text/html; charset=UTF-8"></head><body text="#eeeeee" bgcolor="#202020" link="#88aaff"><p>${ANSWER}</p></body></html>`,
  ),
  body(
    'Evolution',
    `<html dir="ltr"><head></head><body style="text-align:left; direction:ltr;"><div>${ANSWER}</div><div>On Mon, 2026-11-16 at 09:00 +0000, Bo wrote:</div><blockquote type="cite" style="margin:0 0 0 .8ex; border-left:2px #729fcf solid;padding-left:1ex"><div>${EARLIER}</div></blockquote></body></html>`,
  ),
  body(
    'KMail',
    `<html>\n<head>\n<meta http-equiv="content-type" content="text/html; charset=UTF-8">\n</head>\n<body><p style="margin-top:0;margin-bottom:0;margin-left:0;margin-right:0;">${ANSWER}</p>\n<br /></body>\n</html>`,
  ),
  body(
    'Samsung Email, a reply',
    `<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"></head><body dir="auto"><div dir="auto">${ANSWER}</div><div id="composer_signature" dir="auto"><div style="font-size:12px;color:#575757" dir="auto">Sent from my Galaxy</div></div><div><br></div><div align="left" dir="auto" style="font-size:100%;color:#000000"><div>-------- Original message --------</div><div>From: Bo &lt;bo@example.net&gt; </div><div>Date: 16/11/2026  09:00  (GMT+00:00) </div><div><br></div></div>${EARLIER}</body></html>`,
  ),
  body(
    'HCL Notes',
    `<font size=2 face="sans-serif">${ANSWER}</font><br><br><br><font size=1 color=#5f5f5f face="sans-serif">From: &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">Bo Example</font><br><hr noshade><br><tt><font size=2>${EARLIER}</font></tt><br>`,
  ),
  body(
    'eM Client',
    `<!DOCTYPE html><html><head><style id="css_styles" type="text/css"><!--blockquote.cite { margin-left: 5px; padding-left: 10px; border-left: 1px solid #cccccc } body { font-family: Segoe UI; font-size: 12pt; }--></style></head><body class="plain"><div>${ANSWER}</div><div><br></div><div>------ Original Message ------</div><blockquote cite="a@example.net" type="cite" class="cite2"><div>${EARLIER}</div></blockquote></body></html>`,
  ),
];

const LETTERS: readonly Body[] = [
  body(
    'Newsletter, a whole page in tables',
    `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>News</title><meta name="viewport" content="width=device-width, initial-scale=1"><style>body,table,td{font-family:Georgia!important} table{border-collapse:collapse} td{color:#ffffff} @media only screen and (max-width:480px){table[class=wrap]{width:100%!important}}</style><!--[if mso]><style>td{font-family:Arial}</style><![endif]--></head><body style="margin:0;padding:0;background-color:#224466" bgcolor="#224466"><div style="display:none;max-height:0;overflow:hidden;font-size:1px;color:#224466">A preview text that is hidden.</div><table width="100%" cellpadding="0" cellspacing="0" bgcolor="#224466"><tr><td align="center"><!--[if mso]><table width="600"><tr><td><![endif]--><table class="wrap" width="600" style="max-width:600px"><tr><td style="padding:24px;font-size:28px;color:#ffffff">The figures of the quarter</td></tr><tr><td style="padding:24px;background:#ffffff;color:#333333">They are right.</td></tr></table><!--[if mso]></td></tr></table><![endif]--></td></tr></table></body></html>`,
  ),
  body(
    'Newsletter with a dark scheme of its own',
    `<!doctype html><html lang="en"><head><meta charset="us-ascii"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><style>:root{color-scheme:light dark} body{background:#fff;color:#111} @media (prefers-color-scheme:dark){body,table,td,p{background:#111!important;color:#eee!important;background-color:#111!important}}</style></head><body><table width="100%"><tr><td><p>The figures of the quarter are right.</p></td></tr></table></body></html>`,
  ),
  body(
    'A receipt with elements laid over each other',
    `<html><head><style>*{box-sizing:border-box;margin:0;line-height:1} body>*{max-width:320px} .head{position:relative;z-index:5;background:#093;color:#fff;padding:30px}</style></head><body style="padding:0;margin:0"><div class="head">Paid: 12.00</div><p style="padding:16px">Thank you.</p></body></html>`,
  ),
  body(
    'MJML with sections',
    `<!doctype html><html xmlns="http://www.w3.org/1999/xhtml"><head><title></title><style type="text/css">#outlook a{padding:0;} body{margin:0;padding:0;-webkit-text-size-adjust:100%;} table,td{border-collapse:collapse;mso-table-lspace:0pt;} p{display:block;margin:13px 0;}</style></head><body style="word-spacing:normal;background-color:#F4F4F4;"><div style="background-color:#F4F4F4;"><!--[if mso | IE]><table align="center" width="600" role="presentation"><tr><td><![endif]--><div style="background:#fff;margin:0px auto;max-width:600px;"><table align="center" border="0" cellpadding="0" cellspacing="0" role="presentation" style="width:100%;"><tbody><tr><td style="direction:ltr;font-size:0px;padding:20px 0;text-align:center;"><div style="font-size:13px;text-align:left;width:100%;">The figures are right.</div></td></tr></tbody></table></div><!--[if mso | IE]></td></tr></table><![endif]--></div></body></html>`,
  ),
  body(
    'A ticket system, a page in Arabic',
    `<!DOCTYPE html><html dir="rtl" lang="ar"><head><meta charset="utf-8"></head><body dir="rtl" style="font-family:Tahoma"><h2>&#1605;&#1585;&#1581;&#1576;&#1575;</h2><p>&#1575;&#1604;&#1571;&#1585;&#1602;&#1575;&#1605; &#1589;&#1581;&#1610;&#1581;&#1577;</p></body></html>`,
  ),
  body('A script, text with a few tags', `<b>Backup</b> done at 03:00.<br>2 of 2 disks.`),
  body(
    'A sender that would hide tables',
    `<html><head><style>table,tbody,tr,td{display:none!important;visibility:hidden!important;opacity:0!important;height:0!important;font-size:0!important;color:#fff!important} body>table:first-child{position:absolute!important;left:-9999px!important;transform:scale(0)!important}</style></head><body><p>Click the link at once.</p></body></html>`,
  ),
];

export const BODIES: readonly Body[] = [...OFFICE, ...WEB, ...PROGRAMS, ...LETTERS];
/** Those whose own colours and styles meet the banner's, and one of each kind of the rest. */
export const COLOURFUL: readonly Body[] = [
  ...LETTERS,
  ...BODIES.filter(({ maker }) => /colours of the writer|a notice of its own/.test(maker)),
  ...[OFFICE, WEB, PROGRAMS].flatMap((group) => group.slice(0, 1)),
];
