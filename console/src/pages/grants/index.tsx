// Grants: which agents may come in, to which servers, under which policies.
import { useEvent } from '../../app/events';
import { useNow } from '../../app/now';
import { useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import { usePages, useRested } from '../../app/use';
import type { Grant } from '../../app/types';
import { Badge, Button, Empty, Page, Problem, SearchField, Segmented, Table, Time, type Column } from '../../ui';
import { expiryText } from './grant';
import { GrantState } from './parts';

const columnsOf = (now: number): Column<Grant>[] => [
	{ key: 'label', title: 'Grant', isMain: true, isSorted: true, render: (g) => <a href={`/grants/${g.id}`}>{g.label || <code>{g.id.slice(0, 8)}</code>}</a> },
	{ key: 'subject', title: 'Works for', isSorted: true, render: (g) => g.subject || <span class="muted">–</span> },
	{ key: 'servers', title: 'Servers', isSorted: true, render: (g) => (g.bindings.length ? <span class="binding-list">{g.bindings.slice(0, 3).map((b) => <span key={b.server}>{b.server}{b.policy ? <span class="muted"> · {b.policy}</span> : <Badge tone="warn" title="Every tool of this server is allowed">no policy</Badge>}</span>)}{g.bindings.length > 3 && <span class="muted">and {g.bindings.length - 3} more</span>}</span> : <span class="muted">None</span>) },
	{ key: 'state', title: 'State', isSorted: true, render: (g) => <GrantState g={g} now={now} /> },
	{ key: 'expires', title: 'Expires', isSorted: true, render: (g) => (g.state === 'revoked' ? <>Revoked <Time at={g.revoked_at} /></> : <span title={g.expires_at && new Date(g.expires_at).toLocaleString('en')}>{expiryText(g, now)}</span>) },
	{ key: 'used', title: 'Last used', isSorted: true, align: 'end', render: (g) => <Time at={g.last_used_at} none="never" /> },
];

function sortBy(g: Grant, key: string): string | number | undefined {
	switch (key) {
	case 'servers': return g.bindings.length;
	case 'expires': return g.expires_at ? Date.parse(g.expires_at) : Infinity;
	case 'used': return g.last_used_at ? Date.parse(g.last_used_at) : 0;
	case 'label': return g.label;
	case 'subject': return g.subject;
	default: return g.state;
	}
}

export default function Grants() {
	const may = useMay(), now = useNow(60_000);
	const [{ q, state }, setQuery] = useQuery('q', 'state');
	const list = usePages<Grant>('/grants', 'grants', { limit: 200, q: useRested(q) });
	useEvent<{ type?: string }>('change', (c) => { if (c.type === 'grant') list.reload(); });
	const rows = list.rows.filter((g) => !state || (state === 'valid') === (g.state === 'valid'));
	const add = may('manage') && <Button kind="primary" icon="plus" href="/grants/new">New grant</Button>;
	const isBare = !q && !state;
	return (
		<Page title="Grants" lead="A grant lets one agent in: a token, the servers it may reach, and the policy for each." actions={add}>
			<div class="filters">
				<SearchField label="Search label, person, tag" value={q} onInput={(v) => setQuery({ q: v })} />
				<Segmented label="State" value={state} onChange={(v) => setQuery({ state: v })} options={[{ value: '', label: 'All' }, { value: 'valid', label: 'Valid' }, { value: 'ended', label: 'Ended' }]} />
			</div>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : (
				<Table label="Grants" columns={columnsOf(now)} rows={rows} keyOf={(g) => g.id} href={(g) => `/grants/${g.id}`} sort="label" sortBy={sortBy} onEnd={list.more} isLoading={list.isLoading && list.rows.length === 0}
					empty={isBare
						? <Empty icon="key" title="No agent has access yet" actions={add || undefined}><p>{may('manage') ? 'Make a grant, give its token to a client such as Claude Code or Cursor, and its calls go through the gate.' : 'An administrator can make a grant: a token with which an agent comes in.'}</p></Empty>
						: <Empty icon="search" title="No grant fits" actions={<Button onClick={() => setQuery({ q: '', state: '' })}>Show all</Button>} />} />)}
		</Page>
	);
}
