/** The faults in force: which call they strike, by count and by a chance that is the same in every run. */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../shared/errors.ts';
import { concerns, type FaultKind, type FaultSpec } from './spec.ts';

export interface FaultCall {
  readonly service: string;
  readonly operation: string;
  readonly target: string;
  /** The function that calls, where one does. */
  readonly caller: string | undefined;
}

/** What a call meets. */
export interface Strike {
  readonly delayMs: number;
  readonly kind: Exclude<FaultKind, 'latency'> | undefined;
}

export interface Faults {
  /** What this call meets; counts it. */
  strike(call: FaultCall): Strike;
  /** How many calls were struck since these faults are in force. */
  struck(): number;
  /** Other faults from now on; all counts begin anew. */
  replace(specs: readonly FaultSpec[]): void;
}

interface Counted {
  readonly spec: FaultSpec;
  matched: number;
  struck: number;
}

/** The same number from 0 to 1 for the same fault and call in every run. */
function chance(text: string, call: number): number {
  return createHash('sha256').update(`${text} ${call}`).digest().readUInt32BE(0) / 2 ** 32;
}

function strikes(counted: Counted): boolean {
  const { spec } = counted;
  counted.matched += 1;
  if (counted.matched <= spec.skip || counted.struck >= spec.count) return false;
  if (chance(spec.text, counted.matched) >= spec.rate) return false;
  counted.struck += 1;
  return true;
}

/**
 * A caller that is no function would never be struck.
 * @throws PermanentError that names the fault.
 */
export function requireCallers(
  specs: readonly FaultSpec[],
  functions: readonly { readonly name: string }[],
): void {
  for (const { text, caller } of specs)
    if (caller !== undefined && !functions.some(({ name }) => name === caller))
      throw new PermanentError(
        `--fault "${text}": no function is called ${caller}; there are ${functions.map(({ name }) => name).join(', ')}`,
      );
}

/** @param specs the first that strikes with something else than latency decides; latencies add up. */
export function createFaults(specs: readonly FaultSpec[]): Faults {
  const count = (all: readonly FaultSpec[]): Counted[] =>
    all.map((spec) => ({ spec, matched: 0, struck: 0 }));
  let inForce = count(specs);
  return {
    strike(call) {
      let delayMs = 0;
      let kind: Strike['kind'];
      for (const counted of inForce) {
        const { spec } = counted;
        if ((spec.kind !== 'latency' && kind !== undefined) || !concerns(spec, call) || !strikes(counted))
          continue;
        if (spec.kind === 'latency') delayMs += spec.latencyMs;
        else kind = spec.kind;
      }
      return { delayMs, kind };
    },
    struck: () => inForce.reduce((sum, { struck }) => sum + struck, 0),
    replace(next) {
      inForce = count(next);
    },
  };
}
