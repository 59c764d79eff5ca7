// The servers behind the gate: how they are, and what they offer.
import { seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { useQuery } from '../../app/router';
import { line } from '../../app/server_text';
import { useMay } from '../../app/session';
import type { Server } from '../../app/types';
import { usePages, useRested } from '../../app/use';
import { Badge, Button, Column, Empty, Page, Problem, SearchField, Select, StateDot, Table, count, many } from '../../ui';
import { useState } from 'preact/hooks';

export function SeverityCounts({ of }: { of?: Partial<Record<string, number>> }) {
	const all = [['critical', 'bad'], ['high', 'high'], ['medium', 'warn'], ['low', 'good']] as const;
	if (!all.some(([k]) => of?.[k]))
		return <span class="muted">–</span>;
	return <span class="severities">{all.filter(([k]) => of?.[k]).map(([k, tone]) => <Badge key={k} tone={tone} title={`${of![k]} ${k}`}>{of![k]}<span class="sr-only"> {k}</span></Badge>)}</span>;
}

const columns: Column<Server>[] = [
	{ key: 'name', title: 'Server', isSorted: true, isMain: true, render: (s) => (
		<div class="tried-text"><span><a class="mono" href={`/servers/${seg(s.name)}`}>{s.name}</a>{s.is_from_file && <> <Badge title="It stands in gatehouse.yaml and is changed there">file</Badge></>}</span>
			<span class="muted small mono cut where">{s.url ?? (s.command ? line(s.command) : 'part of the gate')}</span></div>) },
	{ key: 'state', title: 'State', isSorted: true, width: '150px', render: (s) => <span title={s.error}><StateDot state={s.is_enabled ? s.state : 'disabled'} /></span> },
	{ key: 'tools', title: 'Tools', isSorted: true, align: 'end', width: '90px', render: (s) => count(s.tools?.total) },
	{ key: 'severity', title: 'Risk', isSorted: true, width: '190px', render: (s) => <SeverityCounts of={s.tools?.by_severity} /> },
	{ key: 'held', title: 'Held', isSorted: true, align: 'end', width: '90px', render: (s) => (s.tools?.held ? <Badge tone="warn">{s.tools.held}</Badge> : <span class="muted">–</span>) },
];

const STATES = [{ value: '', label: 'Any state' }, { value: 'up', label: 'Up' }, { value: 'down', label: 'Down' }, { value: 'unknown', label: 'Not asked yet' }, { value: 'disabled', label: 'Off' }];

export default function Servers() {
	const may = useMay();
	const [{ q, state, sort, held }, set] = useQuery('q', 'state', 'sort', 'held');
	const [typed, setTyped] = useState(q);
	const rested = useRested(typed);
	const list = usePages<Server>('/servers', 'servers', { q: rested, state, sort, held, limit: 100 });
	useEvent('server', () => list.reload());
	const isFiltered = !!(typed || state || held);
	return (
		<Page title="Servers" lead="What agents reach through this gate. Each has an address of its own, and its tools are pinned: what changes is held back until somebody accepts it."
			actions={may('manage') ? <Button kind="primary" icon="plus" href="/servers/add">Add a server</Button> : undefined}>
			<div class="filters">
				<SearchField label="Search servers" value={typed} onInput={(v) => { setTyped(v); set({ q: v }); }} />
				<Select label="State" isLabelHidden value={state} onChange={(v) => set({ state: v })} options={STATES} />
				<Select label="Held tools" isLabelHidden value={held} onChange={(v) => set({ held: v })} options={[{ value: '', label: 'All' }, { value: 'true', label: 'With held tools' }]} />
				<span class="grow" />{list.total !== undefined && <span class="muted small" role="status">{many(list.total, 'server')}</span>}
			</div>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : (
				<Table label="Servers" rows={list.rows} keyOf={(s) => s.name} columns={columns} href={(s) => `/servers/${seg(s.name)}`} sort={sort || 'name'} onSort={(v) => set({ sort: v })}
					isLoading={list.isLoading && !list.rows.length} onEnd={list.more} rowHeight={58}
					empty={isFiltered ? <Empty icon="search" title="No server fits" actions={<Button onClick={() => { setTyped(''); set({ q: '', state: '', held: '' }); }}>Clear the filters</Button>} />
						: <Empty icon="server" title="No servers yet" actions={may('manage') ? <Button kind="primary" icon="plus" href="/servers/add">Add a server</Button> : undefined}>Add the first one by its command, its address, or from a client's configuration.</Empty>} />)}
		</Page>
	);
}
