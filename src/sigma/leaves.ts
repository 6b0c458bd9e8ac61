import { text, type Value } from './event.ts';

/**
 * Each value of an event as `path=value`. Arrays add nothing to a path, so that a path through one means any of its elements, as
 * the flattened form of other products has it. What Kubernetes keeps for itself about who set which field is left out.
 */
export function leavesOf(event: Value): string {
  const lines: string[] = [];
  walk(event, '', lines);
  return `\n${lines.join('\n')}\n`;
}

function walk(value: Value, path: string, lines: string[]): void {
  if (Array.isArray(value)) {
    if (value.length === 0) lines.push(`${path}=[]`);
    for (const one of value) walk(one, path, lines);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0 && path) lines.push(`${path}={}`);
    for (const [key, one] of entries)
      if (key !== 'managedFields') walk(one, path ? `${path}.${text(key)}` : text(key)!, lines);
  } else {
    const leaf = text(value);
    if (leaf !== null) lines.push(`${path}=${leaf}`);
  }
}
