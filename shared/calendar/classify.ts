/** Whether an event takes the time of its mailbox, and what may be told about it. */
import type { Component } from './component.ts';
import { propertiesOf, propertyOf } from './component.ts';
import type { Property } from './property.ts';
import { textOf } from './text.ts';
import type { BusyType } from './types.ts';

export interface Classification {
  /** `cancelled`: for everyone. `declined`: by the mailbox, or handed on to somebody else. */
  readonly busyType: BusyType | 'cancelled' | 'declined';
  readonly subject: string;
  readonly location: string;
  readonly isMeeting: boolean;
  readonly isReminderSet: boolean;
  readonly isPrivate: boolean;
}

export interface ClassifyContext {
  readonly method: string;
  readonly self: string | undefined;
}

export function classify(component: Component, context: ClassifyContext): Classification {
  const isPrivate = isNotPublic(wordOf(component, 'CLASS'));
  return {
    busyType: busyTypeOf(component, context),
    subject: isPrivate ? '' : textOf(propertyOf(component, 'SUMMARY')),
    location: isPrivate ? '' : textOf(propertyOf(component, 'LOCATION')),
    isMeeting: component.lines.has('ATTENDEE'),
    isReminderSet: component.children.some(isReminder),
    isPrivate,
  };
}

/** RFC 5545 §3.8.1.3: PUBLIC is the default, and a class that is not known is to be treated as PRIVATE. */
function isNotPublic(word: string): boolean {
  return word !== '' && word !== 'PUBLIC';
}

/** RFC 9074 §6: an alarm with ACTION:NONE is there to say that there is none. */
function isReminder(child: Component): boolean {
  return child.name === 'VALARM' && wordOf(child, 'ACTION') !== 'NONE';
}

function wordOf(component: Component, name: string): string {
  return propertyOf(component, name)?.raw.trim().toUpperCase() ?? '';
}

function busyTypeOf(component: Component, context: ClassifyContext): Classification['busyType'] {
  const status = wordOf(component, 'STATUS');
  // RFC 5546 §3.2.5: METHOD:CANCEL cancels what it holds.
  if (status === 'CANCELLED' || context.method === 'CANCEL') return 'cancelled';
  const participation = participationOf(component, context.self);
  if (participation === 'DECLINED' || participation === 'DELEGATED') return 'declined';
  const shown = shownAs(component);
  if (shown !== 'BUSY') return shown;
  const open = status === 'TENTATIVE' || participation === 'TENTATIVE' || participation === 'NEEDS-ACTION';
  return open ? 'TENTATIVE' : 'BUSY';
}

/** Outlook's own status says more than TRANSP (RFC 5545 §3.8.2.7), which knows two values only. */
function shownAs(component: Component): BusyType {
  const outlook =
    wordOf(component, 'X-MICROSOFT-CDO-BUSYSTATUS') || wordOf(component, 'X-MICROSOFT-CDO-INTENDEDSTATUS');
  switch (outlook) {
    case 'FREE':
    case 'WORKINGELSEWHERE':
      return 'FREE';
    case 'TENTATIVE':
      return 'TENTATIVE';
    case 'BUSY':
    case 'OOF':
      return 'BUSY';
    default:
      return wordOf(component, 'TRANSP') === 'TRANSPARENT' ? 'FREE' : 'BUSY';
  }
}

/**
 * The mailbox's own PARTSTAT (RFC 5545 §3.2.12), empty when it is not among the attendees. An organizer who did not
 * answer the own invitation takes part.
 */
function participationOf(component: Component, self: string | undefined): string {
  if (self === undefined) return '';
  for (const attendee of propertiesOf(component, 'ATTENDEE')) {
    if (!isAddress(attendee, self)) continue;
    const partstat = attendee.parameters.get('partstat')?.toUpperCase() ?? 'NEEDS-ACTION';
    const organizer = propertyOf(component, 'ORGANIZER');
    const organizes = organizer !== undefined && isAddress(organizer, self);
    return organizes && partstat === 'NEEDS-ACTION' ? 'ACCEPTED' : partstat;
  }
  return '';
}

function isAddress(property: Property, self: string): boolean {
  const address = property.raw.trim().toLowerCase();
  return (
    address === `mailto:${self}` ||
    address === self ||
    property.parameters.get('email')?.toLowerCase() === self
  );
}
