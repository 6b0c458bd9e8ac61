// Loaded only when findings are sent, and no more of these packages than that needs.
export { EventBridgeClient } from '@aws-sdk/client-eventbridge';
export { SNSClient } from '@aws-sdk/client-sns';
