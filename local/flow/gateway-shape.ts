/** The key `smtpGateway:` of `organization.yaml`: the gateway as the console asks for it, or the word `sink`. */
import { optional, record, required } from '../../shared/policy/collections.ts';
import { checkDomain } from '../../shared/policy/names.ts';
import { oneOf, type Shape, text } from '../../shared/policy/shape.ts';
import type { GatewaySettings } from '../smtp/gateway.ts';
import { matching, wholeNumber } from './shapes.ts';

/** Neither a user name nor a password ends a line of SMTP. */
const credential = (what: string) =>
  text(what, { maxLength: 256 }, matching(/^[^\p{Cc}]+$/u, 'it holds a control character'));

const host = text('a host name or an IP address', { maxLength: 253 }, (value) =>
  value === 'localhost' || /^[0-9a-f.:]*[:.][0-9a-f.:]*$/i.test(value) || checkDomain(value) !== undefined
    ? { value }
    : { why: 'neither a host name nor an IP address' },
);

const gateway = record('the keys of an SMTP gateway', {
  name: required(text('a name', { maxLength: 64 }), { description: 'as the console shows it' }),
  address: required(host, { description: 'the host' }),
  port: required(wholeNumber(1, 65_535), {
    description: '465: TLS from the start; any other: STARTTLS',
  }),
  user: required(credential('a user name'), { description: 'for basic authentication' }),
  password: required(credential('a password'), { description: 'for basic authentication' }),
  caFile: optional(text('a file', { maxLength: 4096 }), {
    description: "PEM of the authorities to believe in place of this machine's; beside this file",
  }),
});

const sink = oneOf('sink');

export const gatewayShape: Shape<GatewaySettings | 'sink'> = {
  json: { anyOf: [sink.json, gateway.json] },
  read: (node, report) => (node.kind === 'scalar' ? sink : gateway).read(node, report),
};
