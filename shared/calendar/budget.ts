/** Steps that work may still take: one for the call, and one for each rule that draws on it. */

export interface Budget {
  /** Takes steps; false when there were not so many left. It stays false from then on. */
  spend(steps: number): boolean;
}

export function createBudget(steps: number, parent?: Budget): Budget {
  let left = steps;
  return {
    spend(wanted) {
      left -= wanted;
      if (left < 0) return false;
      return parent === undefined || parent.spend(wanted);
    },
  };
}
