/** The charset of DOS, which ZIP names are in unless they say UTF-8 (APPNOTE.TXT 6.3.10, appendix D). */
const UPPER_HALF =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/** Every octet has a character. */
export function decodeCp437(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes)
    text += octet < 0x80 ? String.fromCharCode(octet) : (UPPER_HALF[octet - 0x80] ?? '');
  return text;
}
