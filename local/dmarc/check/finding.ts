/** One thing that a check says. */
export interface Finding {
  /** `problem`: mail or reports are lost by it. `warning`: they may be. `note`: good to know. */
  readonly level: 'problem' | 'warning' | 'note';
  readonly text: string;
  /** Where it is written; absent for what is WorkMail's or ours. */
  readonly clause?: string;
}

export function problem(text: string, clause?: string): Finding {
  return { level: 'problem', text, ...(clause === undefined ? {} : { clause }) };
}

export function warning(text: string, clause?: string): Finding {
  return { level: 'warning', text, ...(clause === undefined ? {} : { clause }) };
}

export function note(text: string, clause?: string): Finding {
  return { level: 'note', text, ...(clause === undefined ? {} : { clause }) };
}
