import { seg } from '../../app/api';
import type { Server, ToolRow } from '../../app/types';
import { usePages } from '../../app/use';
import { Badge, Empty, Problem, Risk, Table } from '../../ui';
import { CategoryBadge, PinBadge, RANK, labelWord } from '../../parts/tool_bits';

export function ToolsOf({ server }: { server: Server }) {
	const list = usePages<ToolRow>('/tools', 'tools', { server: server.name, sort: '-severity', limit: 200 });
	if (list.error)
		return <Problem error={list.error} onRetry={list.reload} />;
	return (
		<Table<ToolRow> label={`Tools of ${server.name}`} rows={list.rows} keyOf={(t) => t.name} isLoading={list.isLoading && !list.rows.length} onEnd={list.more} href={(t) => `/tools/${seg(t.server)}/${seg(t.name)}`}
			sort="-severity" sortBy={(t, k) => (k === 'severity' ? RANK.indexOf(t.severity ?? '') : k === 'category' ? t.category : t.name)} columns={[
				{ key: 'name', title: 'Tool', isSorted: true, isMain: true, render: (t) => <div class="tried-text"><a class="mono" href={`/tools/${seg(t.server)}/${seg(t.name)}`}>{t.name}</a><span class="muted small clip-1">{t.description}</span></div> },
				{ key: 'severity', title: 'Risk', isSorted: true, width: '120px', render: (t) => <Risk severity={t.severity} /> },
				{ key: 'category', title: 'Does', isSorted: true, width: '120px', render: (t) => <CategoryBadge category={t.category} /> },
				{ key: 'labels', title: 'Notable', isHiddenOnPhone: true, render: (t) => <span class="row">{(t.labels ?? []).map((l) => <Badge key={l}>{labelWord(l)}</Badge>)}</span> },
				{ key: 'state', title: 'Review', width: '130px', render: (t) => <PinBadge state={t.state} /> },
			]} rowHeight={58}
			empty={server.state === 'unknown' ? <Empty icon="tool" title="This server was not asked yet">Use “Check now”, or let a client connect: then its tools show here.</Empty> : <Empty icon="tool" title="This server has no tools">{server.error}</Empty>} />
	);
}
