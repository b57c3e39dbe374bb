/**
 * What a template of Mailroom must not be, beyond what CloudFormation takes: open, nameless, forgetful. Each finding is
 * one line that begins with the place, `Resources.RewriteBucket.Properties.BucketEncryption: …`.
 */
import { bucketFindings, queueFindings } from './lint-closed.ts';
import { alarmFindings, functionFindings } from './lint-functions.ts';
import { permissionFindings, policyFindings } from './lint-rights.ts';
import { isList, isMap, type ResolvedTemplate, type TemplateMap } from './types.ts';

/** What the code knows, which the template has to agree with. */
export interface LintFacts {
  /** Environment variables that the functions read. */
  readonly variables: ReadonlySet<string>;
  /** What the functions count, in the namespace Mailroom. */
  readonly metrics: ReadonlySet<string>;
}

/** Of a list each value has to match the pattern. */
function parameterFindings(template: TemplateMap): readonly string[] {
  const { Parameters = {} } = template;
  return Object.entries(isMap(Parameters) ? Parameters : {}).flatMap(([name, declared]) => {
    if (!isMap(declared)) return [];
    const place = `Parameters.${name}`;
    const { Description, Type, AllowedPattern, AllowedValues, MinValue, MaxValue, Default } = declared;
    const bare = [Default ?? [], AllowedValues ?? []].flat().filter((value) => typeof value === 'boolean');
    const described = typeof Description === 'string' && Description.length > 0;
    const bounded =
      AllowedPattern !== undefined ||
      AllowedValues !== undefined ||
      (Type === 'Number' && MinValue !== undefined && MaxValue !== undefined);
    return [
      ...(described ? [] : [`${place}.Description: says nothing to whoever fills it in`]),
      ...(bounded ? [] : [`${place}: takes anything; it needs a pattern, allowed values or bounds`]),
      // YAML 1.1: yes, no, on and off without quotes.
      ...bare.map((value) => `${place}: ${value} stands where text is meant; it needs quotes`),
    ];
  });
}

/** What holds data says what becomes of it, when the stack goes and when the resource is replaced. */
const HOLDS_DATA: ReadonlySet<string> = new Set([
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::Logs::LogGroup',
]);

const FATES: Readonly<Record<string, ReadonlySet<unknown>>> = {
  DeletionPolicy: new Set(['Delete', 'Retain', 'RetainExceptOnCreate']),
  UpdateReplacePolicy: new Set(['Delete', 'Retain']),
};

function deletionFindings(template: TemplateMap): readonly string[] {
  const { Resources = {} } = template;
  const resources = isMap(Resources) ? Resources : {};
  return Object.entries(resources).flatMap(([logicalId, resource]) => {
    if (!isMap(resource)) return [];
    if (resource['Type'] === 'AWS::S3::BucketPolicy') return strayFindings(logicalId, resource, resources);
    if (!HOLDS_DATA.has(String(resource['Type']))) return [];
    return Object.entries(FATES)
      .filter(([key, fates]) => !fates.has(resource[key]))
      .map(([key]) => `Resources.${logicalId}.${key}: does not say what becomes of the data`);
  });
}

/** A bucket that stays without its policy would be written over, and read without TLS. */
function strayFindings(logicalId: string, policy: TemplateMap, resources: TemplateMap): readonly string[] {
  const { Properties } = policy;
  const named = isMap(Properties) ? Properties['Bucket'] : undefined;
  const bucket = isMap(named) ? resources[String(named['Ref'])] : undefined;
  if (!isMap(bucket)) return [];
  return Object.keys(FATES)
    .filter((key) => bucket[key] !== 'Delete' && policy[key] !== bucket[key])
    .map((key) => `Resources.${logicalId}.${key}: is not that of its bucket`);
}

/** Parameters that the console would show in no group. */
function groupFindings(template: TemplateMap): readonly string[] {
  const { Metadata = {}, Parameters = {} } = template;
  const page = isMap(Metadata) ? Metadata['AWS::CloudFormation::Interface'] : undefined;
  const groups = isMap(page) && isList(page['ParameterGroups']) ? page['ParameterGroups'] : [];
  const shown = new Set(
    groups.flatMap((group) => (isMap(group) && isList(group['Parameters']) ? group['Parameters'] : [])),
  );
  const known = isMap(Parameters) ? Object.keys(Parameters) : [];
  const place = 'Metadata.AWS::CloudFormation::Interface';
  return [
    ...known.filter((name) => !shown.has(name)).map((name) => `${place}: ${name} is in no group`),
    ...[...shown]
      .filter((name) => !known.includes(String(name)))
      .map((name) => `${place}: there is no parameter ${String(name)}`),
  ];
}

/** Everything to complain about. `resolved` is the template with everything switched on that is to be looked at. */
export function lintTemplate(
  template: TemplateMap,
  resolved: ResolvedTemplate,
  facts: LintFacts,
): readonly string[] {
  return [
    ...parameterFindings(template),
    ...groupFindings(template),
    ...deletionFindings(template),
    ...policyFindings(resolved),
    ...permissionFindings(resolved),
    ...bucketFindings(resolved),
    ...queueFindings(resolved),
    ...functionFindings(resolved, facts.variables),
    ...alarmFindings(resolved, facts.metrics),
  ];
}
