import type { Finding, Notice } from '../render/document.ts';
import { as, type Check, type Exam } from './exam.ts';

/** What every command warns of, as findings: which check it belongs to, and how bad it is; null: it tells that something is not known. */
const NOTICES: Readonly<Record<string, readonly [Check, Finding['severity'] | null]>> = {
  CLUSTER_SKIPPED: ['audit-logging', 'warning'],
  DATA_REMAINS: ['delivery', 'note'],
  DELIVERY_NOT_MEASURED: ['arrival', null],
  DOUBLE_DELIVERY: ['filters', 'warning'],
  GLOB_WITHOUT_MATCH: ['audit-logging', 'warning'],
  KMS_KEY_POLICY: ['kms-keys', 'warning'],
  KMS_KEY_UNCHECKED: ['kms-keys', null],
  KMS_KEY_UNKNOWN: ['kms-keys', 'warning'],
  LOG_GROUP_NEVER_EXPIRES: ['log-groups', 'warning'],
  NO_EXTERNAL_ID: ['rad-access', 'warning'],
  PERMISSION_OPTIONAL: ['permissions', null],
  RAD_KNOWS_ACCOUNT: ['rad-access', 'note'],
  RAD_NOT_REGISTERED: ['rad-access', 'note'],
  RECORD_MISSING: ['delivery', 'error'],
  ROLE_PERMISSIONS: ['delivery', 'warning'],
  ROLE_TRUST: ['delivery', 'warning'],
  ROLE_TRUST_OPEN: ['rad-access', 'error'],
  ROLE_UNCHECKED: ['delivery', null],
};

export const noticeExams = (notices: readonly Notice[]): Exam[] =>
  notices.map((notice) => {
    const [check, severity] = NOTICES[notice.code] ?? ['delivery', 'warning'];
    const { region, message, hint } = notice;
    return {
      check,
      region,
      findings: severity ? [as(severity, notice)] : [],
      unknown: severity ? undefined : hint ? `${message} (${hint})` : message,
      fine: '',
    };
  });
