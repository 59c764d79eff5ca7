// Roles as a matrix: the organisation and single servers down, roles across. Several roles in one row add up.
import type { Role, RoleGiven } from '../../app/types';

export const ROLES: readonly { value: Role; label: string; help: string }[] = [
	{ value: 'viewer', label: 'Viewer', help: 'Sees servers, tools, policies, grants and calls. No secrets, no arguments.' },
	{ value: 'auditor', label: 'Auditor', help: 'A viewer who also sees who changed what, verifies the audit chain and exports records.' },
	{ value: 'approver', label: 'Approver', help: 'A viewer who also sees the arguments of calls that wait, and decides them.' },
	{ value: 'policy_manager', label: 'Policy manager', help: 'A viewer who also writes policies, binds them, and accepts changed tools.' },
	{ value: 'admin', label: 'Admin', help: 'May do everything, with people, servers and settings too.' },
];
export const roleLabel = (r: string): string => ROLES.find((x) => x.value === r)?.label ?? r;

const key = (g: RoleGiven): string => `${g.server ?? ''}\n${g.role}`;

export const hasRole = (given: readonly RoleGiven[], role: Role, server: string | null): boolean =>
	given.some((g) => g.role === role && g.server === server);

export function withRole(given: readonly RoleGiven[], role: Role, server: string | null, on: boolean): RoleGiven[] {
	const others = given.filter((g) => g.role !== role || g.server !== server);
	return sorted(on ? [...others, { role, server }] : others);
}

export const withoutServer = (given: readonly RoleGiven[], server: string): RoleGiven[] => given.filter((g) => g.server !== server);

// The organisation first, servers by name, weakest role first.
export function sorted(given: readonly RoleGiven[]): RoleGiven[] {
	const rank = (r: Role): number => ROLES.findIndex((x) => x.value === r);
	return [...given].sort((a, b) => (a.server === b.server ? rank(a.role) - rank(b.role) : a.server === null ? -1 : b.server === null ? 1 : a.server.localeCompare(b.server)));
}

export const serversOf = (given: readonly RoleGiven[]): string[] =>
	[...new Set(given.flatMap((g) => (g.server === null ? [] : [g.server])))].sort((a, b) => a.localeCompare(b));

export function isSame(a: readonly RoleGiven[], b: readonly RoleGiven[]): boolean {
	const x = new Set(a.map(key)), y = new Set(b.map(key));
	return x.size === y.size && [...x].every((k) => y.has(k));
}

// A role that another one of the same row already includes: shown as ticked by it.
export function includedBy(given: readonly RoleGiven[], role: Role, server: string | null): string {
	const rows = server === null ? [null] : [null, server];
	for (const row of rows) {
		if (role !== 'admin' && hasRole(given, 'admin', row))
			return row === null && server !== null ? 'Admin of the organisation' : 'Admin';
		if (row === null && server !== null && hasRole(given, role, null))
			return `${roleLabel(role)} of the organisation`;
		if (role === 'viewer' && given.some((g) => g.server === row && g.role !== 'viewer'))
			return roleLabel(given.find((g) => g.server === row && g.role !== 'viewer')!.role);
	}
	return '';
}

// "Admin", "Viewer; Approver of files, mail".
export function rolesText(given: readonly RoleGiven[]): string {
	if (given.length === 0)
		return 'No role yet';
	const parts = given.filter((g) => g.server === null).map((g) => roleLabel(g.role));
	const byRole = new Map<Role, string[]>();
	for (const g of sorted(given)) {
		if (g.server !== null)
			byRole.set(g.role, [...(byRole.get(g.role) ?? []), g.server]);
	}
	for (const [role, servers] of byRole)
		parts.push(`${roleLabel(role)} of ${servers.length > 3 ? `${servers.length} servers` : servers.join(', ')}`);
	return parts.join('; ');
}
