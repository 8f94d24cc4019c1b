/** Number of a slot, which is also the seat of its sandboxes. 0 is the gate's. */
export function seatOf(slot: string): number {
  const seat = Number(/^preview-(\d+)$/.exec(slot)?.[1]);
  if (!Number.isInteger(seat)) throw new Error(`${slot} is no slot`);
  return seat;
}
