// Loaded only when events are asked about with Athena.
export { AthenaClient } from '@aws-sdk/client-athena';
