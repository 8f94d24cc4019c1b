/** What doctor says of one thing. `missing`: it is not there and need not be. */
export interface Finding {
  group: 'Machine' | 'State' | 'App';
  name: string;
  state: 'ok' | 'attention' | 'missing';
  found: string;
  /** What to do; always there when something needs attention. */
  remedy?: string;
}

type Group = Finding['group'];

export const ok = (group: Group, name: string, found: string): Finding => ({ group, name, state: 'ok', found });
export const attention = (group: Group, name: string, found: string, remedy: string): Finding => ({
  group,
  name,
  state: 'attention',
  found,
  remedy,
});
export const missing = (group: Group, name: string, found: string, remedy: string): Finding => ({
  group,
  name,
  state: 'missing',
  found,
  remedy,
});
