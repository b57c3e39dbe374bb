/**
 * The sign of `bias`. The guide's sample gives Berlin bias 60 and calls it "the default offset from GMT in minutes",
 * which reads as local minus UTC. The AWS sample function hands EWS's `Bias` through unchanged, and there
 * UTC = local + bias ([MS-OXWAVLS] §2.2.4.12), which makes Berlin -60. The two cannot both be right, so the choice
 * is one word in the policy; the default is what running code sends.
 *
 * In both conventions the offset of a season is relative to `bias`: EWS says so, and the guide names it "the offset
 * relative to the default offset". A season's full offset is therefore bias + offset.
 */
import type { BiasConvention, CapTimezone, CapTimezoneResponse, CapTransition } from './cap-types.ts';

/** Minutes as the convention counts them: `ews` is UTC minus local, `utc-offset` is local minus UTC. */
function signed(localMinusUtcMinutes: number, convention: BiasConvention): number {
  // 0 - x instead of -x: JSON knows no -0, but a test would.
  return convention === 'ews' ? 0 - localMinusUtcMinutes : localMinusUtcMinutes;
}

/** Writes a time zone in the convention asked for: with both transitions or with neither. */
export function encodeTimezone(zone: CapTimezone, convention: BiasConvention): CapTimezoneResponse {
  const head = { name: zone.name, bias: signed(zone.offsetMinutes, convention) };
  if (zone.transitions === undefined) return head;
  const season = (transition: CapTransition) => ({
    offset: signed(transition.offsetMinutes - zone.offsetMinutes, convention),
    time: transition.time,
    month: transition.month,
    week: transition.week,
    dayOfWeek: transition.dayOfWeek,
  });
  return {
    ...head,
    standardTime: season(zone.transitions.standard),
    daylightTime: season(zone.transitions.daylight),
  };
}
