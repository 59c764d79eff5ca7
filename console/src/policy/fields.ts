// What the builder can show of a policy: one table for each kind of object. A member that stands in no
// table, or whose value does not fit, is shown as JSON and left as it is.
import type { Node, ObjectNode } from './json';
import { isOperator, fitsOperator } from './operators';

export type Kind =
	| 'enum' | 'text' | 'flag' | 'count' | 'number' | 'duration' | 'window' | 'path' | 'words' | 'groups' | 'conditions' | 'limits'
	| 'rate' | 'json';

export interface Field {
	key: string;
	kind: Kind;
	label: string;
	help?: string;
	options?: readonly (readonly [value: string, label: string])[]; // of enum, and proposals for words
	isRequired?: boolean;
	min?: number;
	max?: number;
	placeholder?: string;
}

export const WINDOWS = ['second', 'minute', 'hour', 'day', 'week', 'month'] as const;
export const CLASSES = ['read', 'write', 'execute', 'destructive', 'financial'] as const;
export const LABELS = ['reads_private', 'reads_untrusted', 'reads_secret', 'sends_out', 'destroys', 'spends', 'executes', 'writes_memory',
	'changes_config', 'changes_code'] as const;

const ALLOW_DENY = [['allow', 'Allow'], ['deny', 'Deny']] as const;

const ASKING: readonly Field[] = [
	{ key: 'expires', kind: 'duration', label: 'Answer within', help: 'How long people may take, and the approval be used. Default 30m.', placeholder: '30m' },
	{ key: 'hold', kind: 'duration', label: 'Call waits', help: 'How long the call itself waits for a person. 0s: not at all. Default 50s.', placeholder: '50s' },
	{ key: 'quorum', kind: 'count', label: 'People who must agree', help: 'Different people. Default 1.', min: 1, max: 20, placeholder: '1' },
];

export const RULES: readonly Field[] = [
	{ key: 'action', kind: 'enum', label: 'Action', options: [['allow', 'Allow'], ['deny', 'Deny'], ['hide', 'Hide'], ['require_approval', 'Ask a person']] },
	{ key: 'reason', kind: 'text', label: 'Text for the agent', help: 'Sent when the action refuses or asks.' },
	{ key: 'require', kind: 'groups', label: 'Require', help: 'Each group must hold, or the call is refused.' },
	{ key: 'deny_if', kind: 'groups', label: 'Deny if', help: 'One group that holds refuses the call.' },
	{ key: 'approve_if', kind: 'groups', label: 'Ask a person if', help: 'One group that holds makes the call wait for a person.' },
	...ASKING,
	{ key: 'limits', kind: 'limits', label: 'Limits', help: 'How often, how much, how many at once.' },
	{ key: 'rate_limit', kind: 'rate', label: 'Rate', help: 'Short form of one limit.', placeholder: '10/minute' },
	{ key: 'schema', kind: 'json', label: 'Schema of your own', help: 'A JSON Schema that the arguments must satisfy as well.' },
	{ key: 'validate', kind: 'enum', label: 'Check arguments', options: [['schema', "By the tool's schema"], ['strict', 'Strictly: nothing undeclared'], ['off', 'Not at all']] },
	{ key: 'timeout_ms', kind: 'count', label: 'Time for an answer, ms', min: 1, max: 86400000 },
	{ key: 'max_result_bytes', kind: 'count', label: 'Largest answer, bytes', min: 1 },
];

export const LIMIT: readonly Field[] = [
	{ key: 'counter', kind: 'text', label: 'Counter', help: 'Ends the rule in records.', isRequired: true },
	{ key: 'max', kind: 'number', label: 'At most', isRequired: true, placeholder: '10' },
	{ key: 'window', kind: 'window', label: 'Per', help: 'In UTC.' },
	{ key: 'scope', kind: 'enum', label: 'Shared by', options: [['grant', 'One grant'], ['session', 'One session'], ['subject', 'All grants of a person'],
		['server', 'All grants'], ['organisation', 'All grants at all servers']] },
	{ key: 'increment_from', kind: 'path', label: 'Count the argument', help: 'The number in this argument is counted, in place of calls.' },
	{ key: 'increment', kind: 'number', label: 'A call counts', placeholder: '1' },
	{ key: 'algorithm', kind: 'enum', label: 'Window', options: [['fixed', 'Fixed'], ['sliding', 'Sliding']] },
	{ key: 'concurrent', kind: 'flag', label: 'Count calls in flight at once, in place of a window' },
	{ key: 'repeat', kind: 'flag', label: 'Count only the same call with equal arguments' },
	{ key: 'durable', kind: 'flag', label: 'On disk before the call goes on' },
	{ key: 'on_unreachable', kind: 'enum', label: 'Counters unreachable', options: [['deny', 'Deny'], ['allow', 'Allow without counting']] },
	{ key: 'on_deny', kind: 'text', label: 'Text for the agent' },
];

export const GROUP: readonly Field[] = [
	{ key: 'conditions', kind: 'conditions', label: 'Conditions', isRequired: true },
	{ key: 'any', kind: 'flag', label: 'One condition is enough' },
	{ key: 'on_deny', kind: 'text', label: 'Text for the agent' },
];

export const FLOW: readonly Field[] = [
	{ key: 'name', kind: 'text', label: 'Name', isRequired: true },
	{ key: 'after', kind: 'words', label: 'After results with all of', options: LABELS.map((l) => [l, l]), isRequired: true },
	{ key: 'refuse', kind: 'words', label: 'Refuse tools with one of', options: LABELS.map((l) => [l, l]), isRequired: true },
	{ key: 'conditions', kind: 'conditions', label: 'Only calls for which' },
	{ key: 'unless', kind: 'enum', label: 'In place of a refusal', options: [['approval', 'Ask a person']] },
	{ key: 'unless_same', kind: 'path', label: 'Unless this argument stays the same' },
	{ key: 'window', kind: 'window', label: 'A label counts for' },
	{ key: 'reason', kind: 'text', label: 'Text for the agent' },
];

export const RESULTS: readonly Field[] = [
	{ key: 'redact', kind: 'words', label: 'Replace in answers', help: 'For a pattern of your own write pattern: and a regular expression.',
		options: ['secrets', 'personal', 'email', 'card', 'iban', 'ssn', 'phone', 'national_id'].map((w) => [w, w]) },
	{ key: 'on_injection', kind: 'enum', label: 'Orders to the model', options: [['flag', 'Pass, and say so'], ['refuse', 'Withhold the answer']] },
	{ key: 'max_bytes', kind: 'count', label: 'Largest answer, bytes', min: 1 },
	{ key: 'content_types', kind: 'words', label: 'Parts that may pass', options: ['text', 'image/*', 'audio/*', 'resource_link'].map((w) => [w, w]) },
];

export const APPROVALS: readonly Field[] = ASKING;

const named = (what: string): readonly Field[] => [
	{ key: 'default', kind: 'enum', label: 'Otherwise', options: ALLOW_DENY },
	{ key: 'allow', kind: 'words', label: 'Allow', help: `Names or patterns of ${what}.` },
	{ key: 'deny', kind: 'words', label: 'Deny', help: 'Goes before allow.' },
];
export const RESOURCES = named('URIs');
export const PROMPTS = named('prompts');

export const SERVER_REQUESTS: readonly Field[] = [
	{ key: 'sampling', kind: 'enum', label: 'Ask the model for text', options: ALLOW_DENY },
	{ key: 'elicitation', kind: 'enum', label: 'Ask the user for input', options: ALLOW_DENY },
	{ key: 'roots', kind: 'enum', label: 'Ask for the working folders', options: ALLOW_DENY },
];

export const ABOUT: readonly Field[] = [
	{ key: 'description', kind: 'text', label: 'Description', help: 'For people.' },
	{ key: 'default', kind: 'enum', label: 'Tools that nothing names', options: ALLOW_DENY, isRequired: true },
	{ key: 'mode', kind: 'enum', label: 'Mode', options: [['enforce', 'Enforce'], ['shadow', 'Shadow: record only, let every call through']] },
	{ key: 'hide', kind: 'words', label: 'Hide', help: 'Names or patterns. Left out of lists, and refused.' },
	{ key: 'hide_denied', kind: 'flag', label: 'Leave tools out of lists that only the default denies' },
];

// Keys in the order in which new ones are put.
const DOCUMENT_KEYS = ['version', 'description', 'default', 'mode', 'hide', 'hide_denied', 'all_tools', 'classes', 'tools', 'labels', 'flows',
	'results', 'approvals', 'resources', 'prompts', 'server_requests'] as const;
const CONDITION_KEYS = ['path', 'op', 'value', 'schemes', 'dialect'] as const;

const keysOf = (fields: readonly Field[]): readonly string[] => fields.map((f) => f.key);

export function orderOf(path: readonly (string | number)[]): readonly string[] | undefined {
	const n = path.length, last = path[n - 1], above = path[n - 2];
	if (!n)
		return DOCUMENT_KEYS;
	if (n === 1)
		return ({ results: keysOf(RESULTS), approvals: keysOf(APPROVALS), classes: CLASSES, resources: keysOf(RESOURCES), prompts: keysOf(PROMPTS),
			all_tools: keysOf(RULES) } as Record<string, readonly string[]>)[String(last)];
	if (n === 2 && (above === 'tools' || above === 'classes'))
		return keysOf(RULES);
	if (above === 'limits')
		return keysOf(LIMIT);
	if (above === 'flows')
		return keysOf(FLOW);
	if (above === 'conditions')
		return CONDITION_KEYS;
	if (above === 'require' || above === 'deny_if' || above === 'approve_if')
		return keysOf(GROUP);
	return undefined;
}

const isInteger = (n: Node): boolean => n.kind === 'number' && /^-?\d+$/.test(n.raw);
export const DURATION = /^[0-9]+[smhd]$/;

export function isCondition(n: Node): boolean {
	if (n.kind !== 'object')
		return false;
	const of = (key: string) => n.members.find((m) => m.key === key)?.value;
	const path = of('path'), op = of('op'), value = of('value');
	const isKnown = n.members.every((m) => (CONDITION_KEYS as readonly string[]).includes(m.key));
	if (!isKnown || path?.kind !== 'string' || op?.kind !== 'string' || !isOperator(op.value))
		return false;
	const schemes = of('schemes'), dialect = of('dialect');
	return fitsOperator(op.value, value) && (!schemes || isWords(schemes)) && (!dialect || dialect.kind === 'string');
}

const isWords = (n: Node): boolean => n.kind === 'array' && n.items.every((v) => v.kind === 'string');
const isObjects = (n: Node): boolean => n.kind === 'array' && n.items.every((v) => v.kind === 'object');

export function isRate(n: Node): boolean {
	if (n.kind === 'string')
		return /^[0-9.]+\/(second|minute|hour|day|week|month)$/.test(n.value);
	return false;
}

export function fits(f: Field, n: Node): boolean {
	switch (f.kind) {
	case 'enum':
		return n.kind === 'string' && f.options!.some(([v]) => v === n.value);
	case 'text':
	case 'path':
		return n.kind === 'string';
	case 'flag':
		return n.kind === 'boolean';
	case 'count':
		return isInteger(n);
	case 'number':
		return n.kind === 'number';
	case 'duration':
		return n.kind === 'string' && DURATION.test(n.value);
	case 'window':
		return isInteger(n) || (n.kind === 'string' && (WINDOWS as readonly string[]).includes(n.value));
	case 'words':
		return isWords(n);
	case 'groups':
	case 'limits':
		return isObjects(n);
	case 'conditions':
		return n.kind === 'array';
	case 'rate':
		return isRate(n);
	case 'json':
		return true;
	}
}

// The members of an object, split into those that the table shows and those that it does not.
export function shown(fields: readonly Field[], node: Node | undefined): { fields: Map<string, Node>; custom: string[] } {
	const known = new Map<string, Node>(), custom: string[] = [];
	for (const m of node?.kind === 'object' ? (node as ObjectNode).members : []) {
		const f = fields.find((x) => x.key === m.key);
		if (f && fits(f, m.value))
			known.set(m.key, m.value);
		else
			custom.push(m.key);
	}
	return { fields: known, custom };
}
