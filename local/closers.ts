/** What was opened, to be closed the other way round, also when a later part fails to open. */
export interface Closers {
  add(close: () => Promise<void> | void): void;
  closeAll(): Promise<void>;
}

export function closers(): Closers {
  const all: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => all.unshift(close),
    async closeAll() {
      for (const close of all.splice(0)) await close();
    },
  };
}
