/**
 * A network as a regular expression over an address as Go writes it (RFC 5952): neither engine knows networks without an extension.
 * undefined for what is no network, or none that text can tell.
 */
export function cidrRegex(network: string): string | undefined {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? [];
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return v4(address.split('.').map(Number), Number(bits || -1));
  return address.includes(':') ? v6(address.toLowerCase(), Number(bits)) : undefined;
}

function v4(octets: readonly number[], bits: number): string | undefined {
  if (octets.some((octet) => octet > 255) || bits < 0 || bits > 32) return undefined;
  const parts = octets.map((octet, i) => {
    const free = Math.min(8, Math.max(0, (i + 1) * 8 - bits));
    if (free === 0) return String(octet);
    if (free === 8) return '\\d{1,3}';
    const first = (octet >> free) << free;
    return `(?:${Array.from({ length: 2 ** free }, (_, n) => first + n).join('|')})`;
  });
  return `^${parts.join('\\.')}$`;
}

/** Whole groups of 16 bits, none of them zero, and then a part of one whose first digit is not zero. */
function v6(address: string, bits: number): string | undefined {
  const groups = address.replace(/::.*$/, '').split(':').filter(Boolean);
  const [whole, rest] = [Math.floor(bits / 16), bits % 16];
  if (bits > 128 || !groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  if (bits === 0) return '^[0-9a-f:.]*:';
  if (bits === 128) return `^${address.replaceAll('.', '\\.')}$`;
  const fixed = groups.slice(0, whole).map((group) => Number.parseInt(group, 16));
  if (fixed.length < whole || fixed.includes(0)) return undefined;
  const start = `^${fixed.map((group) => `${group.toString(16)}:`).join('')}`;
  if (rest === 0) return start;
  const partial = Number.parseInt(groups[whole] ?? '0', 16);
  return partial < 0x1000 ? undefined : `${start}${digits(partial, rest)}:`;
}

/** Four hexadecimal digits of which only the first `bits` bits are given. */
const digits = (group: number, bits: number): string =>
  [0, 1, 2, 3]
    .map((i) => {
      const digit = (group >> (12 - i * 4)) & 15;
      const free = Math.min(4, Math.max(0, (i + 1) * 4 - bits));
      const first = (digit >> free) << free;
      return free === 0
        ? digit.toString(16)
        : `[${Array.from({ length: 2 ** free }, (_, n) => (first + n).toString(16)).join('')}]`;
    })
    .join('');
