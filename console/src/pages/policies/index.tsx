// All policies: what each is for, where it decides, whether something is wrong with it.
import { useState } from 'preact/hooks';
import { useMay } from '../../app/session';
import { usePages, useRested } from '../../app/use';
import { useEvent } from '../../app/events';
import { Badge, Button, Empty, Icon, Page, Problem, SearchField, Table, Time, many } from '../../ui';

interface Row {
	name: string; version: number; author?: string; note?: string; created_at?: string; is_from_file?: boolean; description?: string; is_broken?: boolean;
	warnings?: number | unknown[]; used_by?: { grant: string; label: string; server: string }[];
}

const warningsOf = (r: Row): number => (Array.isArray(r.warnings) ? r.warnings.length : r.warnings ?? 0);

function UsedBy({ of }: { of: Row }) {
	const all = of.used_by ?? [], servers = [...new Set(all.map((u) => u.server))];
	if (!all.length)
		return <span class="muted">no grant</span>;
	return <span title={all.map((u) => `${u.label} at ${u.server}`).join('\n')}>{many(all.length, 'grant')} <span class="muted">at {servers.slice(0, 2).join(', ')}{servers.length > 2 && ` and ${servers.length - 2} more`}</span></span>;
}

export default function Policies() {
	const [q, setQ] = useState(''), rested = useRested(q.trim()), may = useMay();
	const list = usePages<Row>('/policies', 'policies', { q: rested || undefined });
	useEvent<{ type?: string }>('change', (c) => { if (c.type === 'policy' || c.type === 'grant') list.reload(); });
	const add = may('policy', '*') && <Button kind="primary" icon="plus" href="/policies/new">New policy</Button>;
	const isEmpty = !list.isLoading && !list.error && !list.rows.length && !rested;
	return (
		<Page title="Policies" lead="What agents may do with the tools of a server. A grant has one policy for each of its servers." actions={!isEmpty && add}>
			{list.error && <Problem error={list.error} onRetry={list.reload} />}
			{isEmpty ? <Empty icon="policy" title="No policy yet" actions={add}>Without a policy every call is refused. Begin with the one that is recommended for a server, and change what you like.</Empty> : <>
				<div class="filters"><SearchField label="Search policies" value={q} onInput={setQ} /></div>
				<Table<Row> label="Policies" rows={list.rows} keyOf={(r) => r.name} href={(r) => `/policies/${encodeURIComponent(r.name)}`} isLoading={list.isLoading && !list.rows.length}
					onEnd={list.hasMore ? list.more : undefined} empty={<Empty icon="search" title="No policy fits" actions={<Button onClick={() => setQ('')}>Show all</Button>}>Nothing has “{rested}” in its name or description.</Empty>} columns={[
						{ key: 'name', title: 'Policy', isMain: true, render: (r) => <div><a class="mono" href={`/policies/${encodeURIComponent(r.name)}`}>{r.name}</a>{r.description && <div class="muted small p-about">{r.description}</div>}</div> },
						{ key: 'used', title: 'Used by', render: (r) => <UsedBy of={r} /> },
						{ key: 'state', title: 'State', render: (r) => <span class="row">{r.is_broken ? <Badge tone="bad" icon="warn">does not load</Badge> : warningsOf(r) ? <Badge tone="warn" icon="warn">{many(warningsOf(r), 'warning')}</Badge> : <span class="p-fine"><Icon name="check" size={14} /> fine</span>}
							{r.is_from_file && <Badge tone="info">from the file</Badge>}</span> },
						{ key: 'version', title: 'Version', align: 'end', render: (r) => r.version },
						{ key: 'created_at', title: 'Changed', render: (r) => <span><Time at={r.created_at} />{r.author && <span class="muted"> by {r.author}</span>}</span> },
					]} />
			</>}
		</Page>
	);
}
