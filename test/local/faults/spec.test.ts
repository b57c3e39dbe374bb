import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concerns, FAULTS, parseFault } from '../../../local/faults/spec.ts';

describe('a fault', () => {
  test('is read whole', () => {
    const text = 's3:Put* latency=1.5s rate=0.5 count=3 skip=2 caller=mailflow on=bucket/*';
    expect(parseFault(text)).toEqual({
      text,
      service: 's3',
      operation: 'Put*',
      kind: 'latency',
      latencyMs: 1500,
      rate: 0.5,
      count: 3,
      skip: 2,
      caller: 'mailflow',
      on: 'bucket/*',
    });
  });

  test.each(Object.keys(FAULTS).filter((kind) => kind !== 'latency'))('%s', (kind) => {
    expect(parseFault(`*:* ${kind}`)).toMatchObject({ kind, service: '*', operation: '*', rate: 1 });
  });

  test.each([
    ['', 'is no SERVICE:OPERATION'],
    ['s3 denied', 'is no SERVICE:OPERATION'],
    ['s3:Put*Object denied', 'is no SERVICE:OPERATION'],
    ['dynamodb:* denied', '"dynamodb" is no service here'],
    ['s3:*', 'no fault is named'],
    ['s3:* slow', '"slow" is no fault'],
    ['s3:* constructor', '"constructor" is no fault'],
    ['s3:putobject denied', '"putobject" is no operation here; the operations of s3 are GetObject'],
    ['s3:Putt* denied', '"Putt*" is no operation here'],
    ['*:PutParameter denied', '"PutParameter" is no operation here'],
    ['ssm:GetParameters denied', '"GetParameters" is no operation here'],
    ['sts:GetCallerIdentity denied', 'of sts all operations are struck together: sts:*'],
    ['s3:* latency=5s=9', 'latency takes a time'],
    ['s3:* denied=', 'denied takes no value'],
    ['s3:* cut count=1=2', '"count=1=2": the value does not fit'],
    ['s3:* denied=1', 'denied takes no value'],
    ['s3:* latency', 'latency takes a time'],
    ['s3:* latency=5', 'latency takes a time'],
    ['s3:* latency=61s', 'latency takes a time'],
    ['s3:* latency=0s', 'latency takes a time'],
    ['s3:* cut rate=0', '"rate=0": the value does not fit'],
    ['s3:* cut rate=1.5', '"rate=1.5": the value does not fit'],
    ['s3:* cut rate', '"rate": the value does not fit'],
    ['s3:* cut count=0', '"count=0": the value does not fit'],
    ['s3:* cut count=-1', '"count=-1": the value does not fit'],
    ['s3:* cut on=', '"on=": the value does not fit'],
    ['s3:* cut count=1 count=2', 'count is given twice'],
    ['s3:* cut cut-after', '"cut-after" is no option'],
    ['s3:* cut toString=1', '"toString" is no option'],
    [`s3:* cut on=${'x'.repeat(600)}`, 'longer than a fault can be'],
  ])('%j is refused: %s', (text, why) => {
    expect(parseFault(text)).toEqual({ why: expect.stringContaining(why) });
  });

  test('whatever is written, it is read or refused', () => {
    const words = fc.constantFrom('s3:*', 'cut', 'rate=1', 'rate=', '=', 'latency=1s', 'on=*', '*:*', 'x');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join(' ')),
        ),
        (text) => {
          const read = parseFault(text);
          expect('why' in read ? read.why.length : read.text).toBeTruthy();
        },
      ),
    );
  });
});

test('the value of an option may hold an equals sign', () => {
  expect(parseFault('s3:* cut on=bucket/a=b')).toMatchObject({ on: 'bucket/a=b' });
});

describe('a fault concerns', () => {
  const call = { service: 's3', operation: 'PutObject', target: 'bucket/key', caller: 'mailflow' };
  test.each([
    ['s3:PutObject cut', true],
    ['s3:Put* cut', true],
    ['*:* cut', true],
    ['*:PutObject cut', true],
    ['s3:GetObject cut', false],
    ['ssm:* cut', false],
    ['s3:* cut caller=mailflow', true],
    ['s3:* cut caller=journal', false],
    ['s3:* cut on=bucket/*', true],
    ['s3:* cut on=bucket', false],
  ])('%s: %s', (text, expected) => {
    const spec = parseFault(text);
    if ('why' in spec) throw new Error(spec.why);
    expect(concerns(spec, call)).toBe(expected);
  });
});
