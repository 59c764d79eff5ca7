// Records of what people changed: before and after as a list of differences.
import type { Change, Difference } from '../../app/types';

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const escape = (k: string): string => k.replaceAll('~', '~0').replaceAll('/', '~1');

export const DIFFERENCES_MAX = 200;

// What stands at each pointer before and after; a member that one side lacks is undefined there.
export function differenceOf(from: unknown, to: unknown, pointer = '', out: Difference[] = []): Difference[] {
	if (out.length >= DIFFERENCES_MAX || JSON.stringify(from) === JSON.stringify(to))
		return out;
	if (isObject(from) && isObject(to)) {
		for (const k of [...new Set([...Object.keys(from), ...Object.keys(to)])])
			differenceOf(from[k], to[k], `${pointer}/${escape(k)}`, out);
	} else if (Array.isArray(from) && Array.isArray(to)) {
		for (let i = 0; i < Math.max(from.length, to.length); i++)
			differenceOf(from[i], to[i], `${pointer}/${i}`, out);
	} else {
		out.push({ pointer, from, to });
	}
	return out;
}

const VERBS: Record<string, string> = {
	create: 'added', add: 'added', update: 'changed', delete: 'removed', remove: 'removed', revoke: 'revoked', rotate: 'gave a new token to', restore: 'restored',
	enable: 'enabled', disable: 'disabled', invite: 'invited', bind: 'bound', unbind: 'unbound', approve: 'approved', deny: 'denied', accept: 'accepted', reject: 'rejected',
	sign_in: 'signed in', sign_out: 'signed out', verify: 'verified', reload: 'reloaded', import: 'imported', export: 'exported', play: 'played',
};

// What people call the object, where its id is a number.
function nameOf(c: Change): string {
	for (const side of [c.after, c.before]) {
		if (isObject(side)) {
			const name = side.label ?? side.name;
			if (typeof name === 'string' && name)
				return name;
		}
	}
	return c.object.type === 'user' && c.object.id === c.who.id ? c.who.name : c.object.id;
}

// "policy.update" of policy files: "changed policy files".
export function sentenceOf(c: Change): string {
	const verb = c.action.slice(c.action.indexOf('.') + 1);
	const said = VERBS[verb] ?? verb.replaceAll('_', ' ');
	if (verb === 'sign_in' || verb === 'sign_out')
		return said;
	return [said, c.object.type.replaceAll('_', ' '), nameOf(c)].filter(Boolean).join(' ');
}

export const OBJECT_TYPES: readonly { value: string; label: string }[] = [
	{ value: 'policy', label: 'Policies' }, { value: 'server', label: 'Servers' }, { value: 'grant', label: 'Grants' }, { value: 'pin', label: 'Changed tools' },
	{ value: 'approval', label: 'Approvals' }, { value: 'user', label: 'Users' }, { value: 'token', label: 'API tokens' }, { value: 'settings', label: 'Settings' },
];

// Where an object has a page.
export function hrefOf(c: Change): string {
	const id = encodeURIComponent(c.object.id);
	switch (c.object.type) {
	case 'policy': return `/policies/${id}`;
	case 'server': return `/servers/${id}`;
	case 'grant': return `/grants/${id}`;
	case 'user': return `/users/${id}`;
	case 'approval': return `/approvals/${id}`;
	default: return '';
	}
}
