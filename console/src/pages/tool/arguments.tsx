// The arguments that a tool takes, from its schema, with what was noticed about each.
import { Badge, Section, Table } from '../../ui';
import { Marked, signalWord } from '../../parts/tool_bits';

interface Row { name: string; type: string; isRequired: boolean; description: string; pointer: string }

function typeOf(s: any): string {
	if (!s || typeof s !== 'object')
		return 'anything';
	if (Array.isArray(s.enum))
		return s.enum.slice(0, 8).map((v: unknown) => JSON.stringify(v)).join(' | ') + (s.enum.length > 8 ? ' | …' : '');
	if (s.const !== undefined)
		return JSON.stringify(s.const);
	const type = Array.isArray(s.type) ? s.type.join(' or ') : s.type;
	if (type === 'array')
		return `list of ${typeOf(s.items)}`;
	return type ?? (s.anyOf || s.oneOf ? (s.anyOf ?? s.oneOf).map(typeOf).join(' or ') : 'anything');
}

function rows(schema: any, prefix = '', at = '/inputSchema', depth = 0): Row[] {
	const required: string[] = Array.isArray(schema?.required) ? schema.required : [];
	return Object.entries(schema?.properties ?? {}).flatMap(([k, v]: [string, any]) => {
		const pointer = `${at}/properties/${k.replaceAll('~', '~0').replaceAll('/', '~1')}`;
		const own = { name: prefix + k, type: typeOf(v), isRequired: required.includes(k), description: typeof v?.description === 'string' ? v.description : '', pointer };
		return [own, ...(depth < 2 && v?.type === 'object' ? rows(v, `${prefix}${k}.`, pointer, depth + 1) : [])];
	});
}

export function Arguments({ schema, evidence }: { schema?: Record<string, unknown>; evidence: { pointer: string; at: number; quote: string; speaks_for: string }[] }) {
	const list = rows(schema);
	return (
		<Section title="Arguments">
			<Table<Row> label="Arguments" rows={list} keyOf={(r) => r.pointer} empty={<p class="muted">It takes no arguments, or does not say which.</p>} columns={[
				{ key: 'name', title: 'Argument', isMain: true, render: (r) => <span class="mono wrap">{r.name}{r.isRequired && <span class="muted small"> required</span>}</span> },
				{ key: 'type', title: 'Type', render: (r) => <code class="small wrap">{r.type}</code> },
				{ key: 'description', title: 'Description', render: (r) => <span class="wrap"><Marked text={r.description} marks={evidence.filter((e) => e.pointer === `${r.pointer}/description`)} />
					{[...new Set(evidence.filter((e) => e.pointer === r.pointer).map((e) => e.speaks_for))].map((s) => <span key={s}> <Badge>{signalWord(s)}</Badge></span>)}</span> },
			]} />
		</Section>
	);
}
