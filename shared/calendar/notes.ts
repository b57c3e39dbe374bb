/**
 * What was odd about a calendar, in fixed words: nothing of the calendar's own text is in them, so that they may be
 * logged.
 */

export type Note =
  | 'component not closed'
  | 'line too long'
  | 'event without a readable start'
  | 'end before start'
  | 'unreadable duration'
  | 'unreadable recurrence rule'
  | 'unreadable recurrence date'
  | 'too many recurrence rules or dates'
  | 'unreadable RECURRENCE-ID'
  | 'unreadable THISANDFUTURE'
  | 'recurrence too dear, shown as one block'
  | 'start is not part of its recurrence'
  | 'unreadable FREEBUSY'
  | 'time zone guessed from its name'
  | 'time zone not known, default used'
  | 'VTIMEZONE not complete'
  | 'answer of an attendee, not a calendar entry';

export interface Notes {
  add(note: Note): void;
  /** Each note once, with how often it was made: `end before start (3)`. */
  list(): readonly string[];
}

export function createNotes(): Notes {
  const counts = new Map<Note, number>();
  return {
    add: (note) => {
      counts.set(note, (counts.get(note) ?? 0) + 1);
    },
    list: () => [...counts].map(([note, count]) => (count === 1 ? note : `${note} (${count})`)),
  };
}
