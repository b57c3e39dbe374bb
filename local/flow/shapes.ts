/** Shapes that only the organization file needs. */
import type { Place } from '../../shared/policy/report.ts';
import { type Checked, describeNode, type Shape } from '../../shared/policy/shape.ts';

/** A value and the place where it stands, for checks that come later. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Place;
}

export function placed<T>(shape: Shape<T>): Shape<Placed<T>> {
  return {
    json: shape.json,
    read(node, report) {
      const value = shape.read(node, report);
      return value === undefined ? undefined : { value, at: node };
    },
  };
}

export function wholeNumber(minimum: number, maximum: number): Shape<number> {
  return {
    json: { type: 'integer', minimum, maximum },
    read(node, report) {
      const value = node.kind === 'scalar' ? node.value : undefined;
      if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
        return value;
      report.error(node, `expected a whole number from ${minimum} to ${maximum}, got ${describeNode(node)}`);
      return undefined;
    },
  };
}

/** The check of a text that an expression must match. */
export function matching(expression: RegExp, why: string): (value: string) => Checked {
  return (value) => (expression.test(value) ? { value } : { why });
}
