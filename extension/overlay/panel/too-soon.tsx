/** Why a press on something guarded did nothing, and that another will. */
export function TooSoon() {
  return (
    <p class="run-now" role="alert">
      That came too soon: the button takes a press once it has been whole and uncovered in sight for a second. Press again.
    </p>
  );
}
