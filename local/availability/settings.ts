/**
 * Where the free/busy times of other domains come from: WorkMail's availability configurations, `availability:` in
 * `organization.yaml`. A domain has an EWS endpoint or a Lambda function (Administrator Guide, "Configure availability
 * settings"); calling an EWS endpoint is not played.
 */
import { list, optional, record, required } from '../../shared/policy/collections.ts';
import { domain } from '../../shared/policy/names.ts';
import { quote, type Report } from '../../shared/policy/report.ts';
import { text } from '../../shared/policy/shape.ts';
import { FUNCTION_ARN } from '../flow/rule-shape.ts';
import { matching, placed } from '../flow/shapes.ts';
import type { FunctionConfig } from '../types.ts';

/** Domains with a provider; the quota is not published, and a file of millions helps nobody. */
const MAX_PROVIDERS = 1000;
/** "Custom availability providers" are offered where WorkMail is. */
const REGIONS: readonly string[] = ['us-east-1', 'us-west-2', 'eu-west-1'];
/** The name of a function with or without an alias or a version. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?$/;

/** Who is asked about a domain. */
export type AvailabilityProvider = { readonly domain: string } & (
  | { readonly lambdaArn: string; readonly ewsEndpoint?: undefined }
  | { readonly lambdaArn?: undefined; readonly ewsEndpoint: string }
);

const functionReference = text('the name, name:alias or ARN of a function', { maxLength: 256 }, (value) =>
  FUNCTION_NAME.test(value) || FUNCTION_ARN.test(value)
    ? { value }
    : { why: 'a name has letters, digits, "-" and "_", and an alias stands after a colon' },
);

const provider = record('the keys of an availability provider', {
  domain: required(text('a mail domain', { maxLength: 255 }, domain), {
    description: 'whose mailboxes are asked about',
  }),
  function: optional(placed(functionReference), { description: 'the function that answers' }),
  ewsUrl: optional(
    placed(
      text('a URL', { maxLength: 256 }, matching(/^https:\/\/[^\s/]+\/\S*$/, 'as in https://HOST/EWS/…')),
    ),
    { description: 'the EWS endpoint that answers; the stand-in does not call it' },
  ),
});

export const availabilityShape = placed(
  list(placed(provider), { what: 'availability providers', max: MAX_PROVIDERS }),
);

type Shaped = NonNullable<ReturnType<typeof availabilityShape.read>>;

interface Surroundings {
  readonly domains: readonly string[];
  readonly functions: readonly FunctionConfig[];
  readonly region: string;
  readonly account: string;
}

/** The name in a reference by name, alias or ARN. */
export function functionNameOf(reference: string): string {
  const parts = reference.split(':');
  return (parts[0] === 'arn' ? parts[6] : parts[0]) ?? '';
}

/** A function may be in any region: its permission names WorkMail's. */
function arnOf(reference: string, around: Surroundings): string {
  if (reference.startsWith('arn:')) return reference;
  const known = around.functions.find((one) => one.name === functionNameOf(reference))?.arn;
  const base =
    known ?? `arn:aws:lambda:${around.region}:${around.account}:function:${functionNameOf(reference)}`;
  const alias = reference.split(':')[1];
  return alias === undefined ? base : `${base}:${alias}`;
}

function readProvider(
  { value, at }: Shaped['value'][number],
  around: Surroundings,
  report: Report,
): AvailabilityProvider | undefined {
  const { domain: name, function: reference, ewsUrl } = value;
  if (around.domains.includes(name))
    report.error(at, `${quote(name)} is the organization's own: its mailboxes' calendars are here`);
  if (reference !== undefined && ewsUrl === undefined) {
    if (!around.functions.some((one) => one.name === functionNameOf(reference.value)))
      report.error(reference.at, `no function ${quote(functionNameOf(reference.value))} under "functions"`);
    return { domain: name, lambdaArn: arnOf(reference.value, around) };
  }
  if (reference === undefined && ewsUrl !== undefined) return { domain: name, ewsEndpoint: ewsUrl.value };
  report.error(at, 'a domain has "function" or "ewsUrl", exactly one of the two');
  return undefined;
}

/** The providers in their final form; what is wrong is reported. Undefined when the file says nothing of them. */
export function checkAvailability(
  shaped: Shaped | undefined,
  around: Surroundings,
  report: Report,
): readonly AvailabilityProvider[] | undefined {
  if (shaped === undefined) return undefined;
  if (!REGIONS.includes(around.region))
    report.error(shaped.at, `custom availability providers exist in ${REGIONS.join(', ')} only`);
  const found = new Map<string, AvailabilityProvider>();
  for (const entry of shaped.value) {
    if (found.has(entry.value.domain))
      report.error(entry.at, `a second provider for ${quote(entry.value.domain)}`);
    const made = readProvider(entry, around, report);
    if (made !== undefined) found.set(made.domain, made);
  }
  return [...found.values()];
}
