/** What a CloudFormation template says, before and after its functions are worked out. */

/** A value of a template: JSON, with `Fn::…` and `Ref` as one-key maps before they are resolved. */
export type TemplateValue = string | number | boolean | null | readonly TemplateValue[] | TemplateMap;

export interface TemplateMap {
  readonly [key: string]: TemplateValue;
}

export interface ResolveOptions {
  /** Values of the template's parameters; what is not given has its default. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
  /** Names that resources have where they run, by logical id, rather than those that follow from the stack's name. */
  readonly physicalNames?: Readonly<Record<string, string>>;
}

/** A resource whose condition is met, with everything in it worked out. */
export interface ResolvedResource {
  readonly logicalId: string;
  /** `AWS::Serverless::Function` stays what it is, with the template's Globals merged into its properties. */
  readonly type: string;
  readonly properties: TemplateMap;
  /** The function's, bucket's, queue's … own name. */
  readonly physicalName: string;
  /** Undefined for types that have none or whose form is not known here. */
  readonly arn: string | undefined;
  readonly dependsOn: readonly string[];
}

export interface ResolvedTemplate {
  readonly resources: ReadonlyMap<string, ResolvedResource>;
  /** Those whose condition is met. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  readonly conditions: ReadonlyMap<string, boolean>;
}

/** The template cannot be worked out; the message names the place in it, `Resources.Mailflow.Properties.Timeout`. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export function isMap(value: TemplateValue | undefined): value is TemplateMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: TemplateValue | undefined): value is readonly TemplateValue[] {
  return Array.isArray(value);
}
