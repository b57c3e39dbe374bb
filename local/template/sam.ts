/** What SAM's transform does to a function before CloudFormation sees it: `Globals.Function` is merged into it. */
import { isList, isMap, type TemplateMap, type TemplateValue } from './types.ts';

/** SAM specification, Globals: maps are merged, lists are put together (Globals first), the function's own value wins. */
function merge(general: TemplateValue, own: TemplateValue): TemplateValue {
  if (isList(general) && isList(own)) return [...general, ...own];
  if (!isMap(general) || !isMap(own)) return own;
  const merged: Record<string, TemplateValue> = { ...general };
  for (const [key, value] of Object.entries(own)) {
    const before = general[key];
    merged[key] = before === undefined ? value : merge(before, value);
  }
  return merged;
}

/** A resource's properties as the transform leaves them. */
export function withGlobals(
  type: string,
  properties: TemplateValue | undefined,
  template: TemplateMap,
): TemplateMap {
  const own = isMap(properties) ? properties : {};
  const globals = template['Globals'];
  const general = isMap(globals) && type === 'AWS::Serverless::Function' ? globals['Function'] : undefined;
  if (!isMap(general)) return own;
  const merged = merge(general, own);
  return isMap(merged) ? merged : own;
}
