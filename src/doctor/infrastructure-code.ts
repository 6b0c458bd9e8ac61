import { isOurs, type Step } from '../engine/plan.ts';
import { managerOf } from '../render/document.ts';
import { as, type Found } from './exam.ts';

/** As the EKS API reference lists them. */
const LOG_TYPES = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

const TOOLS = { cloudformation: 'CloudFormation', eksctl: 'eksctl', terraform: 'Terraform' } as const;

/**
 * A cluster whose audit logging we turn on, or have turned on, while a tool believes that it holds the cluster's settings: its next
 * apply turns audit logging off, unless its code says what is true. Of one that logged before us the code says so already.
 */
export function codeThatUndoes({ resource, actual, action }: Step): Found[] {
  const tags = actual.tags ?? {};
  const manager = managerOf(tags);
  if (!manager || !(isOurs(resource, actual) || action === 'update' || action === 'restore')) return [];
  const { name: id, region } = resource;
  const on = (actual.facts.types ?? []) as readonly string[];
  const types = LOG_TYPES.filter((type) => on.includes(type) || type === 'audit');
  const stack = tags['aws:cloudformation:stack-name'];
  const owner = `${TOOLS[manager]}${manager === 'cloudformation' && stack ? `, stack ${stack}` : ''}`;
  const base = { code: 'CODE_UNDOES', region, id };
  if (action === 'restore')
    return [
      as('warning', {
        ...base,
        message: `cluster ${id} in ${region} is managed by ${owner}: where its code names audit, the next apply turns it on again`,
        hint: lineOf(
          manager,
          types.filter((type) => type !== 'audit'),
        ),
      }),
    ];
  return [
    as('warning', {
      ...base,
      message: `cluster ${id} in ${region} is managed by ${owner}: unless its code says so too, the next apply turns audit logging off`,
      hint: lineOf(manager, types),
    }),
  ];
}

/** Its upgrade guides to version 21. */
const MODULE = ' (terraform-aws-modules/eks: enabled_log_types; before its version 21: cluster_enabled_log_types)';

/** The very line for these log types (eksctl schema; terraform-provider-aws, aws_eks_cluster; AWS::EKS::Cluster Logging). */
function lineOf(manager: keyof typeof TOOLS, types: readonly string[]): string {
  const list = JSON.stringify(types).replaceAll(',', ', ');
  if (manager === 'eksctl') return `in its ClusterConfig: cloudWatch: { clusterLogging: { enableTypes: ${list} } }`;
  if (manager === 'terraform') return `in its aws_eks_cluster: enabled_cluster_log_types = ${list}${MODULE}`;
  const entries = types.map((type) => `{ Type: ${type} }`).join(', ');
  return `in its AWS::EKS::Cluster: Logging: { ClusterLogging: { EnabledTypes: [${entries}] } }`;
}
