import type { Notice } from '../render/document.ts';

interface NoticesProps {
  readonly title: string;
  readonly notices: readonly Notice[];
  readonly kind: 'error' | 'warning';
}

export function Notices({ title, notices, kind }: NoticesProps) {
  if (notices.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul class="notes">
        {notices.map(({ code, message, hint }, i) => (
          <li class={kind} key={`${i} ${code}`}>
            {message}
            {hint && (
              <p class="soft">
                → <code>{hint}</code>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
