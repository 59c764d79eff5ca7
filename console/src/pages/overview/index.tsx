// The first page: the first minute while nothing is behind the gate, and afterwards what needs a look.
import { useEffect, useState } from 'preact/hooks';
import { useEvent } from '../../app/events';
import { navigate, useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import type { CallRecord, Grant, Server, Stats, Status } from '../../app/types';
import { useApi } from '../../app/use';
import { Button, Empty, Page, Problem, Skeleton } from '../../ui';
import { FirstMinute, hasBegun } from './first_minute';
import { Dashboard } from './dashboard';

export interface Seen { servers: Server[]; serverTotal: number; stats?: Stats; status?: Status; records: CallRecord[] }

const DAY = 86400000;

export default function Overview() {
	const may = useMay();
	const [{ start }] = useQuery('start');
	const [isFirst, setFirst] = useState<boolean | undefined>();
	const [since] = useState(() => new Date(Math.floor((Date.now() - DAY) / 3600000) * 3600000).toISOString());
	const servers = useApi<{ servers: Server[]; total: number }>('/servers', { limit: 200 });
	const grants = useApi<{ grants: Grant[]; total: number }>('/grants', { limit: 1 });
	const stats = useApi<Stats>(isFirst === false ? '/stats' : null, { since, step: 'hour', by: 'decision' });
	const status = useApi<Status>(isFirst === false ? '/status' : null);
	const records = useApi<{ records: CallRecord[] }>(isFirst === false ? '/records' : null, { method: 'tools/call', limit: 8 });
	const own = servers.data?.servers.filter((s) => s.transport !== 'builtin');
	useEffect(() => {
		if (own && grants.data && isFirst === undefined)
			setFirst((own.length === 0 || hasBegun() || !!start) && may('manage'));
	}, [own === undefined, grants.data === undefined]);
	useEvent('server', () => servers.reload());
	useEvent('record', () => { if (isFirst === false) later(records.reload); });
	if (servers.error)
		return <Page title="Overview"><Problem error={servers.error} onRetry={servers.reload} /></Page>;
	if (isFirst === undefined || !own)
		return <Page title="Overview"><Skeleton /></Page>;
	if (isFirst)
		return <FirstMinute onDone={() => { setFirst(false); navigate('/', { replace: true }); servers.reload(); }} />;
	if (!own.length)
		return <Page title="Overview"><Empty icon="server" title="There is nothing behind this gate yet" actions={may('manage') ? <Button kind="primary" onClick={() => setFirst(true)}>Set it up</Button> : undefined}>An admin adds the first server, and then its tools, calls and approvals show here.</Empty></Page>;
	return <Dashboard seen={{ servers: own, serverTotal: servers.data!.total, stats: stats.data, status: status.data, records: records.data?.records ?? [] }} error={stats.error} />;
}

// Many calls at once are one look.
let timer: ReturnType<typeof setTimeout> | undefined;
function later(fn: () => void) {
	if (!timer)
		timer = setTimeout(() => { timer = undefined; fn(); }, 1000);
}
