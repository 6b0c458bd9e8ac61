// Loaded only when events are asked about with Athena.
export { GlueClient } from '@aws-sdk/client-glue';
