/**
 * An answer that was checked, with the members that the guide names and no others: what nobody looked at may nest so deep
 * that it cannot be written as JSON again.
 */
import type {
  CapEventResponse,
  CapTransitionResponse,
  CapWorkingHoursResponse,
} from '../../shared/workmail/cap.ts';

export function knownEvent({ startTime, endTime, busyType, details }: CapEventResponse): CapEventResponse {
  if (details === undefined) return { startTime, endTime, busyType };
  const { subject, location, instanceType, isMeeting, isReminderSet, isPrivate } = details;
  return {
    startTime,
    endTime,
    busyType,
    details: { subject, location, instanceType, isMeeting, isReminderSet, isPrivate },
  };
}

function knownTransition({ offset, time, month, week, dayOfWeek }: CapTransitionResponse) {
  return { offset, time, month, week, dayOfWeek };
}

export function knownHours({ timezone, workingPeriods }: CapWorkingHoursResponse): CapWorkingHoursResponse {
  const { name, bias, standardTime, daylightTime } = timezone;
  return {
    timezone: {
      name,
      bias,
      ...(standardTime === undefined ? {} : { standardTime: knownTransition(standardTime) }),
      ...(daylightTime === undefined ? {} : { daylightTime: knownTransition(daylightTime) }),
    },
    workingPeriods: workingPeriods.map(({ startMinutes, endMinutes, days }) => ({
      startMinutes,
      endMinutes,
      days,
    })),
  };
}
