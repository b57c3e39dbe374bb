/** The sections of a template and what stands in them, as CloudFormation takes them. */
import { isMap, type TemplateMap, type TemplateValue } from '../../local/template/types.ts';

const SECTIONS = new Set([
  'AWSTemplateFormatVersion',
  'Transform',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Mappings',
  'Conditions',
  'Globals',
  'Resources',
  'Outputs',
]);

/** Keys that CloudFormation knows beside the properties. */
const KEYS: Readonly<Record<string, ReadonlySet<string>>> = {
  Resources: new Set([
    'Type',
    'Properties',
    'Condition',
    'DependsOn',
    'DeletionPolicy',
    'UpdateReplacePolicy',
    'Metadata',
  ]),
  Parameters: new Set([
    'Type',
    'Default',
    'Description',
    'AllowedPattern',
    'AllowedValues',
    'ConstraintDescription',
    'MinValue',
    'MaxValue',
    'MinLength',
    'MaxLength',
    'NoEcho',
  ]),
  Outputs: new Set(['Condition', 'Description', 'Value', 'Export']),
};

const LOGICAL_ID = /^[A-Za-z0-9]+$/;
/** CloudFormation quotas. */
const MAX = { Parameters: 200, Resources: 500, Outputs: 200 } as const;

function entries(template: TemplateMap, name: string): readonly (readonly [string, TemplateValue])[] {
  const section = template[name];
  return isMap(section) ? Object.entries(section) : [];
}

function keyProblems(template: TemplateMap, section: string, known: ReadonlySet<string>): readonly string[] {
  return entries(template, section).flatMap(([id, value]) => {
    if (!isMap(value)) return [`${section}.${id}: expected a map`];
    const strange = Object.keys(value).filter((key) => !known.has(key));
    const name = LOGICAL_ID.test(id) ? [] : [`${section}.${id}: a logical id has letters and digits alone`];
    return [...name, ...strange.map((key) => `${section}.${id}.${key}: there is no such key`)];
  });
}

/** One name stands for one thing, be it a parameter or a resource. */
function doubled(template: TemplateMap): readonly string[] {
  const parameters = new Set(entries(template, 'Parameters').map(([id]) => id));
  return entries(template, 'Resources')
    .filter(([id]) => parameters.has(id))
    .map(([id]) => `Resources.${id}: a parameter has this name`);
}

export function templateProblems(template: TemplateMap): readonly string[] {
  const strange = Object.keys(template).filter((name) => !SECTIONS.has(name));
  const many = Object.entries(MAX).filter(([name, max]) => entries(template, name).length > max);
  return [
    ...strange.map((name) => `${name}: there is no such section`),
    ...many.map(([name, max]) => `${name}: more than ${max}`),
    ...Object.entries(KEYS).flatMap(([section, known]) => keyProblems(template, section, known)),
    ...doubled(template),
  ];
}
