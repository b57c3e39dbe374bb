import { describe, expect, test } from 'vitest';
import { createFaults, requireCallers } from '../../../local/faults/faults.ts';
import { faultyInvoker } from '../../../local/faults/invoker.ts';
import { type FaultSpec, parseFault } from '../../../local/faults/spec.ts';
import type { InvokeOutcome } from '../../../local/types.ts';

function specs(...texts: readonly string[]): FaultSpec[] {
  return texts.map((text) => {
    const spec = parseFault(text);
    if ('why' in spec) throw new Error(spec.why);
    return spec;
  });
}

const CALL = { service: 's3', operation: 'PutObject', target: 'bucket/key', caller: undefined };
const kindsOf = (texts: readonly string[], calls: number) => {
  const faults = createFaults(specs(...texts));
  return Array.from({ length: calls }, () => faults.strike(CALL).kind);
};

describe('faults in force', () => {
  test('strike as often as they are told, after as many calls', () => {
    expect(kindsOf(['s3:* cut skip=1 count=2'], 5)).toEqual([undefined, 'cut', 'cut', undefined, undefined]);
  });

  test('the first that strikes decides; the next takes over when it is used up', () => {
    expect(kindsOf(['s3:* cut count=1', 's3:* denied'], 3)).toEqual(['cut', 'denied', 'denied']);
  });

  test('latencies add up and go with another fault', () => {
    const faults = createFaults(specs('s3:* latency=1s', 's3:* cut', '*:* latency=200ms'));
    expect(faults.strike(CALL)).toEqual({ delayMs: 1200, kind: 'cut' });
  });

  test('a rate strikes its share of the calls, the same ones in every run', () => {
    const struck = kindsOf(['s3:* cut rate=0.3'], 1000);
    const share = struck.filter((kind) => kind === 'cut').length / 1000;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.35);
    expect(kindsOf(['s3:* cut rate=0.3'], 1000)).toEqual(struck);
  });

  test('can be replaced, and count anew', () => {
    const faults = createFaults(specs('s3:* cut count=1'));
    faults.strike(CALL);
    expect(faults.struck()).toBe(1);
    faults.replace(specs('s3:* denied count=1'));
    expect(faults.struck()).toBe(0);
    expect(faults.strike(CALL).kind).toBe('denied');
  });
});

test('a caller that is no function is refused by name', () => {
  const functions = [{ name: 'mailflow' }, { name: 'dmarc' }];
  requireCallers(specs('s3:* cut', 's3:* cut caller=dmarc'), functions);
  expect(() => requireCallers(specs('s3:* cut', 's3:* cut caller=mailfow'), functions)).toThrow(
    '--fault "s3:* cut caller=mailfow": no function is called mailfow; there are mailflow, dmarc',
  );
});

describe('faults of lambda:Invoke', () => {
  const answer: InvokeOutcome = {
    durationMs: 1,
    coldStart: false,
    logs: [],
    kind: 'answer',
    payload: 1,
    bytes: 1,
  };
  const outcomeOf = async (...texts: readonly string[]) => {
    let called = 0;
    const invoker = {
      invoke: async () => {
        called += 1;
        return answer;
      },
    };
    const faulty = faultyInvoker(invoker, createFaults(specs(...texts)), [
      { name: 'mailflow', timeoutMs: 20 },
    ]);
    return { outcome: await faulty.invoke('mailflow', {}), called };
  };

  test.each([
    ['denied', { kind: 'error', errorType: 'AccessDeniedException' }, 0],
    ['throttle', { kind: 'error', errorType: 'TooManyRequestsException' }, 0],
    ['5xx', { kind: 'error', errorType: 'ServiceException' }, 0],
    ['5xx-after', { kind: 'error', errorType: 'ServiceException' }, 1],
    ['cut', { kind: 'crash' }, 0],
    ['cut-after', { kind: 'crash' }, 1],
    ['cut-within', { kind: 'crash' }, 1],
    ['hang', { kind: 'timeout', durationMs: 20 }, 0],
    ['hang-after', { kind: 'timeout', durationMs: 20 }, 1],
    ['latency=10ms', { kind: 'answer' }, 1],
    ['denied on=journal', { kind: 'answer' }, 1],
  ])('%s', async (fault, outcome, called) => {
    expect(await outcomeOf(`lambda:Invoke ${fault}`)).toMatchObject({ outcome, called });
  });
});
