/** A boxed message: what happened, and the buttons for what to do now. */
import type { ComponentChildren } from "preact";

export type Tone = "plain" | "good" | "warning" | "danger";

/** A form beside the colour, so that the tone is also seen without it. */
const SIGN: Readonly<Record<Tone, string>> = { plain: "i", good: "✓", warning: "!", danger: "!" };

interface NoticeProps {
  tone: Tone;
  title?: string;
  /** "alert" is spoken at once, "status" when the person pauses. */
  role?: "alert" | "status";
  id?: string;
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

export function Notice({ tone, title, role, id, actions, children }: NoticeProps) {
  return (
    <div class={`notice notice-${tone}`} role={role} id={id}>
      <span class="notice-sign" aria-hidden="true">
        {SIGN[tone]}
      </span>
      <div class="notice-words">
        {title !== undefined && <h2 class="notice-title">{title}</h2>}
        <div>{children}</div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </div>
    </div>
  );
}
