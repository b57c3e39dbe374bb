/** The section Rules: what CloudFormation refuses about parameters taken together, before it makes anything. */
import { asText, evaluateCondition, type Scope } from './intrinsics.ts';
import { isList, isMap, TemplateError, type TemplateMap } from './types.ts';

/** Throws TemplateError with the description of the first assertion that does not hold. */
export function assertRules(rules: TemplateMap, scope: Scope): void {
  for (const [name, rule] of Object.entries(rules)) {
    const place = `Rules.${name}`;
    if (!isMap(rule) || !isList(rule['Assertions']))
      throw new TemplateError(`${place}: expected a list of Assertions`);
    const { RuleCondition } = rule;
    if (RuleCondition !== undefined && !evaluateCondition(RuleCondition, place, scope)) continue;
    for (const assertion of rule['Assertions']) {
      const claim = isMap(assertion) ? assertion['Assert'] : undefined;
      if (!isMap(assertion) || claim === undefined)
        throw new TemplateError(`${place}: an assertion without Assert`);
      if (!evaluateCondition(claim, place, scope))
        throw new TemplateError(`${place}: ${asText(assertion['AssertDescription'] ?? name, place)}`);
    }
  }
}
