import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineError } from '../../../shared/errors.ts';
import { createDeadline } from '../../../shared/workmail/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function deadline(remainingMs: number, limitMs: number, marginMs: number) {
  return createDeadline({ remainingMs: () => remainingMs, limitMs, marginMs, now: Date.now });
}

describe('createDeadline', () => {
  it('takes the nearer of the two limits, less the margin', () => {
    expect(deadline(60_000, 15_000, 2_000).remaining()).toBe(13_000);
    expect(deadline(10_000, 15_000, 2_000).remaining()).toBe(8_000);
    expect(deadline(10_000, Number.POSITIVE_INFINITY, 2_000).remaining()).toBe(8_000);
  });

  it('leaves most of a short time to the work', () => {
    expect(deadline(2_000, 15_000, 2_000).remaining()).toBe(1_500);
  });

  it('aborts with a DeadlineError when the time is over, and not before', () => {
    const { signal, remaining, check } = deadline(15_000, 15_000, 2_000);
    vi.advanceTimersByTime(12_900);
    expect(signal.aborted).toBe(false);
    expect(() => check(100)).not.toThrow();
    expect(() => check(101)).toThrow(DeadlineError);
    vi.advanceTimersByTime(100);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(DeadlineError);
    expect(remaining()).toBe(0);
    expect(() => check(0)).toThrow(DeadlineError);
  });

  it('is over at once when no time is left', () => {
    expect(deadline(0, 15_000, 2_000).signal.aborted).toBe(true);
  });

  it('never fires after dispose, nor at once for a very long time', () => {
    const used = deadline(15_000, 15_000, 2_000);
    used.dispose();
    const endless = deadline(1e12, Number.POSITIVE_INFINITY, 0);
    vi.advanceTimersByTime(60_000);
    expect(used.signal.aborted).toBe(false);
    expect(endless.signal.aborted).toBe(false);
  });
});
