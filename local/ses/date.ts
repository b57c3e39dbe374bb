const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Wed, 07 Jul 2021 18:40:11 +0000` (RFC 5322 §3.3), in UTC. */
export function internetDate(time: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${DAYS[time.getUTCDay()]}, ${two(time.getUTCDate())} ${MONTHS[time.getUTCMonth()]}`;
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(two).join(':');
  return `${day} ${time.getUTCFullYear()} ${clock} +0000`;
}
