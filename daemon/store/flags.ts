import type { Database } from 'better-sqlite3';

/** Flags that act at once. Rows of the ledger, so a restart neither resets nor loses them. Writes belong inside a ledger transaction. */
export function openFlags(db: Database) {
  const get = db.prepare<[string], { value: number; why: string | null }>('SELECT value, why FROM flags WHERE name = ?');
  const put = db.prepare(
    'INSERT INTO flags (name, value, why) VALUES (@name, @value, @why) ON CONFLICT (name) DO UPDATE SET value = @value, why = @why',
  );
  return {
    freeze: (): { on: boolean; why?: string } => {
      const row = get.get('freeze');
      return { on: row?.value === 1, ...(row?.why == null ? {} : { why: row.why }) };
    },
    safeMode: (): boolean => get.get('safeMode')?.value === 1,
    setSafeMode: (on: boolean): void => void put.run({ name: 'safeMode', value: on ? 1 : 0, why: null }),
    setFreeze: (on: boolean, why?: string): void => void put.run({ name: 'freeze', value: on ? 1 : 0, why: on ? (why ?? null) : null }),
  };
}

export type Flags = ReturnType<typeof openFlags>;
