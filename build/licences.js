/** What may be shipped in a package under Apache-2.0: a licence that is new here is read by a person first. */
const SHIPPED = ['Apache-2.0', 'MIT', 'ISC', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

/** Notices of the packages that are in the program, equal texts once. Throws for a licence that is not known. */
export function thirdParty(packages) {
  const unknown = packages.filter(({ license }) => !SHIPPED.includes(license));
  if (unknown.length) throw new Error(`not to be shipped: ${unknown.map(nameOf).join(', ')}`);

  const byText = new Map();
  for (const one of packages) {
    const text = one.texts.join('\n\n') || `It comes without a text of its licence, ${one.license}: see ${one.home}`;
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const notices = [...byText].map(([text, those]) => `${those.map(nameOf).join('\n')}\n\n${text}`);
  return `rad-connect contains code of these packages.\n\n${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

const nameOf = ({ name, version, license, author }) => `${name} ${version} (${license}${author ? `, ${author}` : ''})`;
