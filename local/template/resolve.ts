/**
 * A template worked out as CloudFormation would, without AWS: what is checked and played is the very template that is
 * deployed. Names that AWS would make up follow from the stack's name.
 */
import { asText, type Evaluated, evaluate, evaluateCondition, NO_VALUE, type Scope } from './intrinsics.ts';
import {
  arnOf,
  attributeOf,
  generatedName,
  namingProperty,
  partitionOf,
  pseudoParameters,
  refOf,
  type Stack,
} from './names.ts';
import { parameterRef, parameterValues } from './parameters.ts';
import { readTemplate } from './read.ts';
import { assertRules } from './rules.ts';
import { withGlobals } from './sam.ts';
import {
  isList,
  isMap,
  type ResolvedResource,
  type ResolvedTemplate,
  type ResolveOptions,
  TemplateError,
  type TemplateMap,
  type TemplateValue,
} from './types.ts';

export {
  type ResolvedResource,
  type ResolvedTemplate,
  type ResolveOptions,
  TemplateError,
  type TemplateMap,
  type TemplateValue,
} from './types.ts';

/** What is being worked out, to find what needs itself. */
type Pending = Set<string>;

interface Context {
  readonly template: TemplateMap;
  readonly resources: TemplateMap;
  readonly stack: Stack;
  readonly parameters: ReadonlyMap<string, string>;
  readonly physicalNames: Readonly<Record<string, string>>;
  readonly pseudo: TemplateMap;
}

function section(template: TemplateMap, name: string): TemplateMap {
  const value = template[name];
  if (value === undefined) return {};
  if (!isMap(value)) throw new TemplateError(`${name}: expected a map`);
  return value;
}

function guarded<T>(pending: Pending, key: string, place: string, work: () => T): T {
  if (pending.has(key)) throw new TemplateError(`${place}: ${key} needs itself`);
  pending.add(key);
  try {
    return work();
  } finally {
    pending.delete(key);
  }
}

/** A resource whose condition holds; whoever names another would make CloudFormation fail. */
function present(context: Context, scope: Scope, logicalId: string, place: string): TemplateMap {
  const resource = context.resources[logicalId];
  if (!isMap(resource)) throw new TemplateError(`${place}: there is no resource or parameter ${logicalId}`);
  const { Condition } = resource;
  if (typeof Condition === 'string' && !scope.condition(Condition, place))
    throw new TemplateError(`${place}: ${logicalId} is not there, because ${Condition} does not hold`);
  return resource;
}

function typeOf(resource: TemplateMap, logicalId: string): string {
  return asText(resource['Type'], `Resources.${logicalId}.Type`);
}

function nameOf(context: Context, scope: Scope, logicalId: string, resource: TemplateMap): string {
  const given = context.physicalNames[logicalId];
  if (given !== undefined) return given;
  const type = typeOf(resource, logicalId);
  const property = namingProperty(type);
  const { Properties } = resource;
  const own = property !== undefined && isMap(Properties) ? Properties[property] : undefined;
  const place = `Resources.${logicalId}.Properties.${property}`;
  const value = own === undefined ? NO_VALUE : evaluate(own, place, scope);
  return value === NO_VALUE ? generatedName(type, logicalId, context.stack) : asText(value, place);
}

function createScope(context: Context): Scope {
  const pending: Pending = new Set();
  const { template, stack, parameters, pseudo } = context;
  const named = (logicalId: string, place: string): { type: string; name: string } => {
    const resource = present(context, scope, logicalId, place);
    const name = guarded(pending, logicalId, place, () => nameOf(context, scope, logicalId, resource));
    return { type: typeOf(resource, logicalId), name };
  };
  const scope: Scope = {
    ref(name, place): Evaluated {
      if (name === 'AWS::NoValue') return NO_VALUE;
      const own = pseudo[name];
      if (own !== undefined) return own;
      const parameter = parameters.get(name);
      if (parameter !== undefined) return parameterRef(section(template, 'Parameters')[name], parameter);
      const resource = named(name, place);
      return refOf(resource.type, resource.name, stack);
    },
    attribute(logicalId, attribute, place) {
      const { type, name } = named(logicalId, place);
      const value = attributeOf(type, name, attribute, stack);
      if (value !== undefined) return value;
      throw new TemplateError(`${place}: ${attribute} of ${logicalId} (${type}) is not known here`);
    },
    condition(name, place) {
      const condition = section(template, 'Conditions')[name];
      if (condition === undefined) throw new TemplateError(`${place}: there is no condition ${name}`);
      return guarded(pending, name, place, () => evaluateCondition(condition, `Conditions.${name}`, scope));
    },
    mapping(path, place) {
      let value: TemplateValue | undefined = section(template, 'Mappings');
      for (const key of path) value = isMap(value) ? value[key] : undefined;
      if (value === undefined) throw new TemplateError(`${place}: Mappings has no ${path.join('.')}`);
      return value;
    },
  };
  return scope;
}

function dependsOn(resource: TemplateMap, context: Context, place: string): readonly string[] {
  const { DependsOn } = resource;
  if (DependsOn === undefined) return [];
  const names = (isList(DependsOn) ? DependsOn : [DependsOn]).map((name) => asText(name, place));
  for (const name of names)
    if (context.resources[name] === undefined)
      throw new TemplateError(`${place}.DependsOn: there is no resource ${name}`);
  return names;
}

function resolveResource(
  context: Context,
  scope: Scope,
  logicalId: string,
  resource: TemplateMap,
): ResolvedResource {
  const type = typeOf(resource, logicalId);
  const place = `Resources.${logicalId}`;
  const properties = withGlobals(type, resource['Properties'], context.template);
  const resolved = evaluate(properties, `${place}.Properties`, scope);
  if (resolved === NO_VALUE || !isMap(resolved)) throw new TemplateError(`${place}: expected properties`);
  const physicalName = nameOf(context, scope, logicalId, resource);
  const arn = arnOf(type, physicalName, context.stack);
  const needs = dependsOn(resource, context, place);
  return { logicalId, type, properties: resolved, physicalName, arn, dependsOn: needs };
}

function holds(value: TemplateMap, scope: Scope, place: string): boolean {
  const { Condition } = value;
  return typeof Condition !== 'string' || scope.condition(Condition, place);
}

function entriesOf(template: TemplateMap, name: string): readonly (readonly [string, TemplateMap])[] {
  return Object.entries(section(template, name)).map(([key, value]) => {
    if (!isMap(value)) throw new TemplateError(`${name}.${key}: expected a map`);
    return [key, value] as const;
  });
}

/** Works a template out, from its text or as it was read. Throws TemplateError, which names resource and property. */
export function resolveTemplate(source: string | TemplateMap, options: ResolveOptions): ResolvedTemplate {
  const template = typeof source === 'string' ? readTemplate(source) : source;
  const { region, account, stackName, physicalNames = {} } = options;
  const stack: Stack = { partition: partitionOf(region), region, account, stackName };
  const context: Context = {
    template,
    resources: section(template, 'Resources'),
    stack,
    parameters: parameterValues(template['Parameters'], options.parameters),
    physicalNames,
    pseudo: pseudoParameters(stack),
  };
  const scope = createScope(context);
  assertRules(section(template, 'Rules'), scope);
  const resources = new Map<string, ResolvedResource>();
  for (const [logicalId, resource] of entriesOf(template, 'Resources'))
    if (holds(resource, scope, `Resources.${logicalId}`))
      resources.set(logicalId, resolveResource(context, scope, logicalId, resource));
  const outputs = new Map<string, string>();
  for (const [name, output] of entriesOf(template, 'Outputs'))
    if (holds(output, scope, `Outputs.${name}`)) {
      const place = `Outputs.${name}.Value`;
      outputs.set(name, asText(evaluate(output['Value'] ?? null, place, scope), place));
    }
  const conditions = new Map(
    Object.keys(section(template, 'Conditions')).map((name) => [
      name,
      scope.condition(name, `Conditions.${name}`),
    ]),
  );
  return { resources, outputs, parameters: context.parameters, conditions };
}
