/** Functions: on the runtime that is tested, with their own log and no variable that nobody reads; and their alarms. */
import { isList, isMap, type ResolvedResource, type ResolvedTemplate, type TemplateMap } from './types.ts';

const RUNTIME = 'nodejs24.x';
/** Lambda's quota for one call. */
const MAX_SECONDS = 900;

/** Metrics of AWS's own that an alarm here may watch. */
const AWS_METRICS: Readonly<Record<string, ReadonlySet<string>>> = {
  'AWS/Lambda': new Set(['Errors', 'Throttles', 'Duration', 'DestinationDeliveryFailures']),
  'AWS/SQS': new Set(['ApproximateAgeOfOldestMessage']),
};

function ofType({ resources }: ResolvedTemplate, type: string): readonly ResolvedResource[] {
  return [...resources.values()].filter((resource) => resource.type === type);
}

function variablesOf(properties: TemplateMap): readonly string[] {
  const { Environment } = properties;
  const variables = isMap(Environment) ? Environment['Variables'] : undefined;
  return isMap(variables) ? Object.keys(variables) : [];
}

function asyncFindings(properties: TemplateMap, place: string): readonly string[] {
  const config = properties['EventInvokeConfig'];
  if (!isMap(config)) return [];
  const stated = ['MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'DestinationConfig'];
  return stated
    .filter((key) => config[key] === undefined)
    .map((key) => `${place}.EventInvokeConfig.${key}: is not stated`);
}

/** Findings about every function. */
export function functionFindings(
  template: ResolvedTemplate,
  variables: ReadonlySet<string>,
): readonly string[] {
  const groups = new Map(
    ofType(template, 'AWS::Logs::LogGroup').map((group) => [group.physicalName, group] as const),
  );
  const callable = new Set(
    ofType(template, 'AWS::Lambda::Permission').map(({ properties }) => String(properties['FunctionName'])),
  );
  return ofType(template, 'AWS::Serverless::Function').flatMap((one) => {
    const { logicalId, properties, physicalName } = one;
    const place = `Resources.${logicalId}.Properties`;
    const group = groups.get(`/aws/lambda/${physicalName}`);
    const seconds = Number(properties['Timeout'] ?? 0);
    const unknown = variablesOf(properties).filter((name) => !variables.has(name));
    return [
      ...(properties['Runtime'] === RUNTIME ? [] : [`${place}.Runtime: is not ${RUNTIME}`]),
      ...(seconds > 0 && seconds <= MAX_SECONDS ? [] : [`${place}.Timeout: is not stated`]),
      ...(properties['MemorySize'] === undefined ? [`${place}.MemorySize: is not stated`] : []),
      ...unknown.map((name) => `${place}.Environment.Variables.${name}: the functions do not read it`),
      ...(group === undefined ? [`Resources.${logicalId}: has no log group of its own`] : []),
      ...(callable.has(physicalName) ? [] : [`Resources.${logicalId}: nobody may call it`]),
      ...asyncFindings(properties, place),
    ];
  });
}

/** Logs are not kept for ever; a group without days is. */
function logFindings(template: ResolvedTemplate): readonly string[] {
  return ofType(template, 'AWS::Logs::LogGroup')
    .filter(({ properties }) => !(Number(properties['RetentionInDays'] ?? 0) > 0))
    .map(({ logicalId }) => `Resources.${logicalId}.Properties.RetentionInDays: is not stated`);
}

function dimensionFindings(properties: TemplateMap, place: string, names: ReadonlySet<string>) {
  const { Dimensions } = properties;
  const values = isList(Dimensions)
    ? Dimensions.map((one) => (isMap(one) ? String(one['Value']) : ''))
    : ([] as const);
  if (values.length > 0 && values.every((value) => names.has(value))) return [];
  return [`${place}.Dimensions: names nothing of this stack`];
}

/** Findings about log groups, and about alarms: one that watches what nobody counts never rings. */
export function alarmFindings(template: ResolvedTemplate, metrics: ReadonlySet<string>): readonly string[] {
  const names = new Set([...template.resources.values()].map(({ physicalName }) => physicalName));
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm').flatMap(({ logicalId, properties }) => {
    const place = `Resources.${logicalId}.Properties`;
    const { Namespace, MetricName, TreatMissingData, AlarmDescription } = properties;
    const known = Namespace === 'Mailroom' ? metrics : AWS_METRICS[String(Namespace)];
    return [
      ...(known?.has(String(MetricName)) === true
        ? []
        : [`${place}.MetricName: nobody counts ${String(Namespace)} ${String(MetricName)}`]),
      ...(TreatMissingData === undefined ? [`${place}.TreatMissingData: is not stated`] : []),
      ...(AlarmDescription === undefined ? [`${place}.AlarmDescription: says nothing`] : []),
      ...dimensionFindings(properties, place, names),
    ];
  });
  return [...logFindings(template), ...alarms];
}
