/** What must hold between the keys of `organization.yaml`: names that are known, addresses that are free. */
import { domainOf } from '../../shared/policy/pattern.ts';
import { type Place, quote, type Report } from '../../shared/policy/report.ts';
import type { FunctionConfig } from '../types.ts';
import type { ShapedOrganization } from './organization-shape.ts';

/** Reports addresses outside the organization's domains, addresses given twice, and members that nobody knows. */
export function checkAddresses(shaped: ShapedOrganization, report: Report): void {
  const owners = new Map<string, number>();
  const claim = (address: string, at: Place): void => {
    const first = owners.get(address);
    if (first !== undefined) report.error(at, `${quote(address)} is taken already on line ${first}`);
    else owners.set(address, at.line);
    if (!shaped.domains.includes(domainOf(address))) {
      report.error(at, `${quote(address)} is in none of the organization's domains`);
    }
  };
  for (const { value, at } of shaped.users) {
    for (const address of [value.address, ...(value.aliases ?? [])]) claim(address, at);
  }
  for (const { value, at } of shaped.groups ?? []) claim(value.address, at);
  for (const { value, at } of shaped.groups ?? []) {
    for (const member of value.members) {
      if (!owners.has(member)) report.error(at, `member ${quote(member)} is no user, alias or group`);
    }
  }
}

export function checkFunctions(shaped: ShapedOrganization, report: Report): readonly FunctionConfig[] {
  const found = new Map<string, FunctionConfig>();
  for (const { value, at } of shaped.functions ?? []) {
    const { name, handler, timeoutSeconds, memoryMb, arn } = value;
    if (found.has(name)) report.error(at, `a second function ${quote(name)}`);
    const located = arn === undefined ? {} : { arn };
    found.set(name, { name, handler, timeoutMs: timeoutSeconds * 1000, memoryMb, ...located });
  }
  return [...found.values()];
}
