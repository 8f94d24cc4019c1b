/** Once what was done now can be seen: nothing that takes long comes before it. */
export function afterPaint(then: () => void): void {
  requestAnimationFrame(() => setTimeout(then));
}
