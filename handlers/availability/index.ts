/**
 * Custom availability provider: answers WorkMail's questions about the free/busy times of mailboxes whose calendars are
 * elsewhere. It never throws; whatever goes wrong becomes the error of the mailboxes that it concerns.
 */
import { createAvailabilityHandler } from './handler.ts';

export const handler = createAvailabilityHandler();
