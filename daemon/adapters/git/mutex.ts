/** One at a time: runs what it is given after everything it was given before has settled. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** A mutex per name. */
export function createNamedMutex(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const byName = new Map<string, Mutex>();
  return (name, work) => {
    const mutex = byName.get(name) ?? createMutex();
    byName.set(name, mutex);
    return mutex(work);
  };
}
