// Which records one looks at: from the address bar, to the API, as chips; and whether a live record is one of them.
import { boundsOf, isMoving, rangeInto, rangeOf, type Range } from './range';
import { decisionLabel, outcomeLabel, targetOf, type CallRecord } from './record';

export const FIELDS = ['decision', 'outcome', 'server', 'tool', 'grant', 'rule', 'method', 'subject'] as const;
export type Field = (typeof FIELDS)[number];
export type Filter = { [K in Field]?: string } & { q?: string; range: Range };

export const FIELD_LABEL: Record<Field, string> = {
	decision: 'Decision', outcome: 'Outcome', server: 'Server', tool: 'Tool', grant: 'Grant', rule: 'Rule', method: 'Method', subject: 'Subject',
};

export function filterOf(search: URLSearchParams): Filter {
	const filter: Filter = { range: rangeOf(search) };
	for (const field of [...FIELDS, 'q' as const]) {
		const value = search.get(field);
		if (value)
			filter[field] = value;
	}
	return filter;
}

export function searchOf(filter: Filter): URLSearchParams {
	const search = new URLSearchParams();
	for (const field of [...FIELDS, 'q' as const]) {
		const value = filter[field];
		if (value)
			search.set(field, value);
	}
	rangeInto(search, filter.range);
	return search;
}

// The query of GET /records and /records/export. A range that ends now has no end there.
export function queryOf(filter: Filter, now: number): URLSearchParams {
	const query = searchOf({ ...filter, range: {} });
	const { since, until } = boundsOf(filter.range, now);
	query.set('since', new Date(since).toISOString());
	if (!isMoving(filter.range))
		query.set('until', new Date(until).toISOString());
	return query;
}

export function exportHref(filter: Filter, format: 'csv' | 'jsonl', now: number): string {
	const query = queryOf(filter, now);
	query.set('format', format);
	return `/api/v1/records/export?${query}`;
}

export interface Chip { field: Field | 'q'; label: string; value: string }

export function chipsOf(filter: Filter, grantName: (id: string) => string): Chip[] {
	const chips: Chip[] = [];
	for (const field of FIELDS) {
		const value = filter[field];
		if (!value)
			continue;
		const shown = field === 'decision' ? decisionLabel(value) : field === 'outcome' ? outcomeLabel(value) : field === 'grant' ? grantName(value) : value;
		chips.push({ field, label: FIELD_LABEL[field], value: shown });
	}
	if (filter.q)
		chips.push({ field: 'q', label: 'Search', value: filter.q });
	return chips;
}

export const isFiltered = (filter: Filter): boolean => FIELDS.some((f) => filter[f]) || !!filter.q;

const has = (text: string | undefined, part: string): boolean => (text ?? '').toLowerCase().includes(part);

// As the API finds them, for records that come by event.
export function matches(filter: Filter, r: CallRecord): boolean {
	if (filter.range.until !== undefined || (filter.range.since !== undefined && Date.parse(r.time) < filter.range.since))
		return false;
	if (filter.decision && r.decision !== filter.decision)
		return false;
	if (filter.outcome && r.outcome !== filter.outcome)
		return false;
	if (filter.server && r.server !== filter.server)
		return false;
	if (filter.tool && r['gen_ai.tool.name'] !== filter.tool)
		return false;
	if (filter.grant && r['grant.id'] !== filter.grant && r['grant.label'] !== filter.grant)
		return false;
	if (filter.rule && r.rule !== filter.rule)
		return false;
	if (filter.method && r['mcp.method.name'] !== filter.method)
		return false;
	if (filter.subject && r['user.id'] !== filter.subject)
		return false;
	if (filter.q) {
		const q = filter.q.toLowerCase();
		return [targetOf(r), r.rule, r.message, r['grant.label'], r.session, r['user.id']]
			.some((text) => has(text, q));
	}
	return true;
}
