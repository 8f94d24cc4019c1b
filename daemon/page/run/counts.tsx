/** Added and removed lines as figures, readable without colour. */
export function Counts({ additions, deletions }: { additions: number; deletions: number }) {
  if (additions + deletions === 0) return null;
  return (
    <span class="counts">
      <span class="cb-text-good">+{additions.toLocaleString('en')}</span> <span class="cb-text-bad">−{deletions.toLocaleString('en')}</span>
    </span>
  );
}
