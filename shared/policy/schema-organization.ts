/** The section `organization`: whose mail it is, the relays before it, and whose names are worth forging. */
import { list, optional, record, required, withDefault } from './collections.ts';
import { checkAddress, checkDomain } from './names.ts';
import { network } from './networks.ts';
import { type Checked, oneOf, type Shape, text } from './shape.ts';
import { oneLine } from './texts.ts';
import type { Gateway, OrganizationPolicy, ProtectedPerson } from './types.ts';
import { domains, MAX_VALUES } from './values.ts';

/** Relays; their networks are compared with every message's client. */
const MAX_GATEWAYS = 20;
/** People; each name is compared with every author's. */
const MAX_PEOPLE = 500;
/** Names and addresses of one person. */
const MAX_OF_A_PERSON = 20;

/** A gateway's name: a word, as it stands in exceptions and in the log. */
function gatewayName(value: string): Checked {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(value)) return { value };
  return { why: 'a name has up to 64 letters, digits, "-", "_" and "."' };
}

/** RFC 8601 §2.5 asks for a domain name; what a gateway really writes is compared as it stands. */
function authservId(value: string): Checked {
  const domain = checkDomain(value);
  if (domain !== undefined) return { value: domain };
  return /^[!#-'*+.0-9A-Za-z^_`{|}~-]+$/.test(value)
    ? { value: value.toLowerCase() }
    : { why: 'not the name that stands at the beginning of Authentication-Results' };
}

/** A name of a person: one line with something to be compared. */
function personName(value: string): Checked {
  const letters = value.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (letters < 2) return { why: 'too short to be told from others' };
  const checked = oneLine(value);
  if ('why' in checked || /[\p{L}\p{N}]\s+[\p{L}\p{N}]/u.test(value)) return checked;
  return { ...checked, warning: 'one word alone is the name of many people; write the whole name' };
}

const gateway: Shape<Gateway> = record('the keys of a gateway', {
  name: required(text('a name', { maxLength: 64 }, gatewayName), {
    description: 'What exceptions and the log call it.',
  }),
  networks: required(list(network, { what: 'networks', max: MAX_VALUES, single: true }), {
    description:
      'Where it sends from, such as 192.0.2.0/24. It must be yours alone: whoever shares it is believed as you are.',
    alsoKnownAs: ['addresses', 'ips', 'cidr'],
  }),
  authservId: optional(text('a name', { maxLength: 253 }, authservId), {
    description:
      'The name that it writes its Authentication-Results under. Give it only if the gateway removes what others wrote under it. Absent: its results are not read.',
  }),
});

const protectedPerson: Shape<ProtectedPerson> = record('the keys of a person', {
  names: required(
    list(text('a name', { maxLength: 100 }, personName), {
      what: 'names',
      max: MAX_OF_A_PERSON,
      single: true,
    }),
    { description: 'As it stands before an address, such as "Jane Doe".', alsoKnownAs: ['name'] },
  ),
  addresses: withDefault(
    list(text('an address', { maxLength: 320 }, checkAddress), {
      what: 'addresses',
      max: MAX_OF_A_PERSON,
      single: true,
    }),
    [],
    {
      description:
        'Other addresses that the person writes from. Mail that is proved to be of your own domains needs none.',
      alsoKnownAs: ['address'],
    },
  ),
});

/** The keys of `organization`. */
export const organization: Shape<OrganizationPolicy> = record('the keys of "organization"', {
  domains: required(domains, {
    description: "The organization's own mail domains; subdomains are listed on their own.",
  }),
  trustSesHeaders: withDefault(oneOf('auto', 'always', 'never'), 'auto', {
    description:
      'Whether the Authentication-Results in the header block that SES writes may earn trust: the scope "inside", or an exception by SPF. "always": you know that SES writes the block on your mail. "auto": only what a signature verified by Mailroom says too. "never": it earns nothing.',
  }),
  gateways: optional(list(gateway, { what: 'gateways', max: MAX_GATEWAYS }), {
    description: 'Your own relays between the world and SES, such as a spam filter.',
  }),
  protectedPeople: optional(list(protectedPerson, { what: 'people', max: MAX_PEOPLE }), {
    description: 'People whose names are worth forging; dmarc.protectedPeople says what is done.',
  }),
});
