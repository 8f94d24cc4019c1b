/** Named places where the scripted model waits for the test. */
export interface Gates {
  /** Settles when a request waits at the gate (at once if one already has). */
  reached(gate: string): Promise<void>;
  /** Lets everything through that waits or will come. */
  release(gate: string): void;
}

/** The model's side as well: `pass` settles when the gate is open. */
export function openGates(): Gates & { pass(gate: string): Promise<void> } {
  const doors = new Map<string, { arrived: Promise<void>; arrive(): void; opened: Promise<void>; open(): void }>();
  const door = (gate: string) => {
    const known = doors.get(gate);
    if (known) return known;
    let arrive = () => {};
    let open = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const made = { arrived, arrive, opened, open };
    doors.set(gate, made);
    return made;
  };
  return {
    reached: (gate) => door(gate).arrived,
    release: (gate) => door(gate).open(),
    pass: (gate) => {
      door(gate).arrive();
      return door(gate).opened;
    },
  };
}
