import { TrinoSQL } from 'dt-sql-parser';

const trino = new TrinoSQL();

/** What the grammar of Trino, which is Athena's, has against a query. */
export const trinoComplaints = (query: string): string[] =>
  trino.validate(`${query};`).map(({ message, startColumn }) => `${startColumn}: ${message}`);
