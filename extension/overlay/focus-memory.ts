/** Remembers where the focus of a page is, caret and selection included; the answer puts it back. */
export function rememberFocus(): () => Element | undefined {
  const element = deepestFocus(document);
  const { anchorNode, anchorOffset = 0, focusNode, focusOffset = 0 } = element?.ownerDocument.getSelection() ?? {};
  return () => {
    if (!(element instanceof HTMLElement || element instanceof SVGElement) || !element.isConnected) return undefined;
    const focus = () => element.focus({ preventScroll: true });
    focus();
    // Firefox lets nothing move the focus into a frame of another origin while it still tells of the key that closed us.
    if (element instanceof HTMLIFrameElement && (element.getRootNode() as Document | ShadowRoot).activeElement !== element)
      setTimeout(focus);
    // Fields keep their own selection; text that is edited in place loses it with the focus.
    if (element instanceof HTMLElement && element.isContentEditable && anchorNode?.isConnected && focusNode?.isConnected) {
      element.ownerDocument.getSelection()?.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
    }
    return element;
  };
}

/** The focused element, looked for inside open shadow roots. A frame counts as one element: it remembers its own. */
function deepestFocus(root: DocumentOrShadowRoot): Element | undefined {
  const { activeElement } = root;
  if (activeElement === null || activeElement === document.body) return undefined;
  return (activeElement.shadowRoot && deepestFocus(activeElement.shadowRoot)) ?? activeElement;
}
