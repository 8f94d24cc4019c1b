/** Cents as people write them: `€ 12.50`, and `€ 12` for a round sum. */
export function money(cents) {
  const euros = (cents / 100).toFixed(2);
  return `€ ${euros.endsWith('.00') ? euros.slice(0, -3) : euros}`;
}
