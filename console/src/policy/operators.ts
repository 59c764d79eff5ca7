// The operators of conditions: which types of argument they fit, and what their value looks like.
import type { Node } from './json';

// What an argument is, as far as operators care.
export type ArgType = 'string' | 'number' | 'boolean' | 'array' | 'object' | 'any' | 'time';
export type ValueKind = 'same' | 'list' | 'flag' | 'text' | 'pattern' | 'ordered' | 'texts' | 'length' | 'sql' | 'labels' | 'maybe-flag';

export interface Operator {
	op: string;
	label: string;
	value: ValueKind;
	types: readonly ArgType[]; // empty: all
	help?: string;
	placeholder?: string;
}

export const OPERATORS: readonly Operator[] = [
	{ op: 'eq', label: 'is', value: 'same', types: [] },
	{ op: 'neq', label: 'is not', value: 'same', types: [] },
	{ op: 'in', label: 'is one of', value: 'list', types: [] },
	{ op: 'not_in', label: 'is none of', value: 'list', types: [] },
	{ op: 'lt', label: '<', value: 'ordered', types: ['number', 'time'] },
	{ op: 'lte', label: '≤', value: 'ordered', types: ['number', 'time'] },
	{ op: 'gt', label: '>', value: 'ordered', types: ['number', 'time'] },
	{ op: 'gte', label: '≥', value: 'ordered', types: ['number', 'time'] },
	{ op: 'path_within', label: 'is a path inside', value: 'texts', types: ['string'], placeholder: '/srv/site', help: 'Folders. What leaves them by .. or tricks does not hold.' },
	{ op: 'host_in', label: 'is a URL with host', value: 'texts', types: ['string'], placeholder: 'api.example.com', help: 'Hosts; *.example.com stands for all subdomains.' },
	{ op: 'host_private', label: 'is an inside address', value: 'maybe-flag', types: ['string'], help: 'Own machine, private networks, metadata services.' },
	{ op: 'urls_in_hosts', label: 'has only URLs with host', value: 'texts', types: ['string', 'array', 'object'], placeholder: 'example.com', help: 'Every URL anywhere in its texts.' },
	{ op: 'sql_only', label: 'is SQL that only does', value: 'sql', types: ['string'], help: 'Read by the parser of PostgreSQL.' },
	{ op: 'contains_secret', label: 'has a secret in it', value: 'flag', types: ['string', 'array', 'object'], help: 'Keys, tokens, passwords, private keys.' },
	{ op: 'contains', label: 'contains', value: 'same', types: ['string', 'array'] },
	{ op: 'starts_with', label: 'starts with', value: 'text', types: ['string'] },
	{ op: 'ends_with', label: 'ends with', value: 'text', types: ['string'] },
	{ op: 'glob', label: 'matches glob', value: 'text', types: ['string'], placeholder: 'src/**/*.c', help: '* and ? stay within a folder, ** crosses /' },
	{ op: 'regex', label: 'matches regex', value: 'pattern', types: ['string'], placeholder: '^[a-z]+$', help: 'PCRE2, not anchored.' },
	{ op: 'length_lte', label: 'has length ≤', value: 'length', types: ['string', 'array', 'object'], help: 'Characters, elements or keys.' },
	{ op: 'length_gte', label: 'has length ≥', value: 'length', types: ['string', 'array', 'object'] },
	{ op: 'exists', label: 'is there', value: 'flag', types: [], help: 'There and not null.' },
	{ op: 'seen_in', label: 'came from a result with label', value: 'labels', types: ['string', 'array', 'object'], help: 'An address, link, account or path that a result brought first.' },
];

export const SQL_KINDS = ['select', 'insert', 'update', 'delete', 'merge', 'truncate', 'lock', 'explain', 'show', 'set', 'transaction', 'ddl',
	'grant', 'maintenance', 'notify', 'execute'] as const;
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

export const operatorOf = (op: string): Operator | undefined => OPERATORS.find((o) => o.op === op);
export const isOperator = (op: string): boolean => operatorOf(op) !== undefined;

export function operatorsFor(type: ArgType): readonly Operator[] {
	return type === 'any' ? OPERATORS : OPERATORS.filter((o) => !o.types.length || o.types.includes(type));
}

const isText = (n: Node): boolean => n.kind === 'string';
const isTexts = (n: Node): boolean => n.kind === 'array' && n.items.every(isText);
const isPlain = (n: Node): boolean => n.kind !== 'object' && n.kind !== 'array';

// Whether the builder has an input for such a value. What it has none for is shown as JSON.
export function fitsOperator(op: string, v: Node | undefined): boolean {
	const kind = operatorOf(op)?.value;
	if (!v)
		return kind === 'maybe-flag';
	switch (kind) {
	case 'same':
		return isPlain(v);
	case 'list':
		return v.kind === 'array' && v.items.every(isPlain);
	case 'flag':
	case 'maybe-flag':
		return v.kind === 'boolean';
	case 'text':
	case 'pattern':
		return isText(v);
	case 'ordered':
		return v.kind === 'number' || isText(v);
	case 'texts':
	case 'labels':
	case 'sql':
		return isText(v) || isTexts(v);
	case 'length':
		return v.kind === 'number';
	default:
		return false;
	}
}

// A value to begin with, for an argument of this type.
export function firstValue(op: string, type: ArgType, options: readonly string[] = []): string {
	const plain = options[0] ?? (type === 'number' ? '0' : type === 'boolean' ? 'true' : '""');
	switch (operatorOf(op)?.value) {
	case 'list':
		return options.length ? `[${options[0]}]` : '[]';
	case 'flag':
	case 'maybe-flag':
		return 'true';
	case 'ordered':
	case 'length':
		return '0';
	case 'texts':
	case 'labels':
		return '[]';
	case 'sql':
		return '["select"]';
	case 'text':
	case 'pattern':
		return '""';
	default:
		return plain;
	}
}

// What becomes of a value when its operator changes: kept where the new one can have it.
export function carried(from: Node | undefined, raw: string | undefined, op: string, type: ArgType, options: readonly string[] = []): string {
	if (from && raw !== undefined && fitsOperator(op, from))
		return raw;
	const to = operatorOf(op)?.value;
	if (from && raw !== undefined && isPlain(from) && (to === 'list' || ((to === 'texts' || to === 'labels') && isText(from))))
		return `[${raw}]`;
	return firstValue(op, type, options);
}
