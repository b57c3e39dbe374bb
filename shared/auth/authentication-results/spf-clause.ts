/**
 * What SES says about SPF: `pass (spfCheck: …) client-ip=IP; envelope-from=ADDRESS; helo=NAME;`.
 *
 * It is the body of Received-SPF and, word for word, the spf result in Authentication-Results. The address and the name
 * come from the sender, the explanation holds the address's domain. So nothing here is taken that is not exactly of
 * this shape with nothing in it that could end one part and begin another.
 */
import { asciiDomain } from '../domain.ts';
import type { AuthResult } from '../types.ts';
import { isSpfResult } from './results.ts';
import { splitSegments } from './segments.ts';

export type SpfClause =
  | {
      readonly ok: true;
      readonly result: AuthResult;
      /** Undefined for a null sender. */
      readonly envelopeFromDomain: string | undefined;
    }
  | { readonly ok: false; readonly why: string };

const CLIENT_IP = /^client-ip=[0-9a-fA-F.:]{2,45}$/;
/** A dot-atom or one quoted string, one @, a domain or an address literal (RFC 5321 §4.1.2). */
const ENVELOPE_FROM = /^envelope-from=<?(?:(?:[^\s"()<>[\]:;@\\,]+|"[^"\\]*")@([^\s"()<>;@\\,']+))?>?$/;
const HELO = /^helo=[^\s"()<>;@\\,=]*$/;

/** Reads the clause, white space collapsed. `why` is one of a few fixed sentences. */
export function readSpfClause(text: string): SpfClause {
  const split = splitSegments(text);
  if (!split.ok) return split;
  const [verdict, envelope, helo, ...rest] = split.segments;
  if (verdict === undefined || envelope === undefined || helo === undefined || rest.length > 0)
    return { ok: false, why: 'the SPF result does not have its three parts' };
  const [result, clientIp, ...more] = verdict.split(' ');
  if (result === undefined || !isSpfResult(result) || clientIp === undefined || more.length > 0)
    return { ok: false, why: 'the SPF result is not of the known shape' };
  const from = ENVELOPE_FROM.exec(envelope);
  if (!CLIENT_IP.test(clientIp) || from === null || !HELO.test(helo))
    return { ok: false, why: 'the SPF result holds what it should not' };
  const domain = from[1];
  return { ok: true, result, envelopeFromDomain: domain === undefined ? undefined : asciiDomain(domain) };
}
