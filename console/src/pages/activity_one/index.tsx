// One call by its address.
import { seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { useApi } from '../../app/use';
import { Button, Empty, Page, Problem, Skeleton, Time } from '../../ui';
import type { PageProps } from '..';
import { Call } from '../activity/call';
import { targetOf, type CallRecord } from '../activity/record';

export default function RecordPage({ params: { id } }: PageProps) {
	const one = useApi<CallRecord>(`/records/${seg(id)}`);
	useEvent<CallRecord>('record', (r) => { if (r.id === id) one.set({ ...one.data, ...r }); });
	const back = { href: '/activity', label: 'Activity' };
	if (one.error?.status === 404)
		return <Page title="Call" back={back}><Empty icon="activity" title="There is no such record" actions={<Button href="/activity">Open activity</Button>}><p>It may be older than records are kept, or of a server that you may not see.</p></Empty></Page>;
	if (one.error)
		return <Page title="Call" back={back}><Problem error={one.error} onRetry={one.reload} /></Page>;
	const r = one.data;
	return r ? <Page title={targetOf(r)} isMono back={back} isNarrow lead={<>{r.server} · <Time at={r.time} /></>}><Call r={r} isPage /></Page> : <Page title="Call" back={back}><Skeleton rows={10} /></Page>;
}
