import { hasUnseen, visiblePieces } from './visible-text.ts';

/** One line of text that somebody else wrote, with unseen characters made visible. */
export function Visible({ text }: { text: string }) {
  if (!hasUnseen(text)) return <>{text}</>;
  return (
    <>
      {visiblePieces(text).map((piece) =>
        piece.mark ? (
          <mark class="cb-unseen" title={piece.mark}>
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

/** Several lines of such text; line breaks are kept. */
export function VisibleBlock({ text }: { text: string }) {
  if (!hasUnseen(text.replaceAll('\n', ''))) return <>{text}</>;
  return (
    <>
      {text.split('\n').map((line, index) => (
        <>
          {index > 0 ? '\n' : ''}
          <Visible text={line} />
        </>
      ))}
    </>
  );
}
