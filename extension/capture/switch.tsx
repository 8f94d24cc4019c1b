/** On or off, at once. */
export function Switch({ name, on, onTurn }: { name: string; on: boolean; onTurn(on: boolean): void }) {
  return (
    <button
      type="button"
      role="switch"
      class="cap-switch"
      aria-checked={on}
      aria-label={name}
      title={on ? `Leave out: ${name}` : `Send: ${name}`}
      onClick={() => onTurn(!on)}
    />
  );
}
